"""ALTER TABLE: columns, types, constraints, names, SWAP WITH, properties. Type changes only widen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import changes, create_table, ddl, iceberg
from .catalog import Column, Table
from .errors import SnowflakeError, compilation, existing_object, unsupported
from .names import read_name, read_parts
from .result import Result, status
from .tokens import TokenCursor
from .transactions import run_atomically
from .types import SnowType, read_type, show, storage

if TYPE_CHECKING:
    from .session import EngineSession

_DONE = "Statement executed successfully."


def alter_table(session: "EngineSession", cursor: TokenCursor, if_exists: bool, kind: str) -> Result:
    """The rest of ALTER TABLE [IF EXISTS]."""
    parts = read_parts(cursor, ddl.ignore_case(session))
    table = session.catalog.find_table(session, parts)
    if table is None and if_exists:
        return status("Statement executed successfully.")
    table = session.catalog.table(session, parts)
    if table.view_sql is not None:
        raise compilation("002029", "42601", f"View '{table.name}' is not a table.")
    for words, action in _ACTIONS:
        if cursor.accept(*words):
            action(session, cursor, table)
            cursor.finish()
            return status(_DONE)
    raise cursor.refuse()


def _fold(session: "EngineSession") -> bool:
    return ddl.ignore_case(session)


def _column(table: Table, name: str) -> Column:
    column = table.column(name)
    if column is None:
        raise compilation("000904", "42000", f"error line 1 at position 0\ninvalid identifier '{name}'")
    return column


# --- ADD -----------------------------------------------------------------------------------------------------------
def _add(session: "EngineSession", cursor: TokenCursor, table: Table) -> None:
    if cursor.peek("CONSTRAINT") or cursor.peek("PRIMARY", "KEY") or cursor.peek("UNIQUE"):
        _add_constraint(session, cursor, table)
        return
    cursor.accept("COLUMN")
    staged = Table(table.database, table.schema, table.name, list(table.columns), next_column=table.next_column, iceberg=table.iceberg)
    added: list[Column] = []
    while True:
        if cursor.accept("COLUMN"):
            pass
        missing_only = cursor.accept("IF", "NOT", "EXISTS")
        name = read_name(cursor, _fold(session))
        if missing_only and staged.column(name) is not None:
            scratch = Table("", "", "", [])
            create_table.read_column(session, cursor, scratch, name)
        else:
            if staged.column(name) is not None:
                raise compilation("001430", "42601", f"column '{name}' already exists")
            added.append(create_table.read_column(session, cursor, staged, name))
        if not cursor.accept(","):
            break
    if staged.primary_key:
        raise unsupported("ADD COLUMN … PRIMARY KEY")
    cursor.finish()
    _add_physical(session, table, added)
    table.columns, table.next_column = staged.columns, staged.next_column


def _add_physical(session: "EngineSession", table: Table, added: list[Column]) -> None:
    is_empty = session.connection.execute(f"SELECT 1 FROM {table.physical} LIMIT 1").fetchone() is None
    statements = []
    for column in added:
        if column.identity is not None and not is_empty:
            raise compilation("002108", "22023", f"cannot add identity column '{column.name}' to a table with rows")
        if not column.nullable and column.default_sql is None and not is_empty:
            raise compilation("001432", "42601", f"Non-nullable column '{column.name}' cannot be added to non-empty table '{table.name}' unless it has a non-null default value.")
        statements.append(f"ALTER TABLE {table.physical} ADD COLUMN {column.physical} {storage(column.type)}")
        if column.default_sql is not None:
            value = session.caster.cast(changes.default_value(session, table, column), column.type).sql
            statements.append(f"UPDATE {table.physical} SET {column.physical} = {value}")
        if column.identity is not None:
            start, step = column.identity
            statements.append(f"CREATE {'TEMP ' if table.is_temporary else ''}SEQUENCE {changes.sequence_name(table, column)} START {start} INCREMENT {step}")
    for statement in statements:  # DuckDB does not take two changes of one table in a transaction
        run_atomically(session.connection, [statement])


def _add_constraint(session: "EngineSession", cursor: TokenCursor, table: Table) -> None:
    scratch = Table(table.database, table.schema, table.name, [])
    create_table.read_table_constraint(cursor, scratch, _fold(session))
    if not scratch.primary_key:
        return
    if table.primary_key:
        raise compilation("001003", "42000", f"primary key already exists for table '{table.name}'")
    for name in scratch.primary_key:
        _set_not_null(session, table, _column(table, name))
    table.primary_key, table.primary_key_name = scratch.primary_key, scratch.primary_key_name


# --- ALTER / MODIFY COLUMN -----------------------------------------------------------------------------------------
def _alter_columns(session: "EngineSession", cursor: TokenCursor, table: Table) -> None:
    parenthesised = cursor.accept("(")
    cursor.accept("COLUMN")
    name = read_name(cursor, _fold(session))
    while True:
        _alter_column(session, cursor, table, _column(table, name))
        if not cursor.accept(","):
            break
        cursor.accept("COLUMN")
        name = read_name(cursor, _fold(session))
    if parenthesised:
        cursor.expect(")")


def _alter_column(session: "EngineSession", cursor: TokenCursor, table: Table, column: Column) -> None:
    if cursor.accept("SET", "NOT", "NULL") or cursor.accept("NOT", "NULL"):
        _set_not_null(session, table, column)
    elif cursor.accept("DROP", "NOT", "NULL"):
        # Also of a primary key's columns: PipelineWise's target relies on it.
        column.nullable = True
    elif cursor.accept("SET", "DATA", "TYPE") or cursor.accept("TYPE"):
        _change_type(session, table, column, read_type(cursor, session.parameter("TIMESTAMP_TYPE_MAPPING")))
    elif cursor.accept("DROP", "DEFAULT"):
        column.default_sql = None
    elif cursor.accept("COMMENT"):
        cursor.accept("=")
        column.comment = cursor.string()
    elif cursor.accept("UNSET", "COMMENT"):
        column.comment = None
    elif cursor.peek("SET", "DEFAULT"):
        raise compilation("001014", "42601", f"Cannot change default of column '{column.name}': only sequences can be set")
    else:
        _change_type(session, table, column, read_type(cursor, session.parameter("TIMESTAMP_TYPE_MAPPING")))


def _set_not_null(session: "EngineSession", table: Table, column: Column) -> None:
    found = session.connection.execute(f"SELECT 1 FROM {table.physical} WHERE {column.physical} IS NULL LIMIT 1").fetchone()
    if found is not None:
        raise SnowflakeError("100072", "22000", f"NULL result in a non-nullable column: '{column.name}' has NULL values")
    column.nullable = False


def _change_type(session: "EngineSession", table: Table, column: Column, wanted: SnowType) -> None:
    old = column.type
    if table.iceberg is not None:
        iceberg.check_change(old)
    refusal = compilation("002108", "22023", f"cannot change column {column.name} from type {show(old)} to {show(wanted)}")
    if old.kind != wanted.kind:
        raise refusal
    if old.kind == "fixed":
        if wanted.scale != old.scale:
            raise refusal
        if wanted.precision < old.precision:
            _check_precision(session, table, column, wanted)
    elif old.kind in ("text", "binary"):
        if wanted.length < old.length:
            raise compilation("002108", "22023", f"cannot change column {column.name} from type {show(old)} to {show(wanted)} because reducing the byte-length of a varchar is not supported.")
    elif old != wanted:
        raise refusal
    column.type = wanted


def _check_precision(session: "EngineSession", table: Table, column: Column, wanted: SnowType) -> None:
    limit = 10 ** (wanted.precision - wanted.scale)
    found = session.connection.execute(f"SELECT 1 FROM {table.physical} WHERE abs({column.physical}) >= {limit} LIMIT 1").fetchone()
    if found is not None:
        raise compilation("002108", "22023", f"cannot change column {column.name} to {show(wanted)}: a value does not fit")


# --- DROP, RENAME, SWAP --------------------------------------------------------------------------------------------
def _drop(session: "EngineSession", cursor: TokenCursor, table: Table) -> None:
    if cursor.accept("PRIMARY", "KEY"):
        table.primary_key, table.primary_key_name = [], None
        return
    if cursor.accept("CONSTRAINT"):
        name = read_name(cursor, _fold(session))
        if name != table.primary_key_name:
            raise compilation("002003", "02000", f"Constraint '{name}' does not exist or not authorized.")
        table.primary_key, table.primary_key_name = [], None
        return
    if cursor.accept("CLUSTERING", "KEY"):
        table.cluster_by = ""
        return
    cursor.accept("COLUMN")
    if_exists = cursor.accept("IF", "EXISTS")
    names = [read_name(cursor, _fold(session))]
    while cursor.accept(","):
        cursor.accept("COLUMN")
        names.append(read_name(cursor, _fold(session)))
    cursor.finish()
    doomed = [_column(table, name) for name in names if not (if_exists and table.column(name) is None)]
    if any(column.name in table.primary_key for column in doomed):
        raise compilation("001003", "42000", "cannot drop a column of the primary key")
    if len(doomed) >= len(table.columns):
        raise compilation("002108", "42601", "cannot drop all columns of a table")
    table.columns = [column for column in table.columns if column not in doomed]
    session.engine.save()
    for column in doomed:
        run_atomically(session.connection, [f"ALTER TABLE {table.physical} DROP COLUMN {column.physical}"])


def _rename_column(session: "EngineSession", cursor: TokenCursor, table: Table) -> None:
    column = _column(table, read_name(cursor, _fold(session)))
    cursor.expect("TO")
    new_name = read_name(cursor, _fold(session))
    if table.column(new_name) is not None:
        raise compilation("001430", "42601", f"column '{new_name}' already exists")
    table.primary_key = [new_name if name == column.name else name for name in table.primary_key]
    column.name = new_name


def _rename(session: "EngineSession", cursor: TokenCursor, table: Table) -> None:
    target = session.catalog.complete(session, read_parts(cursor, _fold(session)))
    cursor.finish()
    new_schema = session.catalog.schema(target[0], target[1])
    taken = target in session.temporary_tables if table.is_temporary else target[2] in new_schema.tables
    if taken:
        raise existing_object(target[2])
    if table.is_temporary:
        del session.temporary_tables[(table.database, table.schema, table.name)]
        session.temporary_tables[target] = table
    else:
        del session.catalog.schema(table.database, table.schema).tables[table.name]
        new_schema.tables[target[2]] = table
    table.database, table.schema, table.name = target


def _swap(session: "EngineSession", cursor: TokenCursor, table: Table) -> None:
    other = session.catalog.table(session, read_parts(cursor, _fold(session)))
    cursor.finish()
    if table.iceberg is not None or other.iceberg is not None:
        raise unsupported("SWAP WITH of an Iceberg table")
    if table.is_temporary != other.is_temporary:
        raise compilation("001003", "42000", "cannot swap a temporary table with a permanent one")
    places = [(t.database, t.schema, t.name) for t in (table, other)]
    for item, place in ((table, places[1]), (other, places[0])):
        item.database, item.schema, item.name = place
        if item.is_temporary:
            session.temporary_tables[place] = item
        else:
            session.catalog.schema(place[0], place[1]).tables[place[2]] = item


# --- properties ----------------------------------------------------------------------------------------------------
def _set(session: "EngineSession", cursor: TokenCursor, table: Table) -> None:
    options = ddl.read_properties(cursor, {
        "COMMENT": "text", "DATA_RETENTION_TIME_IN_DAYS": "number", "MAX_DATA_EXTENSION_TIME_IN_DAYS": "number",
        "CHANGE_TRACKING": "text", "DEFAULT_DDL_COLLATION": "text", "ENABLE_SCHEMA_EVOLUTION": "text",
    })
    table.comment = options.get("COMMENT", table.comment)
    table.retention_days = int(options.get("DATA_RETENTION_TIME_IN_DAYS", table.retention_days))
    if "CHANGE_TRACKING" in options:
        table.change_tracking = options["CHANGE_TRACKING"].upper() == "TRUE"


def _unset(session: "EngineSession", cursor: TokenCursor, table: Table) -> None:
    if cursor.accept("COMMENT"):
        table.comment = None
    elif cursor.accept("DATA_RETENTION_TIME_IN_DAYS"):
        table.retention_days = 1
    else:
        raise cursor.refuse()


def _cluster(session: "EngineSession", cursor: TokenCursor, table: Table) -> None:
    table.cluster_by = "LINEAR" + create_table.parenthesised(cursor)


_ACTIONS = [
    (("ADD",), _add), (("ALTER",), _alter_columns), (("MODIFY",), _alter_columns), (("DROP",), _drop),
    (("RENAME", "COLUMN"), _rename_column), (("RENAME", "TO"), _rename), (("SWAP", "WITH"), _swap),
    (("SET",), _set), (("UNSET",), _unset), (("CLUSTER", "BY"), _cluster),
]
