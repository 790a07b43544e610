"""CREATE and DROP of databases, schemas, views and roles. Tables are in create_table.py, warehouses in warehouses.py."""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import create_table, warehouses
from .catalog import Database, Role, Schema, Table
from .errors import compilation, existing_object, missing_object, unsupported
from .names import read_name, read_parts
from .properties import ignore_case, read_properties
from .result import Result, status
from .tokens import TokenCursor

if TYPE_CHECKING:
    from .session import EngineSession

def create(session: "EngineSession", cursor: TokenCursor) -> Result:
    """CREATE … ; commits an open transaction first."""
    cursor.expect("CREATE")
    replace = cursor.accept("OR", "REPLACE")
    scope = None
    if cursor.accept_any("LOCAL", "GLOBAL"):
        scope = "TEMPORARY"
        if cursor.accept_any("TEMPORARY", "TEMP") is None:
            raise cursor.refuse()
    word = cursor.accept_any("TRANSIENT", "TEMPORARY", "TEMP", "VOLATILE", "SECURE")
    scope = scope or {"TEMP": "TEMPORARY", "VOLATILE": "TEMPORARY"}.get(word or "", word)
    is_iceberg = cursor.accept("ICEBERG")
    kind = cursor.accept_any("TABLE", "DATABASE", "SCHEMA", "WAREHOUSE", "ROLE", "VIEW", "USER")
    if kind is None or (is_iceberg and (kind != "TABLE" or scope)) or (scope and kind not in ("TABLE", "DATABASE", "SCHEMA", "VIEW")) or (scope == "SECURE") != (scope == "SECURE" and kind == "VIEW"):
        raise cursor.refuse()
    if scope == "TEMPORARY" and kind != "TABLE":
        raise cursor.refuse()
    missing_only = cursor.accept("IF", "NOT", "EXISTS")
    if missing_only and replace:
        raise compilation("001003", "42000", "syntax error: options IF NOT EXISTS and OR REPLACE are incompatible.")
    session.commit()
    with session.engine.catalog_lock:
        if kind == "TABLE":
            return create_table.create_table(session, cursor, replace, scope, missing_only, is_iceberg)
        runner = {"DATABASE": _create_database, "SCHEMA": _create_schema, "WAREHOUSE": warehouses.create,
                  "ROLE": _create_role, "VIEW": _create_view, "USER": _create_user}[kind]
        return runner(session, cursor, replace, scope, missing_only)


_CONTAINER = {"COMMENT": "text", "DATA_RETENTION_TIME_IN_DAYS": "number", "MAX_DATA_EXTENSION_TIME_IN_DAYS": "number"}


def _create_database(session: "EngineSession", cursor: TokenCursor, replace: bool, scope: str | None, missing_only: bool) -> Result:
    name = read_name(cursor, ignore_case(session))
    options = read_properties(cursor, _CONTAINER)
    catalog = session.catalog
    if name in catalog.databases:
        if missing_only:
            return status(f"{name} already exists, statement succeeded.")
        if not replace:
            raise existing_object(name)
        _drop_database(session, name)
    database = Database(name, comment=options.get("COMMENT"), owner=session.role or "", transient=scope == "TRANSIENT",
                        retention_days=int(options.get("DATA_RETENTION_TIME_IN_DAYS", 1)))
    database.schemas["PUBLIC"] = Schema(name, "PUBLIC", owner=session.role or "")
    catalog.databases[name] = database
    session.engine.save()
    session.database, session.schema = name, "PUBLIC"
    return status(f"Database {name} successfully created.")


def _create_schema(session: "EngineSession", cursor: TokenCursor, replace: bool, scope: str | None, missing_only: bool) -> Result:
    parts = read_parts(cursor, ignore_case(session))
    managed = cursor.accept("WITH", "MANAGED", "ACCESS")
    options = read_properties(cursor, _CONTAINER)
    if len(parts) > 2:
        raise cursor.refuse()
    if len(parts) == 1 and session.database is None:
        session.catalog.resolve_schema(session, parts)
    database = session.catalog.database(parts[0] if len(parts) == 2 else session.database or "")
    name = parts[-1]
    if managed:
        raise unsupported("MANAGED ACCESS")
    if name in database.schemas or name == "INFORMATION_SCHEMA":
        if missing_only:
            return status(f"{name} already exists, statement succeeded.")
        if not replace or name == "INFORMATION_SCHEMA":
            raise existing_object(name)
        _drop_schema(session, database, name)
    database.schemas[name] = Schema(database.name, name, comment=options.get("COMMENT"), owner=session.role or "",
                                    transient=scope == "TRANSIENT", retention_days=int(options.get("DATA_RETENTION_TIME_IN_DAYS", 1)))
    session.engine.save()
    session.database, session.schema = database.name, name
    return status(f"Schema {name} successfully created.")


def _create_role(session: "EngineSession", cursor: TokenCursor, replace: bool, scope: str | None, missing_only: bool) -> Result:
    name = read_name(cursor, ignore_case(session))
    options = read_properties(cursor, {"COMMENT": "text"})
    if name in session.catalog.roles and not replace:
        if missing_only:
            return status(f"{name} already exists, statement succeeded.")
        raise existing_object(name)
    session.catalog.roles[name] = Role(name, options.get("COMMENT"))
    session.engine.save()
    return status(f"Role {name} successfully created.")


