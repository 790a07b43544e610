"""Azure Blob Storage as far as the drivers use it: block blobs by shared access signature, at once or in blocks.

Path style, `/azure/<account>/<container>/<blob>`, as the emulators have it. The signature is the one that the server
issued with the PUT; what Azure computes from the account's key is compared here, with all parameters around it.
"""

from __future__ import annotations

import base64
import binascii
import re
import secrets
import shutil
import threading
from datetime import datetime, timezone
from email.utils import formatdate
from pathlib import Path
from urllib.parse import parse_qsl, quote, unquote
from xml.sax.saxutils import escape

from starlette.requests import ClientDisconnect, Request
from starlette.responses import FileResponse, Response

from .credentials import CredentialIssuer, Credentials
from .object_store import StoredObject
from .own_objects import OwnObjects
from .receiving import byte_range, receive
from .signature import StorageRefusal

ACCOUNT = "localaccount"
CONTAINER = "local-stages"
PATH = f"/azure/{ACCOUNT}/{CONTAINER}"
METADATA_HEADER = "x-ms-meta-"
METADATA_NAME = re.compile(r"[a-z_][a-z0-9_]*", re.I)


def issue_signature(issuer: CredentialIssuer, prefix: str) -> str:
    """A shared access signature for the blobs under `prefix`, as the text that comes in `AZURE_SAS_TOKEN`."""
    signature = base64.b64encode(secrets.token_bytes(32)).decode()
    credentials = issuer.issue(prefix, signature)
    ends = datetime.fromtimestamp(credentials.expires, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    parameters = {"sv": "2024-08-04", "spr": "https,http", "se": ends, "sr": "c", "sp": "racwdlx"}
    credentials.token = "&".join(f"{name}={quote(value, safe='')}" for name, value in parameters.items())
    return f"?{credentials.token}&sig={quote(signature, safe='')}"


class BlobContainer:
    """Answers the requests to the container."""

    def __init__(self, objects: OwnObjects, issuer: CredentialIssuer) -> None:
        self._objects = objects
        self._issuer = issuer
        self._blocks: dict[str, dict[str, tuple[Path, int]]] = {}
        self._lock = threading.Lock()

    async def serve(self, request: Request) -> Response:
        """One request; refusals become Azure's XML."""
        try:
            return await self._answer(request)
        except ClientDisconnect:
            return Response(status_code=400)
        except StorageRefusal as refusal:
            body = f'<?xml version="1.0" encoding="utf-8"?><Error><Code>{refusal.code}</Code><Message>{escape(refusal.message)}</Message></Error>'
            headers = {"x-ms-error-code": refusal.code, "x-ms-request-id": secrets.token_hex(16)}
            if request.method == "HEAD":
                return Response(status_code=refusal.status, headers=headers)
            return Response(body, refusal.status, headers, media_type="application/xml")

    async def _answer(self, request: Request) -> Response:
        raw_path = request.scope["raw_path"].decode("ascii").partition("?")[0]
        pairs = parse_qsl(request.scope["query_string"].decode("ascii"), keep_blank_values=True)
        query = dict(pairs)
        if len(query) != len(pairs):
            raise StorageRefusal(400, "InvalidQueryParameterValue", "A query parameter was given twice.")
        key = unquote(raw_path)[len(PATH) + 1 :]
        credentials = self._check(query)
        if not key or not key.startswith(credentials.prefix):
            raise StorageRefusal(403, "AuthorizationPermissionMismatch", "This request is not authorized to perform this operation using this permission.")
        action = (request.method, query.get("comp"))
        if action == ("PUT", None):
            return await self._put_blob(request, key)
        if action == ("PUT", "block"):
            return await self._put_block(request, key, query.get("blockid", ""))
        if action == ("PUT", "blocklist"):
            return await self._put_block_list(request, key)
        if action in (("GET", None), ("HEAD", None)):
            return self._get(request, key)
        raise StorageRefusal(405, "UnsupportedHttpVerb", "The resource doesn't support specified Http Verb.")

    def _check(self, query: dict[str, str]) -> Credentials:
        credentials = self._issuer.find(query.get("sig", ""))
        known = dict(parse_qsl(credentials.token)) if credentials else {}
        if credentials is None or any(query.get(name) != value for name, value in known.items()):
            raise StorageRefusal(403, "AuthenticationFailed", "Server failed to authenticate the request. Signature did not match.")
        if not credentials.is_valid():
            raise StorageRefusal(403, "AuthenticationFailed", "Server failed to authenticate the request. Signature not valid in the specified time frame")
        return credentials

    async def _put_blob(self, request: Request, key: str) -> Response:
        if request.headers.get("x-ms-blob-type") != "BlockBlob":
            raise StorageRefusal(400, "MissingRequiredHeader", "An HTTP header that's mandatory for this request is not specified: x-ms-blob-type.")
        self._check_absent(request, key)
        metadata = _metadata(request)
        file, md5, size_bytes = await receive(request, self._objects)
        _check_md5(request.headers.get("content-md5"), md5)
        self._objects.put_object(key, file, size_bytes, "0x" + md5[:16].upper(), metadata)
        return Response(status_code=201, headers={"ETag": f'"0x{md5[:16].upper()}"'})

    def _check_absent(self, request: Request, key: str) -> None:
        if request.headers.get("if-none-match") == "*" and self._objects.find_object(key):
            raise StorageRefusal(409, "BlobAlreadyExists", "The specified blob already exists.")

    async def _put_block(self, request: Request, key: str, identity: str) -> Response:
        try:
            base64.b64decode(identity, validate=True)
        except binascii.Error:
            raise StorageRefusal(400, "InvalidQueryParameterValue", "blockid is not base64.") from None
        with self._lock:
            blocks = self._blocks.setdefault(key, {})
        if not identity or any(len(other) != len(identity) for other in blocks):
            raise StorageRefusal(400, "InvalidBlobOrBlock", "The specified blob or block content is invalid.")
        file, md5, size_bytes = await receive(request, self._objects)
        _check_md5(request.headers.get("content-md5"), md5)
        old = blocks.get(identity)
        blocks[identity] = (file, size_bytes)
        if old:
            old[0].unlink(missing_ok=True)
        return Response(status_code=201)

    async def _put_block_list(self, request: Request, key: str) -> Response:
        self._check_absent(request, key)
        metadata = _metadata(request)
        text = (await request.body()).decode("utf-8", "replace")
        listed = re.findall(r"<(?:Latest|Uncommitted)>([^<]*)</", text)
        with self._lock:
            blocks = self._blocks.pop(key, {})
        if not listed or any(identity not in blocks for identity in listed):
            with self._lock:
                self._blocks[key] = blocks
            raise StorageRefusal(400, "InvalidBlockList", "The specified block list is invalid.")
        file = self._objects.new_object_file()
        with open(file, "wb") as target:
            for identity in listed:
                with open(blocks[identity][0], "rb") as source:
                    shutil.copyfileobj(source, target, 1 << 20)
        for path, _ in blocks.values():
            path.unlink(missing_ok=True)
        etag = "0x" + secrets.token_hex(8).upper()
        self._objects.put_object(key, file, file.stat().st_size, etag, metadata)
        return Response(status_code=201, headers={"ETag": f'"{etag}"'})

    def _get(self, request: Request, key: str) -> Response:
        stored = self._objects.find_object(key)
        if stored is None:
            raise StorageRefusal(404, "BlobNotFound", "The specified blob does not exist.")
        headers = _blob_headers(stored)
        if request.method == "HEAD":
            return Response(status_code=200, headers={**headers, "Content-Length": str(stored.size_bytes)})
        wanted = byte_range(request.headers.get("range") or request.headers.get("x-ms-range"), stored.size_bytes)
        if wanted is None:
            return FileResponse(stored.file, headers=headers)
        first, last = wanted
        with open(stored.file, "rb") as source:
            source.seek(first)
            body = source.read(last - first + 1)
        headers["Content-Range"] = f"bytes {first}-{last}/{stored.size_bytes}"
        return Response(body, 206, headers)


def _metadata(request: Request) -> dict[str, str]:
    found = {
        name[len(METADATA_HEADER) :]: value
        for name, value in request.headers.items()
        if name.startswith(METADATA_HEADER)
    }
    for name in found:
        if not METADATA_NAME.fullmatch(name):
            raise StorageRefusal(400, "InvalidMetadata", "The metadata specified is invalid. It has characters that are not permitted.")
    return found


def _blob_headers(stored: StoredObject) -> dict[str, str]:
    return {
        "ETag": f'"{stored.etag}"',
        "Last-Modified": formatdate(stored.modified, usegmt=True),
        "x-ms-blob-type": "BlockBlob",
        "Accept-Ranges": "bytes",
        **{METADATA_HEADER + name: value for name, value in stored.metadata.items()},
    }


def _check_md5(wanted: str | None, found_hex: str) -> None:
    if wanted and wanted != base64.b64encode(bytes.fromhex(found_hex)).decode():
        raise StorageRefusal(400, "Md5Mismatch", "The MD5 value specified in the request did not match with the MD5 value calculated by the server.")
