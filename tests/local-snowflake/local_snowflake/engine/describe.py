"""DESCRIBE TABLE | VIEW | SCHEMA | DATABASE | RESULT | TRANSACTION."""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import ddl, transaction_log
from .catalog import Table
from .errors import SnowflakeError, missing_object
from .names import read_parts
from .result import STATEMENT_DESCRIBE, Result
from .show_rows import flag, made
from .tokens import TokenCursor

if TYPE_CHECKING:
    from .session import EngineSession


def describe(session: "EngineSession", cursor: TokenCursor) -> Result:
    """DESC[RIBE] kind name; a bare name is a table."""
    if cursor.accept_any("DESC", "DESCRIBE") is None:
        raise cursor.refuse()
    kind = cursor.accept_any("TABLE", "VIEW", "SCHEMA", "DATABASE", "RESULT", "TRANSACTION")
    if kind == "RESULT":
        result = _result(session, cursor)
    elif kind == "TRANSACTION":
        result = transaction_log.describe(session, cursor)
    elif kind in ("SCHEMA", "DATABASE"):
        parts = read_parts(cursor, ddl.ignore_case(session))
        result = _container(session, kind, parts)
    else:
        parts = read_parts(cursor, ddl.ignore_case(session))
        if cursor.accept("TYPE", "="):
            cursor.expect("COLUMNS")
        table = session.catalog.table(session, parts)
        if kind == "VIEW" and table.view_sql is None:
            raise missing_object("View", parts[-1])
        result = describe_table(table)
    cursor.finish()
    result.statement_type_id = STATEMENT_DESCRIBE
    return result


def describe_table(table: Table) -> Result:
    """The columns of a table."""
    rows = []
    for column in table.columns:
        default = column.default_sql
        if column.identity is not None:
            default = f"IDENTITY START {column.identity[0]} INCREMENT {column.identity[1]}"
        rows.append([column.name, column.type_text, "COLUMN", flag(column.nullable), default, flag(column.name in table.primary_key), "N",
                     None, None, column.comment, None, None])
    return made("name,type,kind,null?,default,primary key,unique key,check,expression,comment,policy name,privacy domain", rows)


def _container(session: "EngineSession", kind: str, parts: list[str]) -> Result:
    if kind == "DATABASE":
        schemas = session.catalog.database(parts[0]).schemas.values()
        return made("@created_on,name,kind", [[s.created, s.name, "SCHEMA"] for s in schemas])
    schema = session.catalog.resolve_schema(session, parts)
    return made("@created_on,name,kind", [[t.created, t.name, t.kind] for t in schema.tables.values()])


def _result(session: "EngineSession", cursor: TokenCursor) -> Result:
    if cursor.accept("LAST_QUERY_ID"):
        cursor.expect("(", ")")
        query_id = session.last_query_id
    else:
        query_id = cursor.string()
    found = session.finished.get(query_id or "")
    if found is None:
        raise SnowflakeError("000709", "02000", f"Statement {query_id} not found")
    return made("name,type", [[c.name, c.type_name.upper()] for c in found.columns])