def _create_user(session: "EngineSession", cursor: TokenCursor, replace: bool, scope: str | None, missing_only: bool) -> Result:
    raise unsupported("CREATE USER; users are made by --user and --public-key of scripts/local-snowflake")


def _create_view(session: "EngineSession", cursor: TokenCursor, replace: bool, scope: str | None, missing_only: bool) -> Result:
    from .query.parsing import parse
    from .query.select import QueryBinder

    parts = read_parts(cursor, ignore_case(session))
    names: list[str] = []
    if cursor.accept("("):
        names.append(read_name(cursor, ignore_case(session)))
        while cursor.accept(","):
            names.append(read_name(cursor, ignore_case(session)))
        cursor.expect(")")
    comment = cursor.string() if cursor.accept("COMMENT", "=") else None
    cursor.expect("AS")
    sql = cursor.rest()
    database, schema_name, name = session.catalog.complete(session, parts)
    schema = session.catalog.schema(database, schema_name)
    if name in schema.tables and not (replace and schema.tables[name].view_sql is not None):
        if missing_only:
            return status(f"{name} already exists, statement succeeded.")
        raise existing_object(name)
    parsed = parse(sql)
    bound = QueryBinder(session, parsed.strings, sql).bind_query(parsed.tree)
    if names and len(names) != len(bound.columns):
        raise compilation("002020", "21S01", "Invalid column definition list")
    view = Table(database, schema_name, name, [], kind="VIEW", owner=session.role or "", comment=comment, view_sql=sql)
    for index, column in enumerate(bound.columns):
        view.add_column(names[index] if names else column.name, column.type, nullable=column.nullable)
    schema.tables[name] = view
    session.engine.save()
    return status(f"View {name} successfully created.")


# --- DROP ----------------------------------------------------------------------------------------------------------
def drop(session: "EngineSession", cursor: TokenCursor) -> Result:
    """DROP … [IF EXISTS] name [CASCADE | RESTRICT]; commits an open transaction first."""
    cursor.expect("DROP")
    is_iceberg = cursor.accept("ICEBERG")
    kind = cursor.accept_any("TABLE", "DATABASE", "SCHEMA", "WAREHOUSE", "ROLE", "VIEW")
    if kind is None or (is_iceberg and kind != "TABLE"):
        raise cursor.refuse()
    if_exists = cursor.accept("IF", "EXISTS")
    parts = read_parts(cursor, ignore_case(session))
    cursor.accept_any("CASCADE", "RESTRICT")
    cursor.finish()
    session.commit()
    with session.engine.catalog_lock:
        try:
            _drop_one(session, kind, parts)
        except Exception as error:
            if if_exists and getattr(error, "code", "") in ("002003", "002043"):
                return status(f"Drop statement executed successfully ({parts[-1]} already dropped).")
            raise
        session.engine.save()
    return status(f"{parts[-1]} successfully dropped.")


def _drop_one(session: "EngineSession", kind: str, parts: list[str]) -> None:
    catalog = session.catalog
    if kind in ("TABLE", "VIEW"):
        table = catalog.table(session, parts)
        if (table.view_sql is not None) != (kind == "VIEW"):
            raise missing_object(kind.title(), parts[-1])
        drop_table(session, table)
        return
    if kind == "SCHEMA":
        schema = catalog.resolve_schema(session, parts)
        _drop_schema(session, catalog.database(schema.database), schema.name)
        return
    if len(parts) != 1:
        raise missing_object(kind.title(), ".".join(parts))
    if kind == "DATABASE":
        catalog.database(parts[0])
        _drop_database(session, parts[0])
        return
    if kind == "WAREHOUSE":
        warehouses.drop(session, parts[0])
        return
    if parts[0] not in catalog.roles:
        raise missing_object("Role", parts[0])
    del catalog.roles[parts[0]]


def drop_table(session: "EngineSession", table: Table) -> None:
    """Removes a table from the catalog and its rows from DuckDB."""
    key = (table.database, table.schema, table.name)
    if table.is_temporary:
        session.temporary_tables.pop(key, None)
    else:
        session.catalog.schema(table.database, table.schema).tables.pop(table.name, None)
        session.engine.save()
    session.engine.announce("table_dropped", table.identity)
    if table.view_sql is None:
        create_table.drop_physical(session, table)


def _drop_schema(session: "EngineSession", database: Database, name: str) -> None:
    schema = database.schemas.pop(name)
    for table in list(schema.tables.values()):
        session.engine.announce("table_dropped", table.identity)
        if table.view_sql is None:
            create_table.drop_physical(session, table)
    session.engine.announce("schema_dropped", schema.identity)
    if session.database == database.name and session.schema == name:
        session.schema = None


def _drop_database(session: "EngineSession", name: str) -> None:
    database = session.catalog.databases[name]
    for schema in list(database.schemas):
        _drop_schema(session, database, schema)
    del session.catalog.databases[name]
    if session.database == name:
        session.database = session.schema = None


def undrop(session: "EngineSession", cursor: TokenCursor) -> Result:
    """UNDROP is not kept: dropped rows are gone here."""
    raise unsupported("UNDROP")
