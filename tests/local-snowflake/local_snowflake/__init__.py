"""A local server that speaks Snowflake's driver protocol and behaves like Snowflake for what a loader does."""
