"""Sessions of the protocol: tokens and their life, renewal, the statements each session ran."""

from __future__ import annotations

import secrets
import threading
import time
import weakref
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ..engine import EngineSession

if TYPE_CHECKING:
    from .executions import Execution

REMEMBERED_REQUESTS = 500
"""How many statements per session are kept for requests that come again with the same id."""


class TokenRefused(Exception):
    """A token that cannot be used, with Snowflake's number and text."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code, self.message = code, message


@dataclass
class Session:
    """A logged-in session. Times are epoch seconds."""

    identity: int
    user: str
    engine_session: EngineSession
    smk_id_as_string: bool
    client_parameters: dict
    token: str
    token_expires: float
    master_token: str
    master_expires: float
    statement_lock: threading.Lock = field(default_factory=threading.Lock)
    requests: OrderedDict[str, Execution] = field(default_factory=OrderedDict)
    closed: bool = False
    last_activity: float = field(default_factory=time.time)
    connections: weakref.WeakSet = field(default_factory=weakref.WeakSet)

    def has_connection(self) -> bool:
        """Is a connection open over which this session sent a request?"""
        return any(not connection.is_closing() for connection in list(self.connections))


class Sessions:
    """All sessions of the server, by token."""

    def __init__(self, token_seconds: float, master_seconds: float) -> None:
        self.token_seconds = token_seconds
        self.master_seconds = master_seconds
        self._lock = threading.Lock()
        self._by_token: dict[str, Session] = {}
        self._by_master: dict[str, Session] = {}
        self._renewed: dict[str, Session] = {}
        self._gone: set[str] = set()

    def open(
        self, user: str, engine_session: EngineSession, smk_id_as_string: bool, client_parameters: dict
    ) -> Session:
        """Registers a session that the engine has opened."""
        now, identity = time.time(), int(engine_session.session_id)
        session = Session(
            identity, user, engine_session, smk_id_as_string, client_parameters,
            _token(identity), now + self.token_seconds, _token(identity), now + self.master_seconds,
        )  # fmt: skip
        with self._lock:
            self._by_token[session.token] = session
            self._by_master[session.master_token] = session
        return session

    def find(self, token: str | None) -> Session:
        """The session of a session token, which must be in force."""
        with self._lock:
            session = self._by_token.get(token or "")
            if session is None:
                if token in self._renewed:
                    raise TokenRefused("390112", "Your session has expired. Please login again.")
                if token in self._gone:
                    raise TokenRefused("390111", "Session no longer exists.  New login required to access the service.")
                raise TokenRefused(
                    "390104", "Authentication token has not been found. The user must authenticate again."
                )
            now = time.time()
            if now >= session.token_expires:
                raise TokenRefused("390112", "Your session has expired. Please login again.")
            session.master_expires = max(session.master_expires, now + self.master_seconds)
            return session

    def renew(self, master_token: str | None, old_token: str | None) -> Session:
        """Gives the session of a master token fresh tokens; the old ones are over."""
        with self._lock:
            session = self._by_master.get(master_token or "")
            if session is None:
                if master_token in self._gone:
                    raise TokenRefused("390111", "Session no longer exists.  New login required to access the service.")
                raise TokenRefused("390115", "Master token is invalid. Please login again.")
            now = time.time()
            if now >= session.master_expires:
                raise TokenRefused("390114", "Authentication token has expired.  The user must authenticate again.")
            known = self._by_token.get(old_token or "") or self._renewed.get(old_token or "")
            if known is not session:
                raise TokenRefused(
                    "390104", "Authentication token has not been found. The user must authenticate again."
                )
            del self._by_token[session.token], self._by_master[session.master_token]
            self._renewed[session.token] = session
            session.token, session.master_token = _token(session.identity), _token(session.identity)
            session.token_expires, session.master_expires = now + self.token_seconds, now + self.master_seconds
            self._by_token[session.token], self._by_master[session.master_token] = session, session
            return session

    def expire_token(self, token: str | None) -> None:
        """Ends a session token now, for a fault rule."""
        with self._lock:
            session = self._by_token.get(token or "")
            if session:
                session.token_expires = 0

    def expire_master(self, token: str | None) -> None:
        """Ends the master token of a session that shows its session or its master token, for a fault rule."""
        with self._lock:
            session = self._by_token.get(token or "") or self._by_master.get(token or "")
            if session:
                session.token_expires = session.master_expires = 0

    def lose_warehouse(self, token: str | None, how: str) -> None:
        """Takes a session's warehouse away: `none`, or `suspended` until the session resumes or chooses one."""
        with self._lock:
            session = self._by_token.get(token or "")
        if session and how == "none":
            session.engine_session.warehouse = None
        elif session:
            session.engine_session.warehouse_is_held = True

    def forget(self, session: Session) -> None:
        """Removes a closed session."""
        with self._lock:
            session.closed = True
            self._by_token.pop(session.token, None)
            self._by_master.pop(session.master_token, None)
            self._gone.update((session.token, session.master_token))
            for token in [token for token, other in self._renewed.items() if other is session]:
                del self._renewed[token]
                self._gone.add(token)

    def all(self) -> list[Session]:
        """The open sessions."""
        with self._lock:
            return list(self._by_token.values())


def _token(identity: int) -> str:
    return f"ver:3-hint:{identity}-{secrets.token_urlsafe(48)}"
