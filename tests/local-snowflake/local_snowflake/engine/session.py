"""One session: current names, parameters, its transaction and temporary tables, and the way of a statement through."""

from __future__ import annotations

import logging
import re
import threading
import time
import uuid
from collections import OrderedDict
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Iterator

import duckdb

from . import parameters as session_parameters
from . import warehouses
from .bindings import replace_bindings
from .cast_sql import Caster
from .catalog import DEFAULT_WAREHOUSE, Catalog, Schema, Table
from .copy_support import CopySupport
from .errors import SnowflakeError
from .failures import translate
from .relations import RelationSupport
from .result import Result
from .statements import dispatch
from .transactions import Transaction, abandon, is_conflict

if TYPE_CHECKING:
    from .engine import Engine

_LOG = logging.getLogger(__name__)
_LEADING = re.compile(r"(?:\s+|--[^\n]*(?:\n|\Z)|//[^\n]*(?:\n|\Z)|/\*.*?\*/)+", re.DOTALL)


class EngineSession(RelationSupport, CopySupport):
    """A session of one user. Statements run one at a time; `interrupt` may come from another thread."""

    def __init__(self, engine: "Engine", identifier: str, user: str, parameters: dict[str, object]) -> None:
        self.engine = engine
        self.identifier = self.session_id = identifier
        self.user = user
        self.role: str | None = None
        self.database: str | None = None
        self.schema: str | None = None
        self.warehouse: str | None = None
        self.warehouse_is_held = False
        self.parameters: dict[str, str] = {}
        for name, value in parameters.items():
            if name.upper() in session_parameters.DEFAULTS:
                self.parameters[name.upper()] = session_parameters.checked(name, value)
        self.connection = engine.connection.cursor()
        self.caster = Caster(self)
        self.transaction: Transaction | None = None
        self.temporary_tables: dict[tuple[str, str, str], Table] = {}
        self.statement_time = time.time_ns()
        self.last_query_id: str | None = None
        self.finished: OrderedDict[str, Result] = OrderedDict()
        self.registered: list[str] = []
        self._statement_parameters: dict[str, str] = {}
        self._lock = threading.RLock()
        self._interrupted = threading.Event()
        self._scope: dict[str, Any] = {}
        self._closed = False

    # --- names and parameters --------------------------------------------------------------------------------------
    @property
    def catalog(self) -> Catalog:
        """The account's catalog."""
        return self.engine.catalog

    def enter(self, role: str | None, database: str | None, schema: str | None, warehouse: str | None) -> None:
        """Sets the current names at login; those that do not exist or may not be used stay unset."""
        self.role = role or "SYSADMIN"
        if database is not None and database in self.catalog.databases:
            self.database = database
            wanted = schema or "PUBLIC"
            self.schema = wanted if wanted in self.catalog.databases[database].schemas else None
        found = self.catalog.warehouses.get(DEFAULT_WAREHOUSE if warehouse is None else warehouse)
        if found is not None and warehouses.may(self, found, "USAGE"):
            self.warehouse = found.name

    def parameter(self, name: str) -> str:
        """A parameter's value as text: of the statement, the session, or the default."""
        name = name.upper()
        for level in (self._statement_parameters, self.parameters):
            if name in level:
                return level[name]
        return session_parameters.DEFAULTS[name][1]

    def values_set(self) -> dict[str, str]:
        """The parameters that the statement or the session has set, as text."""
        return {**self.parameters, **self._statement_parameters}

    def context_value(self, name: str) -> str | None:
        """CURRENT_…() and LAST_QUERY_ID()."""
        values = {
            "CURRENT_DATABASE": self.database, "CURRENT_SCHEMA": self.schema, "CURRENT_ROLE": self.role,
            "CURRENT_WAREHOUSE": self.warehouse, "CURRENT_USER": self.user, "CURRENT_SESSION": self.identifier,
            "CURRENT_VERSION": "9.38.0", "CURRENT_ACCOUNT": "LOCAL", "CURRENT_ACCOUNT_NAME": "LOCAL",
            "CURRENT_ORGANIZATION_NAME": "LOCAL", "CURRENT_REGION": "LOCAL", "CURRENT_CLIENT": "LOCAL",
            "LAST_QUERY_ID": self.last_query_id, "CURRENT_STATEMENT": None,
            "CURRENT_TRANSACTION": str(self.transaction.number) if self.transaction else None,
            "CURRENT_SCHEMAS": f'["{self.database}.{self.schema}"]' if self.schema else "[]",
        }
        return values[name]

    def resolve_table(self, parts: list[str]) -> Table:
        """The table of an unquoted, folded name of one to three parts; 002003 when there is none."""
        return self.catalog.table(self, parts)

    def resolve_schema(self, parts: list[str]) -> tuple[str, str, str]:
        """(database, schema, identity) of a name of zero to two parts."""
        found: Schema = self.catalog.resolve_schema(self, parts)
        return found.database, found.name, found.identity

    def require_warehouse(self) -> None:
        """000606 or 000608 unless the session has a warehouse that runs, or is resumed for it."""
        warehouses.require(self)

    def storage_scope(self) -> dict[str, Any]:
        """A dictionary that lives as long as the session (temporary stages)."""
        return self._scope

    # --- statements ------------------------------------------------------------------------------------------------
    def execute(
        self,
        sql_text: str,
        bindings: dict[str, dict[str, Any]] | None = None,
        statement_parameters: dict[str, object] | None = None,
        query_id: str | None = None,
    ) -> Result:
        """Runs one statement. Raises SnowflakeError; an open transaction then stays open."""
        with self._lock:
            self._interrupted.clear()
            self.statement_time = time.time_ns()
            self._statement_parameters = {
                name.upper(): session_parameters.checked(name, value)
                for name, value in (statement_parameters or {}).items()
                if name.upper() in session_parameters.DEFAULTS
            }
            query_id = query_id or str(uuid.uuid4())
            try:
                result = self._run(replace_bindings(sql_text, bindings))
                result.query_id = query_id
                self._remember(query_id, result)
                return result
            except duckdb.Error as error:
                raise translate(error) from error
            except RecursionError:
                raise SnowflakeError("001003", "42000", "SQL compilation error:\nthe statement is nested too deeply") from None
            except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
                _LOG.exception("a mistake of the engine in: %s", sql_text[:1000])
                raise SnowflakeError("000603", "XX000", f"SQL execution internal error: {type(error).__name__}") from error
            finally:
                self.last_query_id = query_id
                self._statement_parameters = {}
                self.forget_registered()

    def _remember(self, query_id: str, result: Result) -> None:
        if len(result.rows) > 10_000:
            return
        self.finished[query_id] = result
        while len(self.finished) > 20:
            self.finished.popitem(last=False)

    def _run(self, sql: str) -> Result:
        sql = _LEADING.sub("", sql, count=1) if _LEADING.match(sql) else sql
        plain = sql.rstrip()
        while plain.endswith(";"):
            plain = plain[:-1].rstrip()
        for matches, handler, commits in self.engine.handlers:
            if matches(plain):
                if commits:
                    self.commit()
                    return handler(self, plain)
                with self.working_transaction():
                    return handler(self, plain)
        return dispatch(self, plain)

    def interrupt(self) -> None:
        """Ends the running statement with 000604, from another thread."""
        self._interrupted.set()
        self.connection.interrupt()

    def close(self) -> None:
        """Rolls back, drops temporary tables, ends the session. Safe to call twice."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
            self.rollback()
            for table in self.temporary_tables.values():
                self.engine.announce("table_dropped", table.identity)
            self.temporary_tables.clear()
            self._scope.clear()
            self.connection.close()
            self.engine.sessions.discard(self)

    # --- transactions ----------------------------------------------------------------------------------------------
    def begin(self, name: str | None = None) -> None:
        """BEGIN; ignored inside a transaction."""
        if self.transaction is None:
            self.transaction = Transaction(implicit=False, name=name)
            self.engine.transaction_log.began(self, self.transaction)

    def commit(self) -> None:
        """COMMIT; nothing happens when no transaction is open."""
        self._end(commit=True)

    def rollback(self) -> None:
        """ROLLBACK; nothing happens when no transaction is open."""
        self._end(commit=False)

    def _end(self, commit: bool) -> None:
        transaction, self.transaction = self.transaction, None
        if transaction is None:
            return
        try:
            transaction.settle(self.connection, commit)
            self.engine.transaction_log.ended(transaction.number, "committed" if commit else "rolled back")
        finally:
            self.engine.locks.release(transaction.number)

    def abort_transaction(self, number: int) -> bool:
        """Rolls back from another session, ending what runs; False when that transaction is over."""
        while not self._lock.acquire(timeout=0.1):
            self.interrupt()
        try:
            if self.transaction is None or self.transaction.number != number:
                return False
            self.rollback()
            return True
        finally:
            self._lock.release()

    @contextmanager
    def working_transaction(self) -> Iterator[Transaction]:
        """The open transaction, or one that ends with the block (AUTOCOMMIT)."""
        if self.transaction is None and self.parameter("AUTOCOMMIT") == "false":
            self.begin()
        if self.transaction is not None:
            yield self.transaction
            return
        self.transaction = Transaction(implicit=True)
        try:
            yield self.transaction
        except BaseException:
            self.rollback()
            raise
        self.commit()

    def on_commit(self, callback: Any) -> None:
        """Calls back once when the current transaction commits; at once when none is open."""
        if self.transaction is None:
            callback()
        else:
            self.transaction.on_commit.append(callback)

    def on_rollback(self, callback: Any) -> None:
        """Calls back once when the current transaction rolls back."""
        if self.transaction is not None:
            self.transaction.on_rollback.append(callback)

    def visible(self, table: Table) -> str:
        """The condition on `_s` under which this session sees a row of the table now."""
        return self.transaction.visible(table) if self.transaction is not None else "_s <= 0"

    def lock_table(self, table: Table) -> None:
        """Takes the exclusive lock of a table for the open transaction; waits while another session has it."""
        assert self.transaction is not None
        timeout = float(self.parameter("LOCK_TIMEOUT"))
        self.engine.locks.acquire(table.identity, self.transaction.number, timeout, self._interrupted.is_set)

    @contextmanager
    def atomic(self) -> Iterator[None]:
        """Everything in the block is one DuckDB transaction; undone when it raises."""
        self.connection.execute("BEGIN")
        try:
            yield
            self.connection.execute("COMMIT")
        except BaseException:
            abandon(self.connection)
            raise

    def retried(self, body: Any) -> Any:
        """Runs a DuckDB transaction again when another connection got in the way."""
        for attempt in range(60):
            try:
                with self.atomic():
                    return body()
            except duckdb.Error as error:
                if attempt == 59 or not is_conflict(error):
                    raise
                time.sleep(0.02 * (attempt + 1))
        raise SnowflakeError("000625", "57014", "Statement could not get its turn.")
