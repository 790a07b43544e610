"""AWS Signature Version 4: verified in its Authorization header form and its presigned query form, and made."""

from __future__ import annotations

import calendar
import hashlib
import hmac
import time
from dataclasses import dataclass, replace
from urllib.parse import quote, unquote_to_bytes

from .credentials import REGION, CredentialIssuer, Credentials

CLOCK_SKEW_SECONDS = 15 * 60


class StorageRefusal(Exception):
    """A storage request that is refused: HTTP status, S3 error code, text."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status, self.code, self.message = status, code, message


@dataclass(frozen=True)
class SignedRequest:
    """The parts of a request that a signature covers. `path` and `query` are as sent, still percent-encoded."""

    method: str
    path: str
    query: str
    headers: dict[str, str]


def verify(request: SignedRequest, issuer: CredentialIssuer) -> Credentials:
    """Checks signature, token, clock and expiry; returns the credentials used."""
    query = _query_pairs(request.query)
    values = dict(query)
    if "X-Amz-Algorithm" in values:
        scope, signed, signature = (
            values.get("X-Amz-Credential", ""),
            values.get("X-Amz-SignedHeaders", ""),
            values.get("X-Amz-Signature", ""),
        )
        algorithm, stamp = values["X-Amz-Algorithm"], values.get("X-Amz-Date", "")
        token, payload = values.get("X-Amz-Security-Token"), "UNSIGNED-PAYLOAD"
        query = [pair for pair in query if pair[0] != "X-Amz-Signature"]
    else:
        algorithm, scope, signed, signature = _authorization(request.headers.get("authorization", ""))
        stamp, token = request.headers.get("x-amz-date", ""), request.headers.get("x-amz-security-token")
        payload = request.headers.get("x-amz-content-sha256", "")
        if not payload:
            raise StorageRefusal(
                400, "InvalidRequest", "Missing required header for this request: x-amz-content-sha256"
            )
    if algorithm != "AWS4-HMAC-SHA256":
        raise StorageRefusal(400, "InvalidRequest", "The authorization mechanism you have provided is not supported.")
    credentials, date = _scope(scope, issuer)
    when = _time(stamp)
    if not stamp.startswith(date):
        raise StorageRefusal(
            403, "SignatureDoesNotMatch", "The date of the credential scope is not that of the request."
        )
    names = signed.split(";")
    _require_signed(request, names, "X-Amz-Algorithm" in values)
    expected = _signature(request, query, names, payload, stamp, REGION, credentials.secret_key)
    if not hmac.compare_digest(expected, signature):
        raise StorageRefusal(
            403,
            "SignatureDoesNotMatch",
            "The request signature we calculated does not match the signature you provided.",
        )
    _check_time(when, values)
    if token is None or not hmac.compare_digest(token, credentials.token):
        raise StorageRefusal(400, "InvalidToken", "The provided token is malformed or otherwise invalid.")
    if time.time() >= credentials.expires:
        raise StorageRefusal(400, "ExpiredToken", "The provided token has expired.")
    credentials.used += 1
    return credentials


def sign(
    request: SignedRequest, key_id: str, secret: str, region: str, body: bytes = b"", service: str = "s3"
) -> dict[str, str]:
    """The headers of a request, signed: date, payload hash and authorization come to those that it has."""
    stamp, payload = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime()), hashlib.sha256(body).hexdigest()
    headers = {**request.headers, "x-amz-date": stamp, "x-amz-content-sha256": payload}
    names = sorted(headers)
    made = _signature(replace(request, headers=headers), _query_pairs(request.query), names, payload, stamp, region, secret, service)
    scope = f"{key_id}/{stamp[:8]}/{region}/{service}/aws4_request"
    headers["authorization"] = f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders={';'.join(names)}, Signature={made}"
    return headers


def _authorization(header: str) -> tuple[str, str, str, str]:
    algorithm, _, rest = header.partition(" ")
    if not rest:
        raise StorageRefusal(403, "AccessDenied", "Access Denied")
    parts = dict(part.strip().partition("=")[::2] for part in rest.split(","))
    try:
        return algorithm, parts["Credential"], parts["SignedHeaders"], parts["Signature"]
    except KeyError as missing:
        raise StorageRefusal(
            400, "AuthorizationHeaderMalformed", f"The authorization header has no {missing}."
        ) from None


def _scope(scope: str, issuer: CredentialIssuer) -> tuple[Credentials, str]:
    parts = scope.split("/")
    if len(parts) != 5 or parts[3:] != ["s3", "aws4_request"]:
        raise StorageRefusal(400, "AuthorizationHeaderMalformed", "The credential scope is malformed.")
    if parts[2] != REGION:
        raise StorageRefusal(
            400, "AuthorizationHeaderMalformed", f"The region '{parts[2]}' is wrong; expecting '{REGION}'"
        )
    credentials = issuer.find(parts[0])
    if credentials is None:
        raise StorageRefusal(
            403, "InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist in our records."
        )
    return credentials, parts[1]


def _time(stamp: str) -> float:
    try:
        return calendar.timegm(time.strptime(stamp, "%Y%m%dT%H%M%SZ"))
    except ValueError:
        raise StorageRefusal(403, "AccessDenied", "The request has no valid date.") from None


def _check_time(when: float, values: dict[str, str]) -> None:
    if "X-Amz-Algorithm" in values:
        seconds = values.get("X-Amz-Expires", "")
        if not seconds.isdigit() or not 1 <= int(seconds) <= 604800:
            raise StorageRefusal(
                400, "AuthorizationQueryParametersError", "X-Amz-Expires must be between 1 and 604800."
            )
        if time.time() > when + int(seconds):
            raise StorageRefusal(403, "AccessDenied", "Request has expired")
    elif abs(time.time() - when) > CLOCK_SKEW_SECONDS:
        raise StorageRefusal(
            403, "RequestTimeTooSkewed", "The difference between the request time and the current time is too large."
        )


def _require_signed(request: SignedRequest, names: list[str], presigned: bool) -> None:
    """S3 wants the host and every x-amz- header among the signed ones."""
    needed = {"host"} | ({name for name in request.headers if name.startswith("x-amz-")} if not presigned else set())
    missing = needed - set(names)
    if missing or names != sorted(names):
        raise StorageRefusal(
            403,
            "AccessDenied",
            f"There were headers present in the request which were not signed: {', '.join(sorted(missing))}",
        )
    absent = [name for name in names if name not in request.headers]
    if absent:
        raise StorageRefusal(403, "SignatureDoesNotMatch", f"signed headers are absent: {', '.join(absent)}")


def _signature(
    request: SignedRequest,
    query: list[tuple[str, str]],
    names: list[str],
    payload: str,
    stamp: str,
    region: str,
    secret: str,
    service: str = "s3",
) -> str:
    date = stamp[:8]
    encoded = sorted((_encode(name), _encode(value)) for name, value in query)
    canonical = "\n".join(
        [
            request.method,
            quote(unquote_to_bytes(request.path), safe="/-_.~"),
            "&".join(f"{name}={value}" for name, value in encoded),
            *(f"{name}:{' '.join(request.headers[name].split())}" for name in names),
            "",
            ";".join(names),
            payload,
        ]
    )
    scope = f"{date}/{region}/{service}/aws4_request"
    text = "\n".join(["AWS4-HMAC-SHA256", stamp, scope, hashlib.sha256(canonical.encode()).hexdigest()])
    key = f"AWS4{secret}".encode()
    for part in (date, region, service, "aws4_request"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()


def _query_pairs(query: str) -> list[tuple[str, str]]:
    pairs = []
    for part in query.split("&") if query else []:
        name, _, value = part.partition("=")
        pairs.append((unquote_to_bytes(name).decode(), unquote_to_bytes(value).decode()))
    return pairs


def _encode(text: str) -> str:
    return quote(text, safe="-_.~")
