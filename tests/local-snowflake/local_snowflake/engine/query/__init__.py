"""Queries: sqlglot's tree in, DuckDB SQL with Snowflake types out. Names and types are resolved here, never by DuckDB."""
