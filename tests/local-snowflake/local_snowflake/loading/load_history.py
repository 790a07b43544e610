"""Which files a table has loaded: known for good when the transaction commits, until then to its own session only."""

from __future__ import annotations

from ..engine import EngineSession
from ..storage.catalog import Catalog


class LoadHistory:
    """The catalog's load history, and the loads of transactions that are still open, by session."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._pending: dict[str, dict[str, dict[str, str]]] = {}

    def known(self, session: EngineSession, identity: str) -> dict[str, str]:
        """File to ETag of what the table has loaded, as the session sees it."""
        known = self._catalog.loaded_etags(identity)
        known.update(self._pending.get(str(session.session_id), {}).get(identity, {}))
        return known

    def remember(self, session: EngineSession, identity: str, loaded: dict[str, str]) -> None:
        """Adds what the current transaction has loaded."""
        if not loaded:
            return
        key = str(session.session_id)
        first = key not in self._pending
        self._pending.setdefault(key, {}).setdefault(identity, {}).update(loaded)
        if first:
            session.on_commit(lambda: self._commit(key))
            session.on_rollback(lambda: self._pending.pop(key, None))

    def _commit(self, key: str) -> None:
        for identity, loaded in self._pending.pop(key, {}).items():
            self._catalog.remember_loads(identity, loaded)
