"""GRANT and REVOKE: recorded for SHOW GRANTS, not enforced. Names of roles and objects must exist."""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import ddl
from .catalog import Grant
from .errors import missing_object
from .names import qualified, read_name, read_parts
from .result import Result, status
from .tokens import TokenCursor

if TYPE_CHECKING:
    from .session import EngineSession

_DONE = "Statement executed successfully."
_PRIVILEGES = {
    "ALL", "SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "USAGE", "OWNERSHIP", "MODIFY", "MONITOR",
    "OPERATE", "READ", "WRITE", "REBUILD", "CREATE",
}
_PLURALS = {"TABLES": "TABLE", "VIEWS": "VIEW", "STAGES": "STAGE", "SCHEMAS": "SCHEMA", "SEQUENCES": "SEQUENCE"}
_KINDS = ("TABLE", "VIEW", "SCHEMA", "DATABASE", "WAREHOUSE", "STAGE", "SEQUENCE", "ACCOUNT", "ROLE", "USER")


def grant(session: "EngineSession", cursor: TokenCursor) -> Result:
    """GRANT privileges ON … TO [ROLE] r, GRANT ROLE r TO ROLE | USER x."""
    cursor.expect("GRANT")
    found = _read(session, cursor, "TO")
    while cursor.accept_any("WITH", "COPY", "REVOKE") is not None:
        if not (cursor.accept("GRANT", "OPTION") or cursor.accept("CURRENT", "GRANTS")):
            raise cursor.refuse()
    cursor.finish()
    session.commit()
    with session.engine.catalog_lock:
        for item in found:
            if not any(_same(item, other) for other in session.catalog.grants):
                session.catalog.grants.append(item)
        session.engine.save()
    return status(_DONE)


def revoke(session: "EngineSession", cursor: TokenCursor) -> Result:
    """REVOKE privileges ON … FROM [ROLE] r, REVOKE ROLE r FROM ROLE | USER x."""
    cursor.expect("REVOKE")
    cursor.accept("GRANT", "OPTION", "FOR")
    found = _read(session, cursor, "FROM")
    cursor.accept_any("CASCADE", "RESTRICT")
    cursor.finish()
    session.commit()
    with session.engine.catalog_lock:
        session.catalog.grants = [g for g in session.catalog.grants if not any(_same(g, other) for other in found)]
        session.engine.save()
    return status(_DONE)


def _same(one: Grant, other: Grant) -> bool:
    return (one.privilege, one.on_kind, one.on_name, one.to_kind, one.to_name) == (
        other.privilege, other.on_kind, other.on_name, other.to_kind, other.to_name)


def _read(session: "EngineSession", cursor: TokenCursor, joint: str) -> list[Grant]:
    if cursor.accept("ROLE"):
        role = read_name(cursor, ddl.ignore_case(session))
        _require_role(session, role)
        cursor.expect(joint)
        kind = cursor.accept_any("ROLE", "USER")
        if kind is None:
            raise cursor.refuse()
        return [_made(session, "USAGE", "ROLE", role, kind, read_name(cursor, ddl.ignore_case(session)))]
    privileges = [_privilege(cursor)]
    while cursor.accept(","):
        privileges.append(_privilege(cursor))
    cursor.expect("ON")
    kind, name = named_object(session, cursor)
    cursor.expect(joint)
    to_kind = "USER" if cursor.accept("USER") else "ROLE"
    cursor.accept("ROLE")
    to_name = read_name(cursor, ddl.ignore_case(session))
    if to_kind == "ROLE":
        _require_role(session, to_name)
    return [_made(session, privilege, kind, name, to_kind, to_name) for privilege in privileges]


def _made(session: "EngineSession", privilege: str, kind: str, name: str, to_kind: str, to_name: str) -> Grant:
    return Grant(privilege, kind, name, to_kind, to_name, session.role or "")


def _require_role(session: "EngineSession", name: str) -> None:
    if name not in session.catalog.roles:
        raise missing_object("Role", name)


def _privilege(cursor: TokenCursor) -> str:
    word = cursor.take("word").text.upper()
    if word not in _PRIVILEGES:
        cursor.index -= 1
        raise cursor.refuse()
    if word == "ALL":
        cursor.accept("PRIVILEGES")
        return "ALL"
    words = [word]
    while cursor.current is not None and cursor.current.kind == "word" and not cursor.peek("ON"):
        if word != "CREATE":
            raise cursor.refuse()
        words.append(cursor.take("word").text.upper())
    return " ".join(words)


def named_object(session: "EngineSession", cursor: TokenCursor) -> tuple[str, str]:
    """The kind and full name after ON; the object must exist."""
    reach = cursor.accept_any("ALL", "FUTURE")
    if reach is not None:
        plural = cursor.take("word").text.upper()
        if plural not in _PLURALS:
            cursor.index -= 1
            raise cursor.refuse()
        cursor.expect("IN")
        container = cursor.accept_any("SCHEMA", "DATABASE")
        if container is None:
            raise cursor.refuse()
        parts = read_parts(cursor, ddl.ignore_case(session))
        if container == "SCHEMA":
            schema = session.catalog.resolve_schema(session, parts)
            parts = [schema.database, schema.name]
        else:
            session.catalog.database(parts[0])
        return f"{reach} {plural} IN {container}", qualified(*parts)
    kind = cursor.accept_any(*_KINDS)
    if kind is None:
        kind = "TABLE"
    if kind == "ACCOUNT":
        return kind, "LOCAL"
    parts = read_parts(cursor, ddl.ignore_case(session))
    return kind, _existing(session, kind, parts)


def _existing(session: "EngineSession", kind: str, parts: list[str]) -> str:
    catalog = session.catalog
    if kind in ("TABLE", "VIEW"):
        return catalog.table(session, parts).qualified_name
    if kind == "SCHEMA":
        schema = catalog.resolve_schema(session, parts)
        return qualified(schema.database, schema.name)
    if kind == "DATABASE":
        return qualified(catalog.database(parts[0]).name)
    if kind == "WAREHOUSE" and parts[0] not in catalog.warehouses:
        raise missing_object("Warehouse", parts[0])
    if kind in ("STAGE", "SEQUENCE"):
        return qualified(*catalog.complete(session, parts))
    return qualified(*parts)
