"""INFORMATION_SCHEMA views: DATABASES, SCHEMATA, TABLES, VIEWS, COLUMNS, TABLE_CONSTRAINTS. Others are refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .catalog import Column, Database, Schema, Table
from .errors import missing_object, no_current_database
from .show_rows import row_count
from .types import INTEGER, LTZ, TEXT, SnowType, byte_length, family

if TYPE_CHECKING:
    from .session import EngineSession

_KINDS = {"#": INTEGER, "@": LTZ}
_COLUMNS = {
    "DATABASES": "DATABASE_NAME,DATABASE_OWNER,IS_TRANSIENT,COMMENT,@CREATED,@LAST_ALTERED,#RETENTION_TIME,TYPE",
    "SCHEMATA": "CATALOG_NAME,SCHEMA_NAME,SCHEMA_OWNER,IS_TRANSIENT,IS_MANAGED_ACCESS,#RETENTION_TIME,DEFAULT_CHARACTER_SET_CATALOG,"
                "DEFAULT_CHARACTER_SET_SCHEMA,DEFAULT_CHARACTER_SET_NAME,SQL_PATH,@CREATED,@LAST_ALTERED,COMMENT",
    "TABLES": "TABLE_CATALOG,TABLE_SCHEMA,TABLE_NAME,TABLE_OWNER,TABLE_TYPE,IS_TRANSIENT,CLUSTERING_KEY,#ROW_COUNT,#BYTES,#RETENTION_TIME,"
              "SELF_REFERENCING_COLUMN_NAME,REFERENCE_GENERATION,IS_INSERTABLE_INTO,IS_TYPED,COMMIT_ACTION,@CREATED,@LAST_ALTERED,@LAST_DDL,"
              "LAST_DDL_BY,AUTO_CLUSTERING_ON,COMMENT,IS_TEMPORARY,IS_ICEBERG,IS_DYNAMIC,IS_IMMUTABLE,IS_HYBRID",
    "VIEWS": "TABLE_CATALOG,TABLE_SCHEMA,TABLE_NAME,TABLE_OWNER,VIEW_DEFINITION,CHECK_OPTION,IS_UPDATABLE,INSERTABLE_INTO,IS_SECURE,"
             "@CREATED,@LAST_ALTERED,COMMENT",
    "COLUMNS": "TABLE_CATALOG,TABLE_SCHEMA,TABLE_NAME,COLUMN_NAME,#ORDINAL_POSITION,COLUMN_DEFAULT,IS_NULLABLE,DATA_TYPE,"
               "#CHARACTER_MAXIMUM_LENGTH,#CHARACTER_OCTET_LENGTH,#NUMERIC_PRECISION,#NUMERIC_PRECISION_RADIX,#NUMERIC_SCALE,"
               "#DATETIME_PRECISION,INTERVAL_TYPE,INTERVAL_PRECISION,CHARACTER_SET_CATALOG,CHARACTER_SET_SCHEMA,CHARACTER_SET_NAME,"
               "COLLATION_CATALOG,COLLATION_SCHEMA,COLLATION_NAME,DOMAIN_CATALOG,DOMAIN_SCHEMA,DOMAIN_NAME,UDT_CATALOG,UDT_SCHEMA,UDT_NAME,"
               "SCOPE_CATALOG,SCOPE_SCHEMA,SCOPE_NAME,#MAXIMUM_CARDINALITY,DTD_IDENTIFIER,IS_SELF_REFERENCING,IS_IDENTITY,"
               "IDENTITY_GENERATION,IDENTITY_START,IDENTITY_INCREMENT,IDENTITY_MAXIMUM,IDENTITY_MINIMUM,IDENTITY_CYCLE,IDENTITY_ORDERED,"
               "SCHEMA_EVOLUTION_RECORD,COMMENT",
    "TABLE_CONSTRAINTS": "CONSTRAINT_CATALOG,CONSTRAINT_SCHEMA,CONSTRAINT_NAME,TABLE_CATALOG,TABLE_SCHEMA,TABLE_NAME,CONSTRAINT_TYPE,"
                         "IS_DEFERRABLE,INITIALLY_DEFERRED,ENFORCED,COMMENT,@CREATED,@LAST_ALTERED,RELY",
}


def view_rows(session: "EngineSession", database: str | None, view: str) -> tuple[list[str], list[SnowType], list[list[Any]]]:
    """Column names, types and rows of a view, values in storage form."""
    if database is None and session.database is None:
        raise no_current_database()
    found = session.catalog.database(database or session.database or "")
    if view not in _COLUMNS:
        raise missing_object("Object", f"{found.name}.INFORMATION_SCHEMA.{view}")
    listed = _COLUMNS[view].split(",")
    names = [item.lstrip("#@") for item in listed]
    kinds = [_KINDS.get(item[0], TEXT) for item in listed]
    with session.engine.catalog_lock:
        rows = [[row.get(name) for name in names] for row in _ROWS[view](session, found)]
    return names, kinds, rows


def _tables(session: "EngineSession", database: Database) -> list[Table]:
    own = [t for key, t in session.temporary_tables.items() if key[0] == database.name]
    hidden = {(t.schema, t.name) for t in own}
    return own + [t for s in database.schemas.values() for t in s.tables.values() if (t.schema, t.name) not in hidden]


def _yes(value: bool) -> str:
    return "YES" if value else "NO"


def _database_rows(session: "EngineSession", database: Database) -> list[dict[str, Any]]:
    return [{"DATABASE_NAME": d.name, "DATABASE_OWNER": d.owner, "IS_TRANSIENT": _yes(d.transient), "COMMENT": d.comment, "CREATED": d.created,
             "LAST_ALTERED": d.created, "RETENTION_TIME": d.retention_days, "TYPE": "STANDARD"} for d in session.catalog.databases.values()]


def _schema_rows(session: "EngineSession", database: Database) -> list[dict[str, Any]]:
    schemas = [*database.schemas.values(), Schema(database.name, "INFORMATION_SCHEMA", created=database.created)]
    return [{"CATALOG_NAME": s.database, "SCHEMA_NAME": s.name, "SCHEMA_OWNER": s.owner or None, "IS_TRANSIENT": _yes(s.transient),
             "IS_MANAGED_ACCESS": "NO", "RETENTION_TIME": s.retention_days, "CREATED": s.created, "LAST_ALTERED": s.created,
             "COMMENT": s.comment} for s in schemas]


def _table_rows(session: "EngineSession", database: Database) -> list[dict[str, Any]]:
    rows = []
    for t in _tables(session, database):
        count = row_count(session, t)
        kind = "VIEW" if t.view_sql is not None else "LOCAL TEMPORARY" if t.is_temporary else "BASE TABLE"
        rows.append({
            "TABLE_CATALOG": t.database, "TABLE_SCHEMA": t.schema, "TABLE_NAME": t.name, "TABLE_OWNER": t.owner, "TABLE_TYPE": kind,
            "IS_TRANSIENT": _yes(t.kind == "TRANSIENT"), "CLUSTERING_KEY": t.cluster_by or None, "ROW_COUNT": count,
            "BYTES": None if count is None else count * 64, "RETENTION_TIME": t.retention_days, "IS_INSERTABLE_INTO": _yes(t.view_sql is None),
            "IS_TYPED": "YES", "CREATED": t.created, "LAST_ALTERED": t.created, "LAST_DDL": t.created, "LAST_DDL_BY": session.user,
            "AUTO_CLUSTERING_ON": _yes(bool(t.cluster_by)), "COMMENT": t.comment, "IS_TEMPORARY": _yes(t.is_temporary), "IS_ICEBERG": "NO",
            "IS_DYNAMIC": "NO", "IS_IMMUTABLE": "NO", "IS_HYBRID": "NO",
        })
    return rows


def _view_rows(session: "EngineSession", database: Database) -> list[dict[str, Any]]:
    return [{"TABLE_CATALOG": t.database, "TABLE_SCHEMA": t.schema, "TABLE_NAME": t.name, "TABLE_OWNER": t.owner, "VIEW_DEFINITION": t.view_sql,
             "CHECK_OPTION": "NONE", "IS_UPDATABLE": "NO", "INSERTABLE_INTO": "NO", "IS_SECURE": "NO", "CREATED": t.created,
             "LAST_ALTERED": t.created, "COMMENT": t.comment} for t in _tables(session, database) if t.view_sql is not None]


def _column_row(t: Table, position: int, c: Column) -> dict[str, Any]:
    row: dict[str, Any] = {
        "TABLE_CATALOG": t.database, "TABLE_SCHEMA": t.schema, "TABLE_NAME": t.name, "COLUMN_NAME": c.name, "ORDINAL_POSITION": position,
        "COLUMN_DEFAULT": c.default_sql, "IS_NULLABLE": _yes(c.nullable), "DATA_TYPE": family(c.type), "IS_SELF_REFERENCING": "NO",
        "IS_IDENTITY": _yes(c.identity is not None), "COMMENT": c.comment,
    }
    if c.type.kind == "fixed":
        row.update(NUMERIC_PRECISION=c.type.precision, NUMERIC_PRECISION_RADIX=10, NUMERIC_SCALE=c.type.scale)
    elif c.type.kind in ("text", "binary"):
        row.update(CHARACTER_MAXIMUM_LENGTH=c.type.length, CHARACTER_OCTET_LENGTH=byte_length(c.type))
    elif c.type.kind == "time" or c.type.is_timestamp:
        row.update(DATETIME_PRECISION=c.type.scale)
    if c.identity is not None:
        row.update(IDENTITY_START=str(c.identity[0]), IDENTITY_INCREMENT=str(c.identity[1]))
    return row


def _column_rows(session: "EngineSession", database: Database) -> list[dict[str, Any]]:
    return [_column_row(t, i + 1, c) for t in _tables(session, database) for i, c in enumerate(t.columns)]


def _constraint_rows(session: "EngineSession", database: Database) -> list[dict[str, Any]]:
    return [{"CONSTRAINT_CATALOG": t.database, "CONSTRAINT_SCHEMA": t.schema, "CONSTRAINT_NAME": t.primary_key_name or f"SYS_CONSTRAINT_{t.identity[:8]}",
             "TABLE_CATALOG": t.database, "TABLE_SCHEMA": t.schema, "TABLE_NAME": t.name, "CONSTRAINT_TYPE": "PRIMARY KEY", "IS_DEFERRABLE": "NO",
             "INITIALLY_DEFERRED": "YES", "ENFORCED": "NO", "CREATED": t.created, "LAST_ALTERED": t.created, "RELY": "NO"}
            for t in _tables(session, database) if t.primary_key]


_ROWS = {"DATABASES": _database_rows, "SCHEMATA": _schema_rows, "TABLES": _table_rows, "VIEWS": _view_rows, "COLUMNS": _column_rows,
         "TABLE_CONSTRAINTS": _constraint_rows}
