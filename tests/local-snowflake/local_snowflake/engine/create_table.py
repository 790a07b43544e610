"""CREATE TABLE: column lists, constraints, LIKE, CLONE, AS SELECT; and the physical tables behind them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import changes, iceberg, warehouses
from .cast_sql import Expression
from .catalog import Column, Table
from .errors import compilation, existing_object, unsupported
from .names import read_name, read_parts
from .query.parsing import parse
from .query.select import BoundQuery, QueryBinder
from .result import Result, status
from .tokens import TokenCursor
from .transactions import run_atomically
from .types import NULL, TEXT, read_type, storage

if TYPE_CHECKING:
    from .session import EngineSession

_CONSTRAINT_WORDS = ("ENFORCED", "NOT", "DEFERRABLE", "INITIALLY", "DEFERRED", "IMMEDIATE", "ENABLE", "DISABLE",
                     "VALIDATE", "NOVALIDATE", "RELY", "NORELY")


def create_physical(session: "EngineSession", table: Table) -> None:
    """Makes the DuckDB table (and sequences) of a catalog table."""
    temporary = "TEMP " if table.is_temporary else ""
    columns = ", ".join(f"{c.physical} {storage(c.type)}" for c in table.columns)
    statements = [f"CREATE {temporary}TABLE {table.physical} ({columns}{', ' if columns else ''}_s BIGINT)"]
    for column in table.columns:
        if column.identity is not None:
            start, step = column.identity
            bound = "" if step > 0 else " MINVALUE -9223372036854775807 MAXVALUE 9223372036854775806"
            statements.append(f"CREATE {temporary}SEQUENCE {changes.sequence_name(table, column)} START {start} INCREMENT {step}{bound}")
    run_atomically(session.connection, statements)


def drop_physical(session: "EngineSession", table: Table) -> None:
    """Drops them."""
    statements = [f"DROP TABLE IF EXISTS {table.physical}"]
    statements += [f"DROP SEQUENCE IF EXISTS {changes.sequence_name(table, c)}" for c in table.columns if c.identity is not None]
    run_atomically(session.connection, statements)


def create_table(session: "EngineSession", cursor: TokenCursor, replace: bool, scope: str | None, missing_only: bool, is_iceberg: bool = False) -> Result:
    """The rest of CREATE [OR REPLACE] [TEMPORARY | TRANSIENT | ICEBERG] TABLE [IF NOT EXISTS]."""
    fold_quoted = session.parameter("QUOTED_IDENTIFIERS_IGNORE_CASE") == "true"
    missing_only = cursor.accept("IF", "NOT", "EXISTS") or missing_only
    parts = read_parts(cursor, fold_quoted)
    key = session.catalog.complete(session, parts)
    schema = session.catalog.schema(key[0], key[1])
    table = Table(*key, [], kind=scope or "TABLE", owner=session.role or "", iceberg={} if is_iceberg else None)
    existing = session.temporary_tables.get(key) if table.is_temporary else schema.tables.get(key[2])
    source = _read_body(session, cursor, table, fold_quoted)
    if existing is not None and not replace:
        if missing_only:
            return status(f"{table.name} already exists, statement succeeded.")
        raise existing_object(table.name)
    if existing is not None and (existing.view_sql is not None):
        raise existing_object(table.name)
    if not table.columns:
        raise compilation("001003", "42000", "syntax error: a table needs at least one column")
    table.physical = session.catalog.new_physical_name()
    create_physical(session, table)
    try:
        _fill(session, table, source)
    except BaseException:
        drop_physical(session, table)
        raise
    if table.is_temporary:
        session.temporary_tables[key] = table
    else:
        schema.tables[table.name] = table
        session.engine.save()
    if existing is not None:
        session.engine.announce("table_dropped", existing.identity)
        drop_physical(session, existing)
    return status(f"Table {table.name} successfully created.")


def _fill(session: "EngineSession", table: Table, source: BoundQuery | Table | None) -> None:
    if isinstance(source, BoundQuery):
        values = {c.name: Expression(f"o{i + 1}", o.type) for i, (c, o) in enumerate(zip(table.columns, source.columns))}
        session.retried(lambda: changes.insert_rows(session, table, values, f"({source.sql})", 0))
    elif isinstance(source, Table):
        old = ", ".join(c.physical for c in source.columns)
        query = f"SELECT {old} FROM {source.physical} WHERE {session.visible(source)}"
        session.retried(lambda: changes.insert_staged(session, table, 0, query))


def _read_body(session: "EngineSession", cursor: TokenCursor, table: Table, fold_quoted: bool) -> BoundQuery | Table | None:
    """Columns, options and source; gives the rows to begin with."""
    if table.iceberg is not None and (cursor.peek("LIKE") or cursor.peek("CLONE")):
        raise unsupported("CREATE ICEBERG TABLE … LIKE and CLONE")
    if cursor.accept("LIKE"):
        _copy_columns(session.catalog.table(session, read_parts(cursor, fold_quoted)), table)
        cursor.accept("COPY", "GRANTS")
        _read_options(cursor, table)
        cursor.finish()
        return None
    if cursor.accept("CLONE"):
        origin = session.catalog.table(session, read_parts(cursor, fold_quoted))
        if cursor.peek("AT") or cursor.peek("BEFORE"):
            raise unsupported("Time Travel")
        cursor.accept("COPY", "GRANTS")
        cursor.finish()
        _copy_columns(origin, table)
        return origin
    names_only: list[str] | None = None
    if cursor.accept("("):
        names_only = _read_columns(session, cursor, table, fold_quoted)
    _read_options(cursor, table)
    if cursor.accept("AS"):
        if table.iceberg is not None:
            raise unsupported("CREATE ICEBERG TABLE … AS")
        return _as_select(session, cursor, table, names_only)
    if names_only:
        raise compilation("001003", "42000", "syntax error: a column needs a type")
    cursor.finish()
    return None


def _copy_columns(origin: Table, table: Table) -> None:
    if origin.view_sql is not None:
        raise unsupported("LIKE or CLONE of a view")
    for column in origin.columns:
        table.add_column(column.name, column.type, nullable=column.nullable, default_sql=column.default_sql,
                         comment=column.comment, identity=column.identity)
    table.primary_key, table.cluster_by, table.comment = list(origin.primary_key), origin.cluster_by, origin.comment
    table.retention_days = origin.retention_days


def _as_select(session: "EngineSession", cursor: TokenCursor, table: Table, names_only: list[str] | None) -> BoundQuery:
    sql = cursor.rest()
    parsed = parse(sql)
    bound = QueryBinder(session, parsed.strings, sql).bind_query(parsed.tree)
    warehouses.require(session)
    if names_only or table.columns:
        wanted = len(names_only or table.columns)
        if wanted != len(bound.columns):
            raise compilation("002020", "21S01", f"Invalid column definition list: {wanted} columns for {len(bound.columns)} values")
    if not table.columns:
        for index, column in enumerate(bound.columns):
            name = names_only[index] if names_only else column.name
            if table.column(name) is not None:
                raise compilation("002025", "42S21", f"duplicate column name '{name}'")
            table.add_column(name, TEXT if column.type == NULL else column.type)
    return bound


def _read_columns(session: "EngineSession", cursor: TokenCursor, table: Table, fold_quoted: bool) -> list[str] | None:
    """The list in parentheses. Gives names when it has no types (CREATE TABLE t (a, b) AS SELECT …)."""
    names: list[str] = []
    while True:
        if not read_table_constraint(cursor, table, fold_quoted):
            name = read_name(cursor, fold_quoted)
            if cursor.peek(",") or cursor.peek(")"):
                names.append(name)
            else:
                read_column(session, cursor, table, name)
        if not cursor.accept(","):
            break
    cursor.expect(")")
    if names and table.columns:
        raise compilation("001003", "42000", "syntax error: some columns have no type")
    for name in table.primary_key:
        column = table.column(name)
        if column is None:
            raise compilation("000904", "42000", f"error line 1 at position 0\ninvalid identifier '{name}'")
        column.nullable = False
    return names or None


def read_column(session: "EngineSession", cursor: TokenCursor, table: Table, name: str) -> Column:
    """One column: type and column options. The column is added to the table."""
    if table.column(name) is not None:
        raise compilation("002025", "42S21", f"duplicate column name '{name}'")
    kind = read_type(cursor, session.parameter("TIMESTAMP_TYPE_MAPPING"))
    if table.iceberg is not None:
        kind = iceberg.column_type(kind, cursor.tokens[cursor.index - 1].text == ")")
    more: dict[str, Any] = {}
    while True:
        if cursor.accept("NOT", "NULL"):
            more["nullable"] = False
        elif cursor.accept("NULL"):
            pass
        elif cursor.accept("DEFAULT"):
            more["default_sql"] = cursor.balanced_text((",", "NOT", "NULL", "COMMENT", "PRIMARY", "UNIQUE", "CONSTRAINT", "COLLATE"))
        elif cursor.accept_any("AUTOINCREMENT", "IDENTITY"):
            more["identity"] = _read_identity(cursor)
        elif cursor.accept("COMMENT"):
            cursor.accept("=")
            more["comment"] = cursor.string()
        elif cursor.accept("COLLATE"):
            if cursor.string() not in ("", "utf8", "bin"):
                raise unsupported("COLLATE")
        elif cursor.peek("CONSTRAINT") or cursor.peek("PRIMARY") or cursor.peek("UNIQUE") or cursor.peek("REFERENCES"):
            if _column_constraint(cursor, table, name):
                more["nullable"] = False
        else:
            break
    column = table.add_column(name, kind, **more)
    if column.default_sql is not None:
        session.caster.cast(changes.default_value(session, table, column), kind)
    return column


def _read_identity(cursor: TokenCursor) -> tuple[int, int]:
    start, step = 1, 1
    if cursor.accept("("):
        start = cursor.integer()
        cursor.expect(",")
        step = cursor.integer()
        cursor.expect(")")
    elif cursor.accept("START"):
        cursor.accept_any("WITH", "=")
        start = cursor.integer()
        cursor.expect("INCREMENT")
        cursor.accept_any("BY", "=")
        step = cursor.integer()
    cursor.accept_any("ORDER", "NOORDER")
    return start, step


def _column_constraint(cursor: TokenCursor, table: Table, name: str) -> bool:
    """An inline constraint; True for PRIMARY KEY."""
    if cursor.accept("CONSTRAINT"):
        table.primary_key_name = read_name(cursor)
    if cursor.accept("PRIMARY", "KEY"):
        if table.primary_key:
            raise compilation("001003", "42000", f"primary key already exists for table '{table.name}'")
        table.primary_key = [name]
        _skip_constraint_words(cursor)
        return True
    cursor.expect("UNIQUE")
    _skip_constraint_words(cursor)
    return False


def _skip_constraint_words(cursor: TokenCursor) -> None:
    while not cursor.peek("NOT", "NULL") and cursor.accept_any(*_CONSTRAINT_WORDS):
        pass


def read_table_constraint(cursor: TokenCursor, table: Table, fold_quoted: bool) -> bool:
    """A table constraint of a column list; False when there is none here. PRIMARY KEY is recorded."""
    starts = cursor.peek("CONSTRAINT") or cursor.peek("PRIMARY", "KEY") or cursor.peek("UNIQUE", "(")
    if not starts:
        return False
    if cursor.accept("CONSTRAINT"):
        table.primary_key_name = read_name(cursor, fold_quoted)
    if cursor.accept("PRIMARY", "KEY"):
        table.primary_key = read_name_list(cursor, fold_quoted)
    else:
        cursor.expect("UNIQUE")
        read_name_list(cursor, fold_quoted)
    _skip_constraint_words(cursor)
    return True


def read_name_list(cursor: TokenCursor, fold_quoted: bool) -> list[str]:
    """`(a, "b")`."""
    cursor.expect("(")
    names = [read_name(cursor, fold_quoted)]
    while cursor.accept(","):
        names.append(read_name(cursor, fold_quoted))
    cursor.expect(")")
    return names


def _read_options(cursor: TokenCursor, table: Table) -> None:
    """Table options in any order; anything else is left for the caller to refuse."""
    while True:
        if cursor.accept("CLUSTER", "BY"):
            table.cluster_by = "LINEAR" + parenthesised(cursor)
        elif cursor.accept("COMMENT"):
            cursor.expect("=")
            table.comment = cursor.string()
        elif cursor.accept("DATA_RETENTION_TIME_IN_DAYS"):
            cursor.expect("=")
            table.retention_days = cursor.integer()
        elif cursor.accept("MAX_DATA_EXTENSION_TIME_IN_DAYS"):
            cursor.expect("=")
            cursor.integer()
        elif cursor.accept("CHANGE_TRACKING"):
            cursor.expect("=")
            table.change_tracking = cursor.accept_any("TRUE", "FALSE") == "TRUE"
        elif not cursor.accept("COPY", "GRANTS") and not iceberg.accept_option(cursor, table):
            return


def parenthesised(cursor: TokenCursor) -> str:
    """Balanced text in parentheses, as written."""
    cursor.expect("(")
    text = cursor.balanced_text(())
    cursor.expect(")")
    return f"({text})"
