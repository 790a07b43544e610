"""What became of transactions: DESCRIBE TRANSACTION id, and SYSTEM$ABORT_TRANSACTION(id) to end one of the same user."""

from __future__ import annotations

import re
import threading
import time
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .errors import SnowflakeError
from .result import Result
from .show_rows import made
from .tokens import TokenCursor

if TYPE_CHECKING:
    from .session import EngineSession
    from .transactions import Transaction

REMEMBERED = 2000
"""How many transactions can be asked for."""

_ABORT = re.compile(r"SELECT\s+SYSTEM\$ABORT_TRANSACTION\s*\(\s*'?(\d+)'?\s*\)\s*$", re.I)


@dataclass
class Entry:
    """One transaction. Times are epoch nanoseconds."""

    session: "EngineSession"
    name: str | None
    started: int
    state: str = "running"
    ended: int | None = None


class TransactionLog:
    """Those that BEGIN opened."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._entries: OrderedDict[int, Entry] = OrderedDict()

    def began(self, session: "EngineSession", transaction: "Transaction") -> None:
        """One was opened."""
        with self._lock:
            self._entries[transaction.number] = Entry(session, transaction.name, time.time_ns())
            while len(self._entries) > REMEMBERED:
                self._entries.popitem(last=False)

    def ended(self, number: int, state: str) -> None:
        """One came to its end."""
        with self._lock:
            entry = self._entries.get(number)
            if entry is not None:
                entry.state, entry.ended = state, time.time_ns()

    def find(self, number: int) -> Entry:
        """One of them; refused when it is not known."""
        with self._lock:
            entry = self._entries.get(number)
        if entry is None:
            raise SnowflakeError("002003", "02000", f"SQL compilation error:\nTransaction '{number}' does not exist or not authorized.")
        return entry


def describe(session: "EngineSession", cursor: TokenCursor) -> Result:
    """The rest of DESCRIBE TRANSACTION id."""
    number = int(cursor.take("number").text)
    entry = session.engine.transaction_log.find(number)
    row = [number, entry.session.user, entry.session.identifier, entry.name, entry.started, entry.state, entry.ended]
    return made("#id,user,#session,name,@started_on,state,@ended_on", [row])


def is_abort(sql: str) -> bool:
    """Is it SELECT SYSTEM$ABORT_TRANSACTION(id)?"""
    return _ABORT.match(sql) is not None


def abort(session: "EngineSession", sql: str) -> Result:
    """Rolls another session's transaction back. Only its own user may."""
    number = int(_ABORT.match(sql)[1])
    entry = session.engine.transaction_log.find(number)
    if entry.session.user != session.user:
        raise SnowflakeError("003001", "42501", "SQL access control error:\nInsufficient privileges to operate on the transaction.")
    done = entry.session is not session and entry.session.abort_transaction(number)
    return made("SYSTEM$ABORT_TRANSACTION", [["Aborted transaction." if done else "The transaction is not running."]])
