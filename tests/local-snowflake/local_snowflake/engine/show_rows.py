"""The columns and rows of every SHOW, in Snowflake's order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import parameters as session_parameters
from .catalog import Database, Grant, Role, Schema, Table, User, Warehouse
from .cells import cell_of_timestamp
from .names import quote_if_needed
from .result import STATEMENT_SHOW, ColumnMeta, Result, number_column, text_column, timestamp_column
from .types import data_type_json

if TYPE_CHECKING:
    from .session import EngineSession
    from .show import Filter


def made(columns: str, rows: list[list[Any]]) -> Result:
    """A result from a column list; `@name` is a timestamp, `#name` a number. Cells: int, str or None."""
    metas: list[ColumnMeta] = []
    for name in columns.split(","):
        kind = {"@": timestamp_column, "#": number_column}.get(name[0], text_column)
        metas.append(kind(name.lstrip("@#").strip()))
    cells = [
        [None if v is None else cell_of_timestamp(v) if m.type_name == "timestamp_ltz" else str(v) for m, v in zip(metas, row)]
        for row in rows
    ]
    return Result(metas, cells, STATEMENT_SHOW)


def flag(value: bool) -> str:
    """Y or N."""
    return "Y" if value else "N"


def table_kind(table: Table) -> str:
    """The `kind` cell."""
    return table.kind


def row_count(session: "EngineSession", table: Table) -> int | None:
    """Rows that this session sees; None for views."""
    if table.view_sql is not None:
        return None
    found = session.connection.execute(f"SELECT count(*) FROM {table.physical} WHERE {session.visible(table)}").fetchone()
    return found[0] if found else 0


def tables(session: "EngineSession", found: list[Table], terse: bool, objects: bool) -> Result:
    """SHOW TABLES and SHOW OBJECTS."""
    if terse:
        return made("@created_on,name,kind,database_name,schema_name", [[t.created, t.name, table_kind(t), t.database, t.schema] for t in found])
    rows = []
    for table in found:
        count = row_count(session, table)
        rows.append([table.created, table.name, table.database, table.schema, table_kind(table), table.comment or "", table.cluster_by,
                     count, None if count is None else count * 64, table.owner, str(table.retention_days)])
    first = "@created_on,name,database_name,schema_name,kind,comment,cluster_by,#rows,#bytes,owner,retention_time"
    if objects:
        return made(first + ",owner_role_type,budget,is_hybrid,is_dynamic", [r + ["ROLE", None, "N", "N"] for r in rows])
    more = ",automatic_clustering,change_tracking,search_optimization,#search_optimization_progress,#search_optimization_bytes" \
           ",is_external,enable_schema_evolution,owner_role_type,is_event,budget,is_hybrid,is_iceberg,is_dynamic,is_immutable"
    tails = [["ON" if t.cluster_by else "OFF", "ON" if t.change_tracking else "OFF", "OFF", None, None, "N", "N", "ROLE", "N", None, "N", flag(t.iceberg is not None), "N", "N"] for t in found]
    return made(first + more, [r + tail for r, tail in zip(rows, tails)])


def views(found: list[Table]) -> Result:
    """SHOW VIEWS."""
    return made(
        "@created_on,name,reserved,database_name,schema_name,owner,comment,text,is_secure,is_materialized,owner_role_type,change_tracking",
        [[t.created, t.name, "", t.database, t.schema, t.owner, t.comment or "", f"CREATE VIEW {quote_if_needed(t.name)} AS {t.view_sql}",
          "false", "false", "ROLE", "OFF"] for t in found],
    )


def schemas(session: "EngineSession", found: list[Schema], terse: bool) -> Result:
    """SHOW SCHEMAS."""
    if terse:
        return made("@created_on,name,kind,database_name,schema_name", [[s.created, s.name, None, s.database, None] for s in found])
    return made(
        "@created_on,name,is_default,is_current,database_name,owner,comment,options,retention_time,owner_role_type,budget",
        [[s.created, s.name, "N", flag((session.database, session.schema) == (s.database, s.name)), s.database, s.owner, s.comment or "",
          "TRANSIENT" if s.transient else "", str(s.retention_days), "ROLE", None] for s in found],
    )


def databases(session: "EngineSession", found: list[Database], terse: bool) -> Result:
    """SHOW DATABASES."""
    if terse:
        return made("@created_on,name,kind,database_name,schema_name", [[d.created, d.name, "STANDARD", None, None] for d in found])
    return made(
        "@created_on,name,is_default,is_current,origin,owner,comment,options,retention_time,kind,budget,owner_role_type",
        [[d.created, d.name, "N", flag(session.database == d.name), "", d.owner, d.comment or "", "TRANSIENT" if d.transient else "",
          str(d.retention_days), "STANDARD", None, "ROLE"] for d in found],
    )


def columns(found: list[Table], wanted: "Filter") -> Result:
    """SHOW COLUMNS. LIKE filters the column names."""
    rows = [
        [t.name, t.schema, c.name, data_type_json(c.type, c.nullable), "true" if c.nullable else "NOT_NULL", c.default_sql or "", "COLUMN", "",
         c.comment or "", t.database, f"IDENTITY START {c.identity[0]} INCREMENT {c.identity[1]}" if c.identity else "", None]
        for t in found for c in t.columns if wanted.keeps(c.name)
    ]
    return made("table_name,schema_name,column_name,data_type,null?,default,kind,expression,comment,database_name,autoincrement,schema_evolution_record", rows)


def primary_keys(found: list[Table]) -> Result:
    """SHOW PRIMARY KEYS."""
    rows = [
        [t.created, t.database, t.schema, t.name, name, index + 1, t.primary_key_name or f"SYS_CONSTRAINT_{t.identity[:8]}", "false", None]
        for t in found for index, name in enumerate(t.primary_key)
    ]
    return made("@created_on,database_name,schema_name,table_name,column_name,#key_sequence,constraint_name,rely,comment", rows)


def warehouses(session: "EngineSession", found: list[Warehouse]) -> Result:
    """SHOW WAREHOUSES."""
    names = ("name,state,type,size,#min_cluster_count,#max_cluster_count,#started_clusters,#running,#queued,is_default,is_current,#auto_suspend,"
             "auto_resume,available,provisioning,quiescing,other,@created_on,@resumed_on,@updated_on,owner,comment,enable_query_acceleration,"
             "#query_acceleration_max_scale_factor,resource_monitor,#actives,#pendings,#failed,#suspended,uuid,scaling_policy,budget,owner_role_type")
    return made(names, [
        [w.name, w.state, "STANDARD", w.size, 1, 1, int(w.state == "STARTED"), 0, 0, "N", flag(session.warehouse == w.name), w.auto_suspend,
         "true" if w.auto_resume else "false", "100", "0", "0", "0", w.created, w.created, w.created, w.owner, w.comment or "", "false", 8, "null",
         0, 0, 0, 0, "0", "STANDARD", None, "ROLE"] for w in found
    ])


def roles(session: "EngineSession", found: list[Role]) -> Result:
    """SHOW ROLES."""
    grants = session.catalog.grants

    def count(role: Role, kind: str) -> int:
        return sum(1 for g in grants if g.on_kind == "ROLE" and g.on_name == role.name and g.to_kind == kind)

    return made("@created_on,name,is_default,is_current,is_inherited,#assigned_to_users,#granted_to_roles,#granted_roles,owner,comment", [
        [r.created, r.name, "N", flag(session.role == r.name), "N", count(r, "USER"), count(r, "ROLE"),
         sum(1 for g in grants if g.on_kind == "ROLE" and g.to_kind == "ROLE" and g.to_name == r.name), "USERADMIN", r.comment or ""] for r in found
    ])


def users(found: list[User]) -> Result:
    """SHOW USERS, the columns that are known here."""
    return made("name,@created_on,login_name,display_name,comment,disabled", [[u.name, u.created, u.name, u.name, u.comment or "", "false"] for u in found])


def grants(found: list[Grant]) -> Result:
    """SHOW GRANTS."""
    return made("@created_on,privilege,granted_on,name,granted_to,grantee_name,grant_option,granted_by", [
        [g.created, g.privilege, g.on_kind, g.on_name, g.to_kind, g.to_name, "false", g.grantor] for g in found
    ])


def parameters(session: "EngineSession", wanted: "Filter") -> Result:
    """SHOW PARAMETERS [IN SESSION | ACCOUNT]."""
    in_account = wanted.scope not in (None, "SESSION")
    rows = []
    for name, (kind, default) in sorted(session_parameters.DEFAULTS.items()):
        if wanted.keeps(name):
            value = default if in_account else session.parameter(name)
            rows.append([name, value, default, "SESSION" if not in_account and name in session.parameters else "", "", kind])
    return made("key,value,default,level,description,type", rows)
