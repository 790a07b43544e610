"""Snowflake's transactions over DuckDB: read committed, statement-level undo, table locks that wait.

Every row carries `_s`: 0 committed, N inserted by the open transaction N, -N deleted by it. Each statement is one DuckDB
transaction of its own, so a failed statement undoes only itself; COMMIT and ROLLBACK settle the marks in one step.
"""

from __future__ import annotations

import itertools
import threading
import time
from typing import TYPE_CHECKING, Callable

import duckdb

from .errors import SnowflakeError

if TYPE_CHECKING:
    from .catalog import Table

_NUMBERS = itertools.count(int(time.time() * 1000))


class TableLocks:
    """Exclusive locks by table identity for UPDATE, DELETE, MERGE and TRUNCATE. INSERT takes none."""

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._owners: dict[str, int] = {}
        self._waiting: dict[int, str] = {}

    def acquire(self, identity: str, owner: int, timeout_seconds: float, interrupted: Callable[[], bool]) -> None:
        """Waits for the lock; 000625 after the timeout or when waiting would never end."""
        deadline = time.monotonic() + timeout_seconds
        with self._condition:
            self._waiting[owner] = identity
            try:
                while self._owners.get(identity, owner) != owner:
                    if self._would_deadlock(owner):
                        raise SnowflakeError("000625", "57014", "Statement aborted because the transaction lock wait would never end (deadlock).")
                    if interrupted():
                        raise SnowflakeError("000604", "57014", "SQL execution canceled")
                    left = deadline - time.monotonic()
                    if left <= 0:
                        raise SnowflakeError("000625", "57014", "Statement has locked a resource too long: LOCK_TIMEOUT exceeded.")
                    self._condition.wait(min(left, 0.25))
                self._owners[identity] = owner
            finally:
                self._waiting.pop(owner, None)

    def _would_deadlock(self, start: int) -> bool:
        owner: int | None = start
        for _ in range(len(self._waiting) + 1):
            owner = self._owners.get(self._waiting.get(owner or 0, ""))
            if owner == start:
                return True
            if owner is None:
                return False
        return False

    def blockers(self) -> set[int]:
        """The transactions for whose locks others wait now."""
        with self._condition:
            return {self._owners[identity] for identity in self._waiting.values() if identity in self._owners}

    def release(self, owner: int) -> None:
        """Gives back everything this transaction holds."""
        with self._condition:
            for identity in [key for key, value in self._owners.items() if value == owner]:
                del self._owners[identity]
            self._condition.notify_all()


class Transaction:
    """An open transaction, explicit or one statement long. Not thread-safe: its session is."""

    def __init__(self, implicit: bool, name: str | None = None) -> None:
        self.number = next(_NUMBERS)
        self.implicit = implicit
        self.name = name
        self.touched: dict[str, "Table"] = {}
        self.on_commit: list[Callable[[], None]] = []
        self.on_rollback: list[Callable[[], None]] = []

    def visible(self, table: "Table") -> str:
        """The condition on `_s` under which this transaction sees a row."""
        if table.identity not in self.touched:
            return "_s <= 0"
        return f"(_s = {self.number} OR (_s <= 0 AND _s <> -{self.number}))"

    def settle(self, connection: duckdb.DuckDBPyConnection, commit: bool) -> None:
        """Makes the marks of all touched tables final, in one DuckDB transaction."""
        if self.touched:
            gone, kept = (-self.number, self.number) if commit else (self.number, -self.number)
            there = {name for (name,) in connection.execute("SELECT table_name FROM duckdb_tables()").fetchall()}
            run_atomically(connection, [
                statement
                for table in self.touched.values()
                if table.physical in there  # another session may have dropped it
                for statement in (
                    f"DELETE FROM {table.physical} WHERE _s = {gone}",
                    f"UPDATE {table.physical} SET _s = 0 WHERE _s = {kept}",
                )
            ])
        callbacks = self.on_commit if commit else self.on_rollback
        for callback in callbacks:
            callback()
        self.touched.clear()


def run_atomically(connection: duckdb.DuckDBPyConnection, statements: list[str]) -> None:
    """Runs statements as one DuckDB transaction; repeats when another connection got in the way."""
    for attempt in range(60):
        try:
            connection.execute("BEGIN")
            for statement in statements:
                connection.execute(statement)
            connection.execute("COMMIT")
            return
        except duckdb.Error as error:
            abandon(connection)
            if attempt == 59 or not is_conflict(error):
                raise
            time.sleep(0.02 * (attempt + 1))


def abandon(connection: duckdb.DuckDBPyConnection) -> None:
    """Rolls DuckDB back when it is inside a transaction."""
    try:
        connection.execute("ROLLBACK")
    except duckdb.Error:
        pass


def is_conflict(error: duckdb.Error) -> bool:
    """True for DuckDB's optimistic conflicts, which a repeat resolves."""
    text = str(error)
    # The last: "… the underlying table state was reverted by a concurrent transaction".
    signs = ("onflict", "another transaction", "concurrent transaction")
    return any(sign in text for sign in signs) and not isinstance(error, duckdb.ConstraintException)
