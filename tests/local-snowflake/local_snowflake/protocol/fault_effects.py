"""What fault rules end for real: tokens, storage credentials, the URL of a chunk, a session's warehouse."""

from __future__ import annotations

import re
from urllib.parse import unquote

from ..storage.credentials import CredentialIssuer
from .chunks import PATH as CHUNK_PATH
from .chunks import Chunks
from .sessions import Sessions


class FaultEffects:
    """Applies the members of a rule that concern the request's session or what it fetches."""

    def __init__(self, sessions: Sessions, issuer: CredentialIssuer, chunks: Chunks) -> None:
        self._sessions, self._issuer, self._chunks = sessions, issuer, chunks

    def apply(self, rule: dict, scope) -> None:
        """Before the server sees the request."""
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        authorization = headers.get("authorization", "")
        match = re.search(r'Token="([^"]*)"', authorization)
        token = match[1] if match else None
        if rule.get("expire_master"):
            self._sessions.expire_master(token)
        if rule.get("expire_session"):
            self._sessions.expire_token(token)
        if rule.get("expire_credentials"):
            carried = authorization + "&" + scope["query_string"].decode("latin-1")
            # S3's key id, a bearer token, Google's and Azure's signatures.
            match = re.search(r"Credential=([^/]+)/|Bearer ([^&]+)|X-Goog-Signature=([^&]+)|\bsig=([^&]+)", carried)
            self._issuer.expire(unquote(match[match.lastindex]) if match else None)
        if rule.get("expire_chunk"):
            self._chunks.expire(scope["path"].removeprefix(CHUNK_PATH))
        if "warehouse" in rule:
            self._sessions.lose_warehouse(token, str(rule["warehouse"]))
