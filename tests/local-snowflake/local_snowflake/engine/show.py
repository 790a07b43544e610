"""SHOW: which objects a statement asks for. The rows of each kind are made in show_rows.py."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from . import ddl, show_rows
from .catalog import Schema, Table
from .errors import missing_object_for_operation
from .grants import named_object
from .names import like_pattern, read_parts
from .result import STATEMENT_SHOW, Result
from .tokens import TokenCursor

if TYPE_CHECKING:
    from .session import EngineSession

_KINDS = ("TABLES", "OBJECTS", "VIEWS", "COLUMNS", "SCHEMAS", "DATABASES", "WAREHOUSES", "ROLES", "GRANTS", "PARAMETERS",
          "USERS")


@dataclass
class Filter:
    """LIKE, STARTS WITH, LIMIT … FROM."""

    like: str | None = None
    starts_with: str | None = None
    limit: int | None = None
    after: str | None = None
    scope: str | None = None
    parts: list[str] = field(default_factory=list)

    def keeps(self, name: str) -> bool:
        """True for names to be shown."""
        if self.like is not None and not like_pattern(self.like).match(name):
            return False
        if self.after is not None and name <= self.after:
            return False
        return self.starts_with is None or name.startswith(self.starts_with)


def show(session: "EngineSession", cursor: TokenCursor) -> Result:
    """SHOW [TERSE] kind [LIKE '…'] [IN …] [STARTS WITH '…'] [LIMIT n [FROM '…']]."""
    cursor.expect("SHOW")
    terse = cursor.accept("TERSE")
    if cursor.accept("PRIMARY", "KEYS"):
        wanted = read_filter(session, cursor)
        return _limited(wanted, show_rows.primary_keys(tables_of(session, wanted)))
    kind = cursor.accept_any(*_KINDS)
    if kind is None or (terse and kind not in ("TABLES", "OBJECTS", "VIEWS", "SCHEMAS", "DATABASES")):
        raise cursor.refuse()
    cursor.accept("HISTORY")
    if kind == "GRANTS":
        return _grants(session, cursor)
    wanted = read_filter(session, cursor)
    with session.engine.catalog_lock:
        return _limited(wanted, _rows(session, kind, terse, wanted))


def _limited(wanted: Filter, result: Result) -> Result:
    if wanted.limit is not None:
        result.rows = result.rows[: wanted.limit]
    result.statement_type_id = STATEMENT_SHOW
    return result


def read_filter(session: "EngineSession", cursor: TokenCursor) -> Filter:
    """The clauses after the kind, in Snowflake's order."""
    wanted = Filter()
    if cursor.accept("LIKE"):
        wanted.like = cursor.string()
    if cursor.accept("IN") or cursor.accept("FOR"):
        wanted.scope = cursor.accept_any("ACCOUNT", "DATABASE", "SCHEMA", "TABLE", "VIEW", "SESSION", "WAREHOUSE", "USER")
        token = cursor.current
        if token is not None and token.kind in ("word", "quoted") and token.upper not in ("STARTS", "LIMIT"):
            wanted.parts = read_parts(cursor, ddl.ignore_case(session))
        elif wanted.scope is None:
            raise cursor.refuse()
    if cursor.accept("STARTS", "WITH"):
        wanted.starts_with = cursor.string()
    if cursor.accept("LIMIT"):
        wanted.limit = cursor.integer()
        if cursor.accept("FROM"):
            wanted.after = cursor.string()
    cursor.finish()
    return wanted


