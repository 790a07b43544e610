"""Workload identity: tokens signed by a key that the server was told of, and signed questions to AWS.

Where Snowflake would ask the provider, the keys are given by option: `NAME=PROVIDER:SUBJECT:FILE` and `NAME=ID:SECRET`.
"""

from __future__ import annotations

import base64
import binascii
import calendar
import hashlib
import hmac
import json
import re
import time
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from .accounts import LoginRefused, _base64url

AUDIENCES = {
    "OIDC": "snowflakecomputing.com",
    "GCP": "snowflakecomputing.com",
    "AZURE": "api://fd3f753b-eed3-462c-b6a7-a4b5bb650aad",
}
AWS_SECONDS = 15 * 60
REFUSED = "390144"


@dataclass
class SignedIdentity:
    """Who a subject of a provider is."""

    user: str
    provider: str
    subject: str
    key: rsa.RSAPublicKey


class Workloads:
    """The identities that the server was told of."""

    def __init__(self) -> None:
        self._signed: list[SignedIdentity] = []
        self._aws: dict[str, tuple[str, str]] = {}

    def add_signed(self, user: str, provider: str, subject: str, file: Path) -> None:
        """A user whose tokens of a provider are signed by the private half of the key in `file` (PEM)."""
        key = serialization.load_pem_public_key(file.read_bytes())
        if provider not in AUDIENCES or not isinstance(key, rsa.RSAPublicKey):
            raise ValueError(f"an identity needs one of {', '.join(AUDIENCES)} and an RSA public key")
        self._signed.append(SignedIdentity(user.upper(), provider, subject, key))

    def add_aws(self, user: str, key_id: str, secret: str) -> None:
        """A user who is whoever signs with this AWS key."""
        self._aws[key_id] = (user.upper(), secret)

    def user(self, provider: object, token: object) -> str:
        """Whose identity it is."""
        if not isinstance(token, str):
            raise _refused("no token")
        if provider == "AWS":
            return self._user_of_question(token)
        if provider in AUDIENCES:
            return self._user_of_token(str(provider), token)
        raise _refused(f"unknown provider {provider}")

    def _user_of_token(self, provider: str, token: str) -> str:
        parts = token.split(".")
        try:
            header, claims = (json.loads(_base64url(part)) for part in parts[:2])
            signature = _base64url(parts[2])
        except (ValueError, IndexError, binascii.Error):
            raise _refused("not a token") from None
        if header.get("alg") != "RS256":
            raise _refused("the algorithm is not RS256")
        known = [one for one in self._signed if one.provider == provider and one.subject == claims.get("sub")]
        if not known:
            raise _refused("unknown subject")
        try:
            known[0].key.verify(signature, ".".join(parts[:2]).encode(), padding.PKCS1v15(), hashes.SHA256())
        except InvalidSignature:
            raise _refused("wrong signature") from None
        audience = claims.get("aud")
        if AUDIENCES[provider] not in (audience if isinstance(audience, list) else [audience]):
            raise _refused("wrong audience")
        if not isinstance(claims.get("exp"), (int, float)) or claims["exp"] <= time.time():
            raise _refused("expired")
        return known[0].user

    def _user_of_question(self, token: str) -> str:
        try:
            question = json.loads(base64.b64decode(token, validate=True))
            url, headers = urlsplit(question["url"]), {name.lower(): value for name, value in question["headers"].items()}
            found = re.fullmatch(
                r"AWS4-HMAC-SHA256 Credential=([^/]+)/(\d{8})/([^/]+)/sts/aws4_request, ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})",
                headers["authorization"],
            )
            stamp = headers["x-amz-date"]
            when = calendar.timegm(time.strptime(stamp, "%Y%m%dT%H%M%SZ"))
        except (ValueError, KeyError, TypeError, AttributeError, binascii.Error):
            raise _refused("not a signed question") from None
        if not found or question.get("method") != "POST":
            raise _refused("not a signed question")
        key_id, date, region, names, signature = found.groups()
        if not re.fullmatch(rf"sts\.{re.escape(region)}\.amazonaws\.com(\.cn)?", url.netloc) or headers.get("host") != url.netloc:
            raise _refused("not a question to AWS")
        if url.query != "Action=GetCallerIdentity&Version=2011-06-15" or url.path != "/":
            raise _refused("another question")
        signed = names.split(";")
        if not {"host", "x-amz-date", "x-snowflake-audience"} <= set(signed) or headers.get("x-snowflake-audience") != AUDIENCES["OIDC"]:
            raise _refused("the audience is not signed")
        user, secret = self._aws.get(key_id, ("", ""))
        canonical = "".join(f"{name}:{headers.get(name, '').strip()}\n" for name in signed)
        empty = hashlib.sha256(b"").hexdigest()
        request = f"POST\n/\n{url.query}\n{canonical}\n{names}\n{empty}"
        text = f"AWS4-HMAC-SHA256\n{stamp}\n{date}/{region}/sts/aws4_request\n{hashlib.sha256(request.encode()).hexdigest()}"
        key = b"AWS4" + secret.encode()
        for part in (date, region, "sts", "aws4_request"):
            key = hmac.new(key, part.encode(), hashlib.sha256).digest()
        if not user or not hmac.compare_digest(hmac.new(key, text.encode(), hashlib.sha256).hexdigest(), signature):
            raise _refused("wrong signature")
        if abs(time.time() - when) > AWS_SECONDS or not stamp.startswith(date):
            raise _refused("too old")
        return user


def _refused(detail: str) -> LoginRefused:
    return LoginRefused(REFUSED, f"Workload identity is invalid: {detail}.")
