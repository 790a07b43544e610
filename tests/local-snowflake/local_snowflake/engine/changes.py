"""Writing rows: inserting with casts, defaults and NOT NULL checks, and replacing rows found by row id.

UPDATE, DELETE and MERGE first stage what changes in a DuckDB temporary table `staged`, then apply it here.
"""

from __future__ import annotations

import itertools
from contextlib import contextmanager
from typing import TYPE_CHECKING, Iterator

from . import warehouses
from .cast_sql import Expression, failure
from .catalog import Column, Table
from .errors import compilation
from .query.parsing import parse_expression
from .query.scope import Scope
from .types import NULL, storage

if TYPE_CHECKING:
    from .session import EngineSession

_OWNERS = itertools.count(-1, -1)


@contextmanager
def writing(session: "EngineSession", table: Table, exclusive: bool, metadata_only: bool = False) -> Iterator[int]:
    """The mark that new rows get: the open transaction's number, or 0 when the statement commits itself.

    Needs a warehouse, unless only metadata changes.
    """
    if table.view_sql is not None:
        raise compilation("002029", "42601", f"View '{table.name}' is not updatable.")
    if not metadata_only:
        warehouses.require(session)
    if session.transaction is None and session.parameter("AUTOCOMMIT") == "false":
        session.begin()
    transaction = session.transaction
    if transaction is not None:
        if exclusive:
            session.lock_table(table)
        yield transaction.number
        transaction.touched[table.identity] = table
        return
    owner = next(_OWNERS)
    try:
        if exclusive:
            timeout = float(session.parameter("LOCK_TIMEOUT"))
            session.engine.locks.acquire(table.identity, owner, timeout, session._interrupted.is_set)
        yield 0
    finally:
        session.engine.locks.release(owner)


def required(column: Column, sql: str) -> str:
    """The value of a column, 100072 when it is NULL and must not be."""
    if column.nullable:
        return sql
    error = failure("100072", "22000", "'NULL result in a non-nullable column'")
    return f"(CASE WHEN {sql} IS NULL THEN CAST({error} AS {storage(column.type)}) ELSE {sql} END)"


def default_value(session: "EngineSession", table: Table, column: Column) -> Expression:
    """What a column gets when an INSERT does not name it."""
    if column.identity is not None:
        return Expression(f"CAST(nextval('{sequence_name(table, column)}') AS {storage(column.type)})", column.type, False)
    if column.default_sql is None:
        return Expression("NULL", NULL)
    from .query.expressions import ExpressionBinder
    from .query.select import QueryBinder

    tree, strings = parse_expression(column.default_sql)
    return ExpressionBinder(QueryBinder(session, strings), Scope()).bind(tree)


def sequence_name(table: Table, column: Column) -> str:
    """The DuckDB sequence behind an AUTOINCREMENT column."""
    return f"{table.physical}_{column.physical}"


def insert_rows(session: "EngineSession", table: Table, values: dict[str, Expression], source_sql: str, mark: int) -> int:
    """`INSERT INTO table SELECT values FROM source`; values are cast to their columns. Gives the number of rows."""
    shown, names = [], []
    for column in table.columns:
        value = values.get(column.name) or default_value(session, table, column)
        shown.append(required(column, session.caster.cast(value, column.type).sql))
        names.append(column.physical)
    found = session.connection.execute(
        f"INSERT INTO {table.physical} ({', '.join(names)}, _s) SELECT {', '.join(shown)}, {mark} FROM {source_sql}"
    ).fetchone()
    return int(found[0]) if found else 0


def remove_staged(session: "EngineSession", table: Table, mark: int, row_ids: str) -> None:
    """Deletes the rows whose row ids the query gives: at once, or marked for the open transaction."""
    if mark == 0:
        session.connection.execute(f"DELETE FROM {table.physical} WHERE rowid IN ({row_ids})")
        return
    session.connection.execute(f"DELETE FROM {table.physical} WHERE _s = {mark} AND rowid IN ({row_ids})")
    session.connection.execute(f"UPDATE {table.physical} SET _s = -{mark} WHERE _s = 0 AND rowid IN ({row_ids})")


def insert_staged(session: "EngineSession", table: Table, mark: int, query: str) -> None:
    """Appends rows that already are in storage form, in the order of the table's columns."""
    names = ", ".join(column.physical for column in table.columns)
    session.connection.execute(f"INSERT INTO {table.physical} ({names}, _s) SELECT *, {mark} FROM ({query})")


def target_columns(table: Table, names: list[str]) -> list[Column]:
    """The columns of a column list; 000904 for unknown, 001110 for repeated ones."""
    found = []
    for name in names:
        column = table.column(name)
        if column is None:
            raise compilation("000904", "42000", f"error line 1 at position 0\ninvalid identifier '{name}'")
        if column in found:
            raise compilation("002025", "42S21", f"duplicate column name '{name}'")
        found.append(column)
    return found