def _rows(session: "EngineSession", kind: str, terse: bool, wanted: Filter) -> Result:
    catalog = session.catalog
    if kind == "DATABASES":
        return show_rows.databases(session, [d for d in _sorted(catalog.databases.values()) if wanted.keeps(d.name)], terse)
    if kind == "SCHEMAS":
        return show_rows.schemas(session, [s for s in schemas_of(session, wanted) if wanted.keeps(s.name)], terse)
    if kind == "WAREHOUSES":
        return show_rows.warehouses(session, [w for w in _sorted(catalog.warehouses.values()) if wanted.keeps(w.name)])
    if kind == "ROLES":
        return show_rows.roles(session, [r for r in _sorted(catalog.roles.values()) if wanted.keeps(r.name)])
    if kind == "USERS":
        return show_rows.users([u for u in _sorted(catalog.users.values()) if wanted.keeps(u.name)])
    if kind == "PARAMETERS":
        return show_rows.parameters(session, wanted)
    tables = tables_of(session, wanted)
    if kind == "COLUMNS":
        return show_rows.columns(tables, wanted)
    if kind == "TABLES":
        tables = [t for t in tables if t.view_sql is None]
    elif kind == "VIEWS":
        tables = [t for t in tables if t.view_sql is not None]
    tables = [t for t in tables if wanted.keeps(t.name)]
    if kind == "VIEWS" and not terse:
        return show_rows.views(tables)
    return show_rows.tables(session, tables, terse, kind == "OBJECTS")


def _sorted(objects):
    return sorted(objects, key=lambda item: item.name)


def schemas_of(session: "EngineSession", wanted: Filter) -> list[Schema]:
    """The schemas that a SHOW looks into; 002043 when what it names is not there."""
    catalog = session.catalog
    scope, parts = wanted.scope, wanted.parts
    if scope == "ACCOUNT" or (scope is None and not parts and session.database is None):
        return [s for d in _sorted(catalog.databases.values()) for s in _sorted(d.schemas.values())]
    if scope in (None, "SCHEMA", "DATABASE") and not parts and session.database is not None:
        if scope == "SCHEMA" and session.schema is not None:
            return [catalog.schema(session.database, session.schema)]
        parts = [session.database]
        scope = "DATABASE"
    if scope is None and len(parts) == 1 and parts[0] in catalog.databases:
        scope = "DATABASE"
    if scope == "DATABASE" and len(parts) == 1 and parts[0] in catalog.databases:
        return _sorted(catalog.databases[parts[0]].schemas.values())
    database = catalog.databases.get(parts[0] if len(parts) == 2 else session.database or "")
    if scope == "DATABASE" or database is None or not 1 <= len(parts) <= 2 or parts[-1] not in database.schemas:
        raise missing_object_for_operation("Schema", ".".join(parts))
    return [database.schemas[parts[-1]]]


def tables_of(session: "EngineSession", wanted: Filter) -> list[Table]:
    """Tables and views that a SHOW looks at, temporary ones of the session included."""
    if wanted.scope in ("TABLE", "VIEW"):
        found = session.catalog.find_table(session, wanted.parts) if wanted.parts else None
        if found is None:
            raise missing_object_for_operation("Table", ".".join(wanted.parts))
        return [found]
    if wanted.scope is None and not wanted.parts and session.schema is not None and session.database is not None:
        schemas = [session.catalog.schema(session.database, session.schema)]
    elif wanted.scope is None and wanted.parts and len(wanted.parts) == 3:
        return [session.catalog.table(session, wanted.parts)]
    else:
        schemas = schemas_of(session, wanted)
    found_tables = []
    for schema in schemas:
        own = {k[2]: t for k, t in session.temporary_tables.items() if k[:2] == (schema.database, schema.name)}
        found_tables += _sorted({**schema.tables, **own}.values())
    return found_tables


def _grants(session: "EngineSession", cursor: TokenCursor) -> Result:
    """SHOW GRANTS [ON kind name | TO ROLE | USER x | OF ROLE x]."""
    grants = session.catalog.grants
    if cursor.accept("ON"):
        kind, name = named_object(session, cursor)
        chosen = [g for g in grants if g.on_kind == kind and g.on_name == name]
    elif cursor.accept("TO"):
        kind = cursor.accept_any("ROLE", "USER") or "ROLE"
        name = read_parts(cursor, ddl.ignore_case(session))[0]
        chosen = [g for g in grants if g.to_kind == kind and g.to_name == name]
    elif cursor.accept("OF", "ROLE"):
        name = read_parts(cursor, ddl.ignore_case(session))[0]
        chosen = [g for g in grants if g.on_kind == "ROLE" and g.on_name == name]
    else:
        chosen = [g for g in grants if g.to_kind == "USER" and g.to_name == session.user]
    cursor.finish()
    return show_rows.grants(chosen)
