"""Google Cloud Storage as far as the drivers use it: objects by access token, or by a URL signed for one of them."""

from __future__ import annotations

import base64
import secrets
from email.utils import formatdate
from urllib.parse import parse_qsl, quote, unquote
from xml.sax.saxutils import escape

from starlette.requests import ClientDisconnect, Request
from starlette.responses import FileResponse, Response

from .credentials import CredentialIssuer
from .own_objects import OwnObjects
from .receiving import byte_range, receive
from .signature import StorageRefusal

BUCKET = "local-gcs-stages"
METADATA_HEADER = "x-goog-meta-"


def issue_token(issuer: CredentialIssuer, prefix: str) -> str:
    """An access token for the objects under `prefix`."""
    token = "ya29." + secrets.token_urlsafe(60)
    issuer.issue(prefix, token)
    return token


def issue_url(issuer: CredentialIssuer, origin: str, key: str) -> str:
    """A URL signed for a PUT or GET of one object."""
    signature = secrets.token_hex(64)
    issuer.issue(key, signature).token = "presigned"
    parameters = {"X-Goog-Algorithm": "GOOG4-RSA-SHA256", "X-Goog-SignedHeaders": "host", "X-Goog-Signature": signature}
    query = "&".join(f"{name}={quote(value, safe='')}" for name, value in parameters.items())
    return f"{origin}/{BUCKET}/{quote(key)}?{query}"


class GoogleBucket:
    """Answers the requests to the bucket."""

    def __init__(self, objects: OwnObjects, issuer: CredentialIssuer) -> None:
        self._objects = objects
        self._issuer = issuer

    async def serve(self, request: Request) -> Response:
        """One request; refusals become Google's XML."""
        try:
            return await self._answer(request)
        except ClientDisconnect:
            return Response(status_code=400)
        except StorageRefusal as refusal:
            if request.method == "HEAD":
                return Response(status_code=refusal.status)
            body = f"<?xml version='1.0' encoding='UTF-8'?><Error><Code>{refusal.code}</Code><Message>{escape(refusal.message)}</Message></Error>"
            return Response(body, refusal.status, media_type="application/xml; charset=UTF-8")

    async def _answer(self, request: Request) -> Response:
        raw_path = request.scope["raw_path"].decode("ascii").partition("?")[0]
        query = dict(parse_qsl(request.scope["query_string"].decode("ascii"), keep_blank_values=True))
        key = unquote(raw_path)[len(BUCKET) + 2 :]
        signature = query.get("X-Goog-Signature")
        if signature is not None:
            self._check_url(request, key, signature)
        else:
            self._check_token(request, key)
        if request.method == "PUT":
            return await self._put(request, key)
        if request.method in ("GET", "HEAD"):
            return self._get(request, key)
        raise StorageRefusal(405, "MethodNotAllowed", "The specified method is not allowed against this resource.")

    def _check_url(self, request: Request, key: str, signature: str) -> None:
        credentials = self._issuer.find(signature)
        if "authorization" in request.headers:
            raise StorageRefusal(400, "InvalidRequest", "Only one authentication mechanism is allowed.")
        if credentials is None or credentials.token != "presigned" or credentials.prefix != key:
            raise StorageRefusal(403, "SignatureDoesNotMatch", "The request signature we calculated does not match the signature you provided.")
        if not credentials.is_valid():
            raise StorageRefusal(400, "ExpiredToken", "The provided token has expired.")

    def _check_token(self, request: Request, key: str) -> None:
        kind, _, token = request.headers.get("authorization", "").partition(" ")
        credentials = self._issuer.find(token)
        if kind != "Bearer" or credentials is None or credentials.token == "presigned" or not credentials.is_valid():
            raise StorageRefusal(401, "AuthenticationRequired", "Authentication required.")
        if not key or not key.startswith(credentials.prefix):
            raise StorageRefusal(403, "AccessDenied", "Access denied.")

    async def _put(self, request: Request, key: str) -> Response:
        if request.headers.get("content-encoding", "") not in ("", "zstd", "bzip2", "br", "brotli", "deflate"):
            raise StorageRefusal(400, "InvalidArgument", "Google would decompress what is marked as gzip; drivers leave content-encoding empty.")
        if request.headers.get("x-goog-if-generation-match") == "0" and self._objects.find_object(key):
            raise StorageRefusal(412, "PreconditionFailed", "At least one of the pre-conditions you specified did not hold.")
        metadata = {
            name[len(METADATA_HEADER) :]: value
            for name, value in request.headers.items()
            if name.startswith(METADATA_HEADER)
        }
        file, md5, size_bytes = await receive(request, self._objects)
        self._objects.put_object(key, file, size_bytes, md5, metadata)
        return Response(status_code=200, headers={"ETag": f'"{md5}"', "x-goog-hash": f"md5={base64.b64encode(bytes.fromhex(md5)).decode()}"})

    def _get(self, request: Request, key: str) -> Response:
        stored = self._objects.find_object(key)
        if stored is None:
            raise StorageRefusal(404, "NoSuchKey", "The specified key does not exist.")
        headers = {
            "ETag": f'"{stored.etag}"',
            "Last-Modified": formatdate(stored.modified, usegmt=True),
            "x-goog-stored-content-length": str(stored.size_bytes),
            **{METADATA_HEADER + name: value for name, value in stored.metadata.items()},
        }
        if request.method == "HEAD":
            return Response(status_code=200, headers={**headers, "Content-Length": str(stored.size_bytes)})
        wanted = byte_range(request.headers.get("range"), stored.size_bytes)
        if wanted is None:
            return FileResponse(stored.file, headers=headers)
        first, last = wanted
        with open(stored.file, "rb") as source:
            source.seek(first)
            body = source.read(last - first + 1)
        headers["Content-Range"] = f"bytes {first}-{last}/{stored.size_bytes}"
        return Response(body, 206, headers)
