"""CREATE and DROP FILE FORMAT, and finding a named one."""

from __future__ import annotations

import re

from ..engine import ColumnMeta, EngineSession, Result, SnowflakeError
from ..service import Service
from .file_format import build_format, read_options, storable
from .results import like, status, table
from .tokens import Tokens


class FileFormats:
    """The handlers."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def create(self, session: EngineSession, sql_text: str) -> Result:
        """`CREATE [OR REPLACE] [TEMPORARY] FILE FORMAT [IF NOT EXISTS] name TYPE = CSV | PARQUET …`."""
        if self._service.options.null:
            # Nothing will be read by it: clients that load JSON can be measured too.
            sql_text = re.sub(r"\bTYPE\s*=\s*'?JSON'?", "TYPE = CSV", sql_text, flags=re.I)
        tokens, catalog = Tokens(sql_text), self._service.catalog
        tokens.expect("CREATE")
        replace = tokens.accept("OR", "REPLACE")
        temporary = tokens.accept("TEMP") or tokens.accept("TEMPORARY") or tokens.accept("VOLATILE")
        tokens.expect("FILE", "FORMAT")
        keep = tokens.accept("IF", "NOT", "EXISTS")
        parts = tokens.qualified_name()
        options = read_options(tokens)
        if tokens.accept("COMMENT"):
            tokens.expect_mark("=")
            tokens.string()
        tokens.expect_end()
        if "FORMAT_NAME" in options:
            raise SnowflakeError(
                "001003", "42000", "SQL compilation error:\nsyntax error line 1 at position 0 unexpected 'FORMAT_NAME'."
            )
        build_format(options)
        database, schema, identity = session.resolve_schema(parts[:-1])
        owner = str(session.session_id)
        if catalog.find_file_format(identity, parts[-1], owner) is not None:
            if keep:
                return status(f"{parts[-1]} already exists, statement succeeded.")
            if not replace:
                raise SnowflakeError(
                    "002002",
                    "42710",
                    f"SQL compilation error:\nObject '{database}.{schema}.{parts[-1]}' already exists.",
                )
            catalog.drop_file_format(identity, parts[-1], owner)
        catalog.create_file_format(identity, parts[-1], owner if temporary else None, storable(options))
        return status(f"File format {parts[-1]} successfully created.")

    def drop(self, session: EngineSession, sql_text: str) -> Result:
        """`DROP FILE FORMAT [IF EXISTS] name`."""
        tokens = Tokens(sql_text)
        tokens.expect("DROP", "FILE", "FORMAT")
        if_exists = tokens.accept("IF", "EXISTS")
        parts = tokens.qualified_name()
        tokens.expect_end()
        database, schema, identity = session.resolve_schema(parts[:-1])
        if not self._service.catalog.drop_file_format(identity, parts[-1], str(session.session_id)) and not if_exists:
            raise missing_file_format(database, schema, parts[-1])
        return status(f"{parts[-1]} successfully dropped.")

    def show(self, session: EngineSession, sql_text: str) -> Result:
        """`SHOW FILE FORMATS [LIKE 'pattern'] [IN [SCHEMA] name]`; without a schema, those of all schemas."""
        tokens = Tokens(sql_text)
        tokens.expect("SHOW", "FILE", "FORMATS")
        pattern = tokens.string() if tokens.accept("LIKE") else None
        database = schema = identity = None
        if tokens.accept("IN"):
            tokens.accept("SCHEMA")
            database, schema, identity = session.resolve_schema(tokens.qualified_name())
        tokens.expect_end()
        rows = [
            [f"{created:.3f}", name, database, schema, str(options.get("TYPE", "CSV")), "SYSADMIN", "", "ROLE"]
            for name, options, created in self._service.catalog.file_formats_of(identity, str(session.session_id))
            if pattern is None or like(pattern, name)
        ]
        names = ["created_on", "name", "database_name", "schema_name", "type", "owner", "comment", "owner_role_type"]
        result = table(names, rows)
        result.columns[0] = ColumnMeta("created_on", "timestamp_ltz", precision=0, scale=3)
        return result


def find_file_format(service: Service, session: EngineSession, parts: list[str]) -> dict:
    """The options of a named format; 002003 when there is none."""
    database, schema, identity = session.resolve_schema(parts[:-1])
    options = service.catalog.find_file_format(identity, parts[-1], str(session.session_id))
    if options is None:
        raise missing_file_format(database, schema, parts[-1])
    return {"TYPE": "CSV", **options}


def missing_file_format(database: str, schema: str, name: str) -> SnowflakeError:
    """002003 for a file format."""
    return SnowflakeError(
        "002003",
        "02000",
        f"SQL compilation error:\nFile format '{database}.{schema}.{name}' does not exist or not authorized.",
    )
