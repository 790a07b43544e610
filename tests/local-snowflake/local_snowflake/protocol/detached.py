"""Rolls back transactions that nobody will end: idle, in the way of another, and their client gone or silent too long.

Snowflake does so after five minutes of idling. A client whose connections are all closed (its process was killed) gets
only a few seconds here, so that a test need not wait five minutes.
"""

from __future__ import annotations

import threading
import time

from ..engine import Engine
from .sessions import Session, Sessions

LOOK_EVERY_SECONDS = 0.5


class DetachedTransactions:
    """A thread that looks for them. `idle_seconds` holds for a living client, `gone_seconds` for a vanished one."""

    def __init__(self, engine: Engine, sessions: Sessions, idle_seconds: float, gone_seconds: float) -> None:
        self._engine, self._sessions = engine, sessions
        self._idle_seconds, self._gone_seconds = idle_seconds, gone_seconds
        self._stopped = threading.Event()
        threading.Thread(target=self._run, name="detached transactions", daemon=True).start()

    def stop(self) -> None:
        """Ends the thread."""
        self._stopped.set()

    def _run(self) -> None:
        while not self._stopped.wait(LOOK_EVERY_SECONDS):
            blockers = self._engine.locks.blockers()
            for session in self._sessions.all() if blockers else ():
                transaction = session.engine_session.transaction
                if transaction is not None and transaction.number in blockers and self._is_due(session):
                    self._roll_back(session, transaction.number)

    def _is_due(self, session: Session) -> bool:
        limit = self._idle_seconds if session.has_connection() else self._gone_seconds
        return time.time() - session.last_activity >= limit

    def _roll_back(self, session: Session, number: int) -> None:
        if not session.statement_lock.acquire(blocking=False):
            return
        try:
            transaction = session.engine_session.transaction
            if transaction is not None and transaction.number == number:
                session.engine_session.rollback()
        finally:
            session.statement_lock.release()
