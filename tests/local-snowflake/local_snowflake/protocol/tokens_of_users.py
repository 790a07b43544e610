"""Tokens that log a user in: programmatic access tokens, OAuth access tokens and the endpoint that gives those out."""

from __future__ import annotations

import base64
import binascii
import hmac
import secrets
import time
from dataclasses import dataclass
from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.responses import JSONResponse

from .accounts import LoginRefused

OAUTH_INVALID, OAUTH_EXPIRED, PAT_INVALID = "390303", "390318", "394400"


@dataclass
class AccessToken:
    """A token that was given out. `role` is the one its scope allows, all when None."""

    user: str
    role: str | None
    expires: float


class TokensOfUsers:
    """What was told of at the start, and what was given out since."""

    def __init__(self, oauth_seconds: float) -> None:
        self._oauth_seconds = oauth_seconds
        self._programmatic: dict[str, str] = {}
        self._clients: dict[str, tuple[str, str]] = {}
        self._access: dict[str, AccessToken] = {}

    def add_programmatic(self, user: str, token: str) -> None:
        """A programmatic access token of a user."""
        self._programmatic[token] = user.upper()

    def add_client(self, user: str, identity: str, secret: str) -> None:
        """An OAuth client whose tokens log a user in."""
        self._clients[identity] = (secret, user.upper())

    def user_of_programmatic(self, name: str, token: object) -> str:
        """Whose token it is."""
        user = self._programmatic.get(token) if isinstance(token, str) else None
        if user is None or (name and name.upper() != user):
            raise LoginRefused(PAT_INVALID, "Programmatic access token is invalid.")
        return user

    def is_programmatic(self, name: str, password: object) -> bool:
        """Is it a token of that user in the place of a password?"""
        return bool(name) and isinstance(password, str) and self._programmatic.get(password) == name.upper()

    def user_of_access(self, name: str, role: str | None, token: object) -> str:
        """Whose token it is, if its time is not over and the role is one of its scope."""
        known = self._access.get(token) if isinstance(token, str) else None
        if known is None or (name and name.upper() != known.user):
            raise LoginRefused(OAUTH_INVALID, "Invalid OAuth access token.")
        if time.time() >= known.expires:
            raise LoginRefused(OAUTH_EXPIRED, "OAuth access token expired.")
        if known.role and role and role.upper() != known.role:
            raise LoginRefused(OAUTH_INVALID, "Invalid OAuth access token.")
        return known.user

    async def request(self, request: Request) -> JSONResponse:
        """`POST /oauth/token-request`: client credentials to an access token."""
        form = {name: values[0] for name, values in parse_qs((await request.body()).decode("latin-1")).items()}
        identity, secret = _basic(request.headers.get("authorization", ""))
        known = self._clients.get(identity)
        if known is None or not hmac.compare_digest(known[0].encode(), secret.encode()):
            return JSONResponse({"error": "invalid_client", "error_description": "The client is not known."}, 401)
        if form.get("grant_type") != "client_credentials":
            return JSONResponse({"error": "unsupported_grant_type"}, 400)
        scope = form.get("scope", "")
        role = scope.removeprefix("session:role:").upper() if scope.startswith("session:role:") else None
        if scope and role is None and scope != "session:role-any":
            return JSONResponse({"error": "invalid_scope"}, 400)
        token = secrets.token_urlsafe(48)
        self._access[token] = AccessToken(known[1], role, time.time() + self._oauth_seconds)
        reply = {"access_token": token, "token_type": "Bearer", "expires_in": int(self._oauth_seconds), "scope": scope}
        return JSONResponse(reply)


def _basic(header: str) -> tuple[str, str]:
    kind, _, encoded = header.partition(" ")
    if kind.lower() != "basic":
        return "", ""
    try:
        identity, _, secret = base64.b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    return identity, secret
