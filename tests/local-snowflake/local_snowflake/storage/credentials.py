"""Short-lived storage credentials: one set per PUT or GET reply, good for one key prefix."""

from __future__ import annotations

import secrets
import threading
import time
from dataclasses import dataclass

REGION = "us-west-2"
BUCKET = "local-stages"


@dataclass
class Credentials:
    """An access key with its secret, session token, allowed key prefix and end of life (epoch seconds)."""

    key_id: str
    secret_key: str
    token: str
    prefix: str
    expires: float
    used: int = 0

    def is_valid(self) -> bool:
        """Whether their time is not over."""
        return time.time() < self.expires

    def wire(self) -> dict[str, str]:
        """The `creds` object of a PUT or GET reply."""
        return {
            "AWS_KEY_ID": self.key_id,
            "AWS_SECRET_KEY": self.secret_key,
            "AWS_TOKEN": self.token,
            "AWS_ID": self.key_id,
            "AWS_KEY": self.secret_key,
        }


class CredentialIssuer:
    """Gives out credentials and finds them again by key id."""

    def __init__(self, valid_seconds: float) -> None:
        self._valid_seconds = valid_seconds
        self._lock = threading.Lock()
        self._issued: dict[str, Credentials] = {}

    def issue(self, prefix: str, secret: str | None = None) -> Credentials:
        """Fresh credentials for the objects under `prefix`; found again by key id, or by `secret` where there is one."""
        now = time.time()
        credentials = Credentials(
            key_id=secret or "ASIA" + secrets.token_hex(8).upper(),
            secret_key=secrets.token_urlsafe(30),
            token=secrets.token_urlsafe(90),
            prefix=prefix,
            expires=now + self._valid_seconds,
        )
        with self._lock:
            while self._issued:  # the oldest is first
                key_id, oldest = next(iter(self._issued.items()))
                if oldest.expires >= now - 86400:
                    break
                del self._issued[key_id]
            self._issued[credentials.key_id] = credentials
        return credentials

    def find(self, key_id: str) -> Credentials | None:
        """The credentials with this key id."""
        with self._lock:
            return self._issued.get(key_id)

    def expire(self, key_id: str | None) -> None:
        """Ends credentials now, for a fault rule."""
        credentials = self.find(key_id or "")
        if credentials:
            credentials.expires = 0
