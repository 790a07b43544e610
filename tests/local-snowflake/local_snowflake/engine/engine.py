"""One local Snowflake account: the DuckDB database, the catalog, locks, sessions and pluggable statements."""

from __future__ import annotations

import itertools
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Callable

import duckdb

from .catalog import Catalog, Table
from .function_library import LIBRARY
from .functions_in_python import register
from .result import Result
from .transaction_log import TransactionLog, abort, is_abort
from .transactions import TableLocks, run_atomically

if TYPE_CHECKING:
    from .session import EngineSession

Handler = Callable[["EngineSession", str], Result]


class Engine:
    """The account. `data_directory` None keeps everything in memory."""

    def __init__(self, data_directory: Path | str | None = None) -> None:
        sys.setrecursionlimit(max(sys.getrecursionlimit(), 20_000))  # long chains of operators are deep trees
        self.data_directory = Path(data_directory) if data_directory is not None else None
        if self.data_directory is not None:
            self.data_directory.mkdir(parents=True, exist_ok=True)
        path = ":memory:" if self.data_directory is None else str(self.data_directory / "tables.duckdb")
        self.connection = duckdb.connect(path)
        register(self.connection, LIBRARY)
        self.catalog = Catalog()
        self.catalog_lock = threading.RLock()
        self.locks = TableLocks()
        self.handlers: list[tuple[Callable[[str], bool], Handler, bool]] = []
        self.sessions: set["EngineSession"] = set()
        self.transaction_log = TransactionLog()
        self.register_statement_handler(is_abort, abort)
        self._listeners: list[Callable[[str, str], None]] = []
        self._session_numbers = itertools.count(1)
        self._maintenance = self.connection.cursor()
        self._start()

    def _start(self) -> None:
        self._maintenance.execute("CREATE TABLE IF NOT EXISTS sf_catalog (body VARCHAR)")
        row = self._maintenance.execute("SELECT body FROM sf_catalog").fetchone()
        if row is None:
            self.catalog.fill_defaults()
            self.save()
            return
        self.catalog.load(row[0])
        tables = {t.physical: t for t in self.permanent_tables() if t.view_sql is None}
        for (name,) in self._maintenance.execute("SELECT table_name FROM duckdb_tables() WHERE table_name <> 'sf_catalog'").fetchall():
            if name not in tables:
                self._maintenance.execute(f"DROP TABLE {name}")
            else:
                run_atomically(self._maintenance, [f"DELETE FROM {name} WHERE _s > 0", f"UPDATE {name} SET _s = 0 WHERE _s < 0"])

    def permanent_tables(self) -> list[Table]:
        """Every table of every schema."""
        return [t for d in self.catalog.databases.values() for s in d.schemas.values() for t in s.tables.values()]

    def save(self) -> None:
        """Writes the catalog into the DuckDB file, if there is one."""
        if self.data_directory is None:
            return
        with self.catalog_lock:
            body = self.catalog.dump().replace("'", "''")
            run_atomically(self._maintenance, ["DELETE FROM sf_catalog", f"INSERT INTO sf_catalog VALUES ('{body}')"])

    def open_session(
        self,
        user: str,
        role: str | None = None,
        database: str | None = None,
        schema: str | None = None,
        warehouse: str | None = None,
        parameters: dict[str, object] | None = None,
    ) -> "EngineSession":
        """A new session. Names that do not exist are left unset, as Snowflake does at login."""
        from .session import EngineSession

        session = EngineSession(self, str(next(self._session_numbers)), user, parameters or {})
        session.enter(role, database, schema, warehouse)
        self.sessions.add(session)
        return session

    def close(self) -> None:
        """Closes all sessions (open transactions roll back) and the database."""
        for session in list(self.sessions):
            session.close()
        self._maintenance.close()
        self.connection.close()

    def register_statement_handler(self, matches: Callable[[str], bool], handler: Handler, commits: bool = False) -> None:
        """Lets another part run the statements that `matches` accepts; asked before the engine's own parser.

        The text comes without leading comments and trailing `;`. With `commits` an open transaction is committed first;
        otherwise the handler runs inside it, or in one of its own that ends with the handler.
        """
        self.handlers.append((matches, handler, commits))

    def add_listener(self, callback: Callable[[str, str], None]) -> None:
        """Calls back with ("table_dropped" | "table_truncated" | "schema_dropped", identity)."""
        self._listeners.append(callback)

    def announce(self, event: str, identity: str) -> None:
        """Tells all listeners."""
        for callback in self._listeners:
            callback(event, identity)
