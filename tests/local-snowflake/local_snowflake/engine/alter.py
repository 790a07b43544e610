"""ALTER of everything but tables' columns (alter_table.py), and COMMENT ON."""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import alter_table, ddl, session_statements, warehouses
from .errors import compilation, existing_object, missing_object, unsupported
from .names import read_name, read_parts
from .result import Result, status
from .tokens import TokenCursor

if TYPE_CHECKING:
    from .session import EngineSession

_DONE = "Statement executed successfully."


def alter(session: "EngineSession", cursor: TokenCursor) -> Result:
    """ALTER …; all but ALTER SESSION commit an open transaction first."""
    cursor.expect("ALTER")
    is_iceberg = cursor.accept("ICEBERG")
    kind = cursor.accept_any("SESSION", "TABLE", "WAREHOUSE", "SCHEMA", "DATABASE", "ROLE")
    if kind is None or (is_iceberg and kind != "TABLE"):
        raise cursor.refuse()
    if kind == "SESSION":
        return session_statements.alter_session(session, cursor)
    if_exists = cursor.accept("IF", "EXISTS")
    session.commit()
    runner = {"TABLE": alter_table.alter_table, "WAREHOUSE": warehouses.alter, "SCHEMA": _alter_container,
              "DATABASE": _alter_container, "ROLE": _alter_role}[kind]
    with session.engine.catalog_lock:
        result = runner(session, cursor, if_exists, kind)
        session.engine.save()
        return result


def _alter_container(session: "EngineSession", cursor: TokenCursor, if_exists: bool, kind: str) -> Result:
    parts = read_parts(cursor, ddl.ignore_case(session))
    catalog = session.catalog
    try:
        found = catalog.database(parts[0]) if kind == "DATABASE" else catalog.resolve_schema(session, parts)
    except Exception as error:
        if if_exists and getattr(error, "code", "") == "002003":
            return status(_DONE)
        raise
    if cursor.accept("SET"):
        options = ddl.read_properties(cursor, {"COMMENT": "text", "DATA_RETENTION_TIME_IN_DAYS": "number"})
        found.comment = options.get("COMMENT", found.comment)
        found.retention_days = int(options.get("DATA_RETENTION_TIME_IN_DAYS", found.retention_days))
    elif cursor.accept("UNSET", "COMMENT"):
        found.comment = None
        cursor.finish()
    elif cursor.accept("RENAME", "TO"):
        _rename_container(session, kind, parts, found, read_parts(cursor, ddl.ignore_case(session)))
        cursor.finish()
    else:
        raise cursor.refuse()
    return status(_DONE)


def _rename_container(session: "EngineSession", kind: str, old: list[str], found: object, new: list[str]) -> None:
    catalog = session.catalog
    if kind == "DATABASE":
        if new[0] in catalog.databases or len(new) != 1:
            raise existing_object(new[0])
        database = catalog.databases.pop(old[0])
        database.name = new[0]
        catalog.databases[new[0]] = database
        for schema in database.schemas.values():
            schema.database = new[0]
            for table in schema.tables.values():
                table.database = new[0]
        return
    schema = catalog.resolve_schema(session, old)
    if len(new) == 2 and new[0] != schema.database:
        raise unsupported("moving a schema to another database")
    schemas = catalog.database(schema.database).schemas
    if new[-1] in schemas:
        raise existing_object(new[-1])
    del schemas[schema.name]
    schema.name = new[-1]
    schemas[schema.name] = schema
    for table in schema.tables.values():
        table.schema = schema.name


def _alter_role(session: "EngineSession", cursor: TokenCursor, if_exists: bool, kind: str) -> Result:
    name = read_name(cursor, ddl.ignore_case(session))
    role = session.catalog.roles.get(name)
    if role is None:
        if if_exists:
            return status(_DONE)
        raise missing_object("Role", name)
    cursor.expect("SET")
    role.comment = ddl.read_properties(cursor, {"COMMENT": "text"}).get("COMMENT", role.comment)
    return status(_DONE)


def comment_on(session: "EngineSession", cursor: TokenCursor) -> Result:
    """COMMENT [IF EXISTS] ON kind name IS '…'."""
    cursor.expect("COMMENT")
    if_exists = cursor.accept("IF", "EXISTS")
    cursor.expect("ON")
    kind = cursor.accept_any("TABLE", "COLUMN", "SCHEMA", "DATABASE", "VIEW", "WAREHOUSE", "ROLE")
    if kind is None:
        raise cursor.refuse()
    parts = _column_parts(session, cursor) if kind == "COLUMN" else read_parts(cursor, ddl.ignore_case(session))
    cursor.expect("IS")
    comment = cursor.string()
    cursor.finish()
    session.commit()
    with session.engine.catalog_lock:
        try:
            _commented(session, kind, parts).comment = comment  # type: ignore[attr-defined]
        except Exception as error:
            if not (if_exists and getattr(error, "code", "") == "002003"):
                raise
        session.engine.save()
    return status(_DONE)


def _column_parts(session: "EngineSession", cursor: TokenCursor) -> list[str]:
    parts = [read_name(cursor, ddl.ignore_case(session))]
    while cursor.accept("."):
        parts.append(read_name(cursor, ddl.ignore_case(session)))
    if not 2 <= len(parts) <= 4:
        raise cursor.refuse()
    return parts


def _commented(session: "EngineSession", kind: str, parts: list[str]) -> object:
    catalog = session.catalog
    if kind in ("TABLE", "VIEW"):
        return catalog.table(session, parts)
    if kind == "COLUMN":
        column = catalog.table(session, parts[:-1]).column(parts[-1])
        if column is None:
            raise compilation("000904", "42000", f"error line 1 at position 0\ninvalid identifier '{parts[-1]}'")
        return column
    if kind == "SCHEMA":
        return catalog.resolve_schema(session, parts)
    if kind == "DATABASE":
        return catalog.database(parts[0])
    objects = catalog.warehouses if kind == "WAREHOUSE" else catalog.roles
    if parts[0] not in objects:
        raise missing_object(kind.title(), parts[0])
    return objects[parts[0]]
