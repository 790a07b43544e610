"""Users of the one account: passwords, registered public keys, and the verification of key-pair tokens."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import time
import uuid
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

LONGEST_TOKEN_SECONDS = 3600
LARGEST_AGE_SECONDS = 60
"""A token must be used within this time after it was issued; later it is refused with 394302 (documented)."""


class LoginRefused(Exception):
    """A login that is refused, with Snowflake's number and text."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code, self.message = code, message


@dataclass
class User:
    """A user: the name is upper case; public keys by fingerprint (`SHA256:…`)."""

    name: str
    password: str | None = None
    public_keys: dict[str, rsa.RSAPublicKey] = field(default_factory=dict)


class Accounts:
    """The users of the account and the checks of their credentials."""

    def __init__(self, account: str) -> None:
        self.account = account.upper()
        self._users: dict[str, User] = {}

    def set_password(self, name: str, password: str) -> None:
        """Adds a user, or gives one a password."""
        self._user(name).password = password

    def add_public_key(self, name: str, pem: bytes) -> str:
        """Registers a public key (PEM, as `openssl rsa -pubout` writes it, or the base64 lines alone)."""
        if b"-----BEGIN" not in pem:
            pem = b"-----BEGIN PUBLIC KEY-----\n" + pem.strip() + b"\n-----END PUBLIC KEY-----\n"
        key = serialization.load_pem_public_key(pem)
        if not isinstance(key, rsa.RSAPublicKey):
            raise ValueError("only RSA public keys can be registered")
        fingerprint = fingerprint_of(key)
        self._user(name).public_keys[fingerprint] = key
        return fingerprint

    def _user(self, name: str) -> User:
        return self._users.setdefault(name.upper(), User(name.upper()))

    def find(self, name: str) -> User:
        """The user whom a token names; one that was only told of with a token has no password."""
        return self._user(name)

    def names(self) -> list[str]:
        """Every user name."""
        return list(self._users)

    def is_account(self, name: str) -> bool:
        """Does the account name of a login mean this account? What follows a dot is a region."""
        return name.upper().partition(".")[0] == self.account

    def check_password(self, name: str, password: object) -> User:
        """The user, if the password is right; otherwise 390100."""
        user = self._users.get(name.upper())
        given = password if isinstance(password, str) else ""
        if user is None or user.password is None or not hmac.compare_digest(user.password.encode(), given.encode()):
            raise LoginRefused("390100", "Incorrect username or password was specified.")
        return user

    def check_key_pair(self, name: str, token: object) -> User:
        """The user, if the token is signed by a registered key and its claims hold; otherwise 3943xx or 390144."""
        header, claims, signed, signature = _parse_token(token)
        if header.get("alg") != "RS256":
            raise _invalid("394305", "JWT_TOKEN_INVALID_ALGORITHM")
        account, user_name, fingerprint = _issuer(claims)
        if account != self.account:
            raise _invalid("394307", "JWT_TOKEN_ACCOUNT_MISMATCH")
        user = self._users.get(user_name)
        if user is None or (name and user.name != name.upper()):
            raise _invalid("394300", "JWT_TOKEN_INVALID_USER_IN_ISSUER")
        if claims.get("sub") != f"{account}.{user_name}":
            raise _invalid("390144", "JWT_TOKEN_INVALID: the subject is not the issuer without its fingerprint")
        key = user.public_keys.get(fingerprint)
        if key is None:
            raise _invalid("394304", "JWT_TOKEN_INVALID_PUBLIC_KEY_FINGERPRINT_MISMATCH")
        try:
            key.verify(signature, signed, padding.PKCS1v15(), hashes.SHA256())
        except InvalidSignature:
            raise _invalid("394306", "JWT_TOKEN_INVALID_SIGNATURE") from None
        _check_times(claims)
        return user


def fingerprint_of(key: rsa.RSAPublicKey) -> str:
    """`SHA256:` and the base64 digest of the DER form of a public key."""
    der = key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return "SHA256:" + base64.b64encode(hashlib.sha256(der).digest()).decode()


def _invalid(code: str, detail: str) -> LoginRefused:
    """Snowflake shows a UUID with which an administrator finds the detail; here the detail stands behind it."""
    return LoginRefused(code, f"JWT token is invalid. [{uuid.uuid4()}] ({code} {detail})")


def _parse_token(token: object) -> tuple[dict, dict, bytes, bytes]:
    parts = token.split(".") if isinstance(token, str) else []
    if len(parts) != 3:
        raise _invalid("390144", "JWT_TOKEN_INVALID: not a token")
    try:
        header, claims = (json.loads(_base64url(part)) for part in parts[:2])
        signature = _base64url(parts[2])
    except (ValueError, binascii.Error):
        raise _invalid("390144", "JWT_TOKEN_INVALID: not a token") from None
    if not isinstance(header, dict) or not isinstance(claims, dict):
        raise _invalid("390144", "JWT_TOKEN_INVALID: not a token")
    return header, claims, f"{parts[0]}.{parts[1]}".encode(), signature


def _base64url(text: str) -> bytes:
    if "=" in text or "+" in text or "/" in text:
        raise ValueError("not base64url without padding")
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _issuer(claims: dict) -> tuple[str, str, str]:
    """Account, user and fingerprint of the issuer `ACCOUNT.USER.SHA256:…`; a user name may contain dots."""
    issuer = claims.get("iss")
    if isinstance(issuer, str) and ".SHA256:" in issuer:
        account_and_user, _, digest = issuer.rpartition(".SHA256:")
        account, _, user = account_and_user.partition(".")
        if account and user:
            return account, user, "SHA256:" + digest
    raise _invalid("390144", "JWT_TOKEN_INVALID: the issuer is not ACCOUNT.USER.SHA256:fingerprint")


def _check_times(claims: dict) -> None:
    issued, expires, now = claims.get("iat"), claims.get("exp"), time.time()
    if not isinstance(issued, (int, float)) or not isinstance(expires, (int, float)):
        raise _invalid("394301", "JWT_TOKEN_MISSING_ISSUE_OR_EXPIRATION_TIME")
    if abs(now - issued) > LARGEST_AGE_SECONDS:
        raise _invalid("394302", "JWT_TOKEN_INVALID_ISSUE_TIME")
    if expires <= now:
        raise _invalid("394303", "JWT_TOKEN_INVALID_EXPIRATION_TIME")
    if expires - issued > LONGEST_TOKEN_SECONDS:
        raise _invalid("390144", "JWT_TOKEN_INVALID: valid for longer than an hour")
