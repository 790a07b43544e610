"""One statement being executed: its thread, its outcome, its cancellation. Knows no HTTP."""

from __future__ import annotations

import threading
import time
import traceback
import uuid
from concurrent.futures import Future
from dataclasses import dataclass, field

from ..engine import Result, SnowflakeError
from .preparing import described_change, expand_arrays, is_query
from .sessions import Session
from .spare_threads import SpareThreads

LONGEST_SQL_BYTES = 1_048_576
"""Snowflake's limit of the text of one statement."""

_current = threading.local()
_THREADS = SpareThreads("statement")


@dataclass
class Statement:
    """What a query-request asks for."""

    sql_text: str
    bindings: dict | None = None
    parameters: dict | None = None
    describe_only: bool = False
    asynchronous: bool = False


@dataclass
class Outcome:
    """The end of a statement: a result or an error. Never both."""

    result: Result | None = None
    error: SnowflakeError | None = None
    file_transfer: dict | None = None


@dataclass
class Execution:
    """A statement with its query id; `future` ends with an Outcome and never with an exception."""

    session: Session
    request_id: str
    statement: Statement
    port: int | None = None
    query_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    future: Future = field(default_factory=Future)
    started: float = field(default_factory=time.time)
    ended: float | None = None
    cancelled: threading.Event = field(default_factory=threading.Event)
    running: bool = False
    cancel_error: SnowflakeError | None = None
    file_transfer: dict | None = None
    reply_cache: dict | None = None

    def start(self) -> None:
        """Begins the execution in a thread that nothing else uses meanwhile."""
        _THREADS.run(self._run)

    def run_if_free(self) -> bool:
        """Executes it in this thread, unless the session is busy; for statements that never wait."""
        if self.session.statement_lock.locked():
            return False
        self._run()
        return True

    def _run(self) -> None:
        _current.execution = self
        timer = None
        try:
            with self.session.statement_lock:
                if self.cancelled.is_set():
                    raise self._cancel_reason()
                timer = self._timeout_timer()
                self.running = True
                try:
                    outcome = self._execute()
                finally:
                    self.running = False
        except SnowflakeError as error:
            outcome = Outcome(error=self._cancel_reason() if self.cancelled.is_set() else error)
        except Exception as problem:
            traceback.print_exc()
            outcome = Outcome(error=SnowflakeError("000603", "XX000", f"SQL execution internal error: {problem!r}"))
        finally:
            if timer:
                timer.cancel()
        self.ended = self.session.last_activity = time.time()
        self.future.set_result(outcome)

    def _execute(self) -> Outcome:
        statement, engine_session = self.statement, self.session.engine_session
        if len(statement.sql_text.encode("utf-8", "surrogatepass")) > LONGEST_SQL_BYTES:
            raise SnowflakeError(
                "000089", "54000", f"SQL compilation error:\nthe statement is longer than {LONGEST_SQL_BYTES} bytes"
            )
        if str((statement.parameters or {}).get("MULTI_STATEMENT_COUNT", "1")) != "1":
            raise SnowflakeError("000002", "0A000", "Unsupported feature 'several statements in one request'.")
        if statement.describe_only and not is_query(statement.sql_text):
            return Outcome(result=described_change(statement.sql_text))
        sql_text, bindings = expand_arrays(statement.sql_text, statement.bindings)
        result = engine_session.execute(sql_text, bindings, statement.parameters, query_id=self.query_id)
        return Outcome(result=result, file_transfer=self.file_transfer)

    def _timeout_timer(self) -> threading.Timer | None:
        limit = (self.statement.parameters or {}).get("STATEMENT_TIMEOUT_IN_SECONDS")
        if limit is None:
            limit = self.session.engine_session.parameter("STATEMENT_TIMEOUT_IN_SECONDS")
        try:
            seconds = float(limit or 0)
        except (TypeError, ValueError):
            return None
        if not 0 < seconds < 100_000:
            return None
        reason = SnowflakeError(
            "000630",
            "57014",
            f"Statement reached its statement or warehouse timeout of {int(seconds)} second(s) and was canceled.",
        )
        timer = threading.Timer(seconds, self.cancel, (reason,))
        timer.daemon = True
        timer.start()
        return timer

    def cancel(self, reason: SnowflakeError | None = None) -> bool:
        """Interrupts the statement; False when it is over already."""
        if self.future.done():
            return False
        self.cancel_error = reason
        self.cancelled.set()
        if self.running:
            self.session.engine_session.interrupt()
        return True

    def _cancel_reason(self) -> SnowflakeError:
        return self.cancel_error or SnowflakeError("000604", "57014", "SQL execution canceled")

    def status(self) -> str:
        """The word the monitoring endpoint uses."""
        if not self.future.done():
            return "RUNNING" if self.running else "QUEUED"
        return "SUCCESS" if self.future.result().error is None else "FAILED_WITH_ERROR"


def current_execution() -> Execution | None:
    """The execution whose thread this is, for statement handlers."""
    return getattr(_current, "execution", None)


def stop_if_cancelled() -> None:
    """Ends the statement of this thread with 000604 when it was cancelled; for work outside the SQL engine."""
    execution = current_execution()
    if execution is not None and execution.cancelled.is_set():
        raise SnowflakeError("000604", "57014", "SQL execution canceled")


def wait_or_cancelled(seconds: float) -> None:
    """Sleeps inside a statement; ends with 000604 when the statement is cancelled."""
    execution = current_execution()
    if execution is None:
        time.sleep(seconds)
    elif execution.cancelled.wait(seconds):
        raise SnowflakeError("000604", "57014", "SQL execution canceled")
