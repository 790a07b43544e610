"""One SQLite file used from several threads. Knows no tables of its own."""

from __future__ import annotations

import sqlite3
import threading
from pathlib import Path


class Database:
    """The file; `schema` makes the tables that are missing. `lock` is for work of several statements."""

    def __init__(self, file: Path, schema: str) -> None:
        self.lock = threading.RLock()
        self._connection = sqlite3.connect(file, check_same_thread=False, isolation_level=None)
        self._connection.execute("PRAGMA journal_mode=WAL")
        self._connection.execute("PRAGMA synchronous=OFF")
        self._connection.executescript(schema)

    def run(self, statement: str, *values) -> int:
        """Executes a change; how many rows it touched."""
        with self.lock:
            return self._connection.execute(statement, values).rowcount

    def rows(self, statement: str, *values) -> list[tuple]:
        """The rows of a query."""
        with self.lock:
            return self._connection.execute(statement, values).fetchall()

    def close(self) -> None:
        """Ends the use of the file."""
        with self.lock:
            self._connection.close()
