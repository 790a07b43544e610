"""BEGIN, COMMIT, ROLLBACK, USE, ALTER SESSION."""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import parameters, warehouses
from .errors import missing_object_for_operation
from .names import read_name, read_parts
from .properties import parameter_value
from .result import STATEMENT_SESSION, STATEMENT_TRANSACTION, STATEMENT_USE, Result, status
from .tokens import TokenCursor

if TYPE_CHECKING:
    from .session import EngineSession

_DONE = "Statement executed successfully."


def begin(session: "EngineSession", cursor: TokenCursor) -> Result:
    """BEGIN [WORK | TRANSACTION] [NAME x], START TRANSACTION [NAME x]."""
    if cursor.accept("START"):
        cursor.expect("TRANSACTION")
    else:
        cursor.expect("BEGIN")
        cursor.accept_any("WORK", "TRANSACTION")
    name = read_name(cursor) if cursor.accept("NAME") else None
    cursor.finish()
    session.begin(name)
    return status(_DONE, STATEMENT_TRANSACTION)


def commit(session: "EngineSession", cursor: TokenCursor) -> Result:
    """COMMIT [WORK]."""
    cursor.expect("COMMIT")
    cursor.accept("WORK")
    cursor.finish()
    session.commit()
    return status(_DONE, STATEMENT_TRANSACTION)


def rollback(session: "EngineSession", cursor: TokenCursor) -> Result:
    """ROLLBACK [WORK]."""
    cursor.expect("ROLLBACK")
    cursor.accept("WORK")
    cursor.finish()
    session.rollback()
    return status(_DONE, STATEMENT_TRANSACTION)


def use(session: "EngineSession", cursor: TokenCursor) -> Result:
    """USE [DATABASE | SCHEMA | WAREHOUSE | ROLE] name; USE SECONDARY ROLES ALL | NONE."""
    cursor.expect("USE")
    if cursor.accept("SECONDARY", "ROLES"):
        if cursor.accept_any("ALL", "NONE") is None:
            raise cursor.refuse()
        cursor.finish()
        return status(_DONE, STATEMENT_USE)
    kind = cursor.accept_any("DATABASE", "SCHEMA", "WAREHOUSE", "ROLE")
    parts = read_parts(cursor, session.parameter("QUOTED_IDENTIFIERS_IGNORE_CASE") == "true")
    cursor.finish()
    catalog = session.catalog
    if kind == "WAREHOUSE" and len(parts) == 1 and parts[0] in catalog.warehouses:
        if not warehouses.may(session, catalog.warehouses[parts[0]], "USAGE"):
            raise missing_object_for_operation("Warehouse", parts[0])
        session.warehouse, session.warehouse_is_held = parts[0], False
    elif kind == "ROLE" and len(parts) == 1 and parts[0] in catalog.roles:
        session.role = parts[0]
    elif kind in (None, "DATABASE") and len(parts) == 1 and parts[0] in catalog.databases:
        session.database = parts[0]
        session.schema = "PUBLIC" if "PUBLIC" in catalog.databases[parts[0]].schemas else None
    elif kind in (None, "SCHEMA"):
        database = parts[0] if len(parts) == 2 else session.database
        found = catalog.databases.get(database or "")
        if found is None or len(parts) > 2 or parts[-1] not in found.schemas:
            raise missing_object_for_operation("Schema", parts[-1])
        session.database, session.schema = database, parts[-1]
    else:
        raise missing_object_for_operation(kind or "Object", parts[-1])
    return status(_DONE, STATEMENT_USE)


def alter_session(session: "EngineSession", cursor: TokenCursor) -> Result:
    """ALTER SESSION SET name = value …, ALTER SESSION UNSET name, …; the words ALTER SESSION are already read."""
    if cursor.accept("UNSET"):
        names = [read_name(cursor)]
        while cursor.accept(","):
            names.append(read_name(cursor))
        cursor.finish()
        for name in names:
            parameters.checked(name, parameters.DEFAULTS.get(name, ("", ""))[1])
            session.parameters.pop(name, None)
        return status(_DONE, STATEMENT_SESSION)
    cursor.expect("SET")
    wanted: dict[str, str] = {}
    while not cursor.at_end() and not cursor.peek(";"):
        name = read_name(cursor)
        cursor.expect("=")
        wanted[name] = parameters.checked(name, parameter_value(cursor))
        cursor.accept(",")
    cursor.finish()
    if not wanted:
        raise cursor.refuse()
    if wanted.get("AUTOCOMMIT") == "true" and session.parameter("AUTOCOMMIT") == "false":
        session.commit()
    session.parameters.update(wanted)
    return status(_DONE, STATEMENT_SESSION)
