"""The second factor: codes of an authenticator app (RFC 6238, six digits, 30 seconds), each of which works once."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets
import struct
import time

from .accounts import LoginRefused

STEP_SECONDS = 30
TOKEN_SECONDS = 4 * 3600
"""How long an MFA token stands in for a code."""


class OneTimeCodes:
    """Which users have an authenticator app, the codes already used, and the MFA tokens given out."""

    def __init__(self) -> None:
        self._secrets: dict[str, bytes] = {}
        self._last_step: dict[str, int] = {}
        self._tokens: dict[str, tuple[str, float]] = {}

    def enrol(self, name: str, secret: str) -> None:
        """Gives a user an authenticator app with this base32 secret."""
        text = secret.replace(" ", "").upper()
        try:
            self._secrets[name.upper()] = base64.b32decode(text + "=" * (-len(text) % 8))
        except binascii.Error:
            raise ValueError(f"the secret of {name} is not base32") from None

    def check(self, name: str, data: dict) -> None:
        """Refuses a password login of an enrolled user that brings neither a fresh code nor an MFA token."""
        secret = self._secrets.get(name)
        if secret is None:
            return
        if self._is_known(name, data.get("TOKEN")):
            return
        code = data.get("PASSCODE")
        if data.get("EXT_AUTHN_DUO_METHOD") != "passcode" or not isinstance(code, str) or not code:
            raise LoginRefused(
                "394508",
                "Failed to authenticate: MFA with TOTP is required. "
                "To authenticate, provide both your password and a current TOTP passcode.",
            )
        self._use(name, secret, code)

    def split_password(self, name: str, data: dict) -> dict:
        """Takes the code off the end of the password when the login says that it is there."""
        password, is_passcode = data.get("PASSWORD"), data.get("EXT_AUTHN_DUO_METHOD") == "passcode"
        if name.upper() not in self._secrets or not is_passcode or data.get("PASSCODE") or not isinstance(password, str):
            return data
        return {**data, "PASSWORD": password[:-6], "PASSCODE": password[-6:]}

    def token(self, name: str) -> str | None:
        """A new MFA token, for a user who has an app."""
        if name not in self._secrets:
            return None
        token = secrets.token_urlsafe(32)
        self._tokens[token] = (name, time.time() + TOKEN_SECONDS)
        return token

    def _is_known(self, name: str, token: object) -> bool:
        owner, until = self._tokens.get(token, ("", 0.0)) if isinstance(token, str) else ("", 0.0)
        return owner == name and time.time() < until

    def _use(self, name: str, secret: bytes, code: str) -> None:
        now = int(time.time()) // STEP_SECONDS
        for step in (now - 1, now, now + 1):
            if hmac.compare_digest(code_of(secret, step).encode(), code.encode()) and step > self._last_step.get(name, 0):
                self._last_step[name] = step
                return
        raise LoginRefused("394507", "TOTP Invalid.")


def code_of(secret: bytes, step: int) -> str:
    """The six digits of a step."""
    digest = hmac.new(secret, struct.pack(">Q", step), hashlib.sha1).digest()
    offset = digest[-1] & 15
    number = int.from_bytes(digest[offset : offset + 4], "big") & 0x7FFFFFFF
    return f"{number % 1_000_000:06}"
