"""The S3-style bucket of the server (path style): objects with metadata, HEAD, ranges, multipart, S3's error bodies."""

from __future__ import annotations

import base64
import hashlib
import re
import secrets
import shutil
import threading
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from email.utils import formatdate
from pathlib import Path
from urllib.parse import parse_qsl, unquote
from xml.sax.saxutils import escape

from starlette.requests import ClientDisconnect, Request
from starlette.responses import FileResponse, Response

from .credentials import BUCKET, CredentialIssuer
from .object_store import StoredObject
from .own_objects import OwnObjects
from .signature import SignedRequest, StorageRefusal, verify

SMALLEST_PART_BYTES = 5 * 1024 * 1024
METADATA_HEADER = "x-amz-meta-"
NAMESPACE = 'xmlns="http://s3.amazonaws.com/doc/2006-03-01/"'


@dataclass
class MultipartUpload:
    """An upload in parts that has begun; `parts` are part number to (file, ETag, size in bytes)."""

    key: str
    metadata: dict[str, str]
    parts: dict[int, tuple[Path, str, int]] = field(default_factory=dict)


class Bucket:
    """Answers the storage requests."""

    def __init__(self, objects: OwnObjects, issuer: CredentialIssuer) -> None:
        self._objects = objects
        self._issuer = issuer
        self._uploads: dict[str, MultipartUpload] = {}
        self._lock = threading.Lock()

    async def serve(self, request: Request) -> Response:
        """One storage request; refusals become S3's XML."""
        try:
            return await self._answer(request)
        except ClientDisconnect:
            return Response(status_code=400)
        except StorageRefusal as refusal:
            if request.method == "HEAD":
                return Response(status_code=refusal.status)
            body = f'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>{refusal.code}</Code><Message>{escape(refusal.message)}</Message></Error>'
            return Response(body, refusal.status, media_type="application/xml")

    async def _answer(self, request: Request) -> Response:
        headers = {name.lower(): value for name, value in request.headers.items()}
        raw_path = request.scope["raw_path"].decode("ascii").partition("?")[0]
        raw_query = request.scope["query_string"].decode("ascii")
        credentials = verify(SignedRequest(request.method, raw_path, raw_query, headers), self._issuer)
        key = unquote(raw_path)[len(BUCKET) + 2 :]
        if not key or not key.startswith(credentials.prefix):
            raise StorageRefusal(403, "AccessDenied", "Access Denied")
        query = dict(parse_qsl(raw_query, keep_blank_values=True))
        action = (request.method, "uploads" in query, "uploadId" in query)
        if action == ("PUT", False, False):
            return await self._put(request, key, headers)
        if action == ("PUT", False, True):
            return await self._put_part(request, key, query)
        if action == ("POST", True, False):
            return self._create_upload(key, headers)
        if action == ("POST", False, True):
            return await self._complete_upload(request, key, query)
        if action == ("DELETE", False, True):
            return self._abort_upload(key, query)
        if action in (("GET", False, False), ("HEAD", False, False)):
            return self._get(key, request.method)
        raise StorageRefusal(405, "MethodNotAllowed", "The specified method is not allowed against this resource.")

    # -- whole objects --------------------------------------------------------------------------------------------

    async def _put(self, request: Request, key: str, headers: dict[str, str]) -> Response:
        if headers.get("if-none-match") == "*" and self._objects.find_object(key):
            raise StorageRefusal(
                412, "PreconditionFailed", "At least one of the pre-conditions you specified did not hold"
            )
        file, etag, size_bytes = await self._receive(request)
        self._objects.put_object(key, file, size_bytes, etag, _metadata(headers))
        return Response(status_code=200, headers={"ETag": f'"{etag}"'})

    def _get(self, key: str, method: str) -> Response:
        stored = self._objects.find_object(key)
        if stored is None:
            raise StorageRefusal(404, "NoSuchKey", "The specified key does not exist.")
        headers = _object_headers(stored)
        if method == "HEAD":
            return Response(status_code=200, headers={**headers, "Content-Length": str(stored.size_bytes)})
        return FileResponse(stored.file, headers=headers, media_type="application/octet-stream")

    async def _receive(self, request: Request) -> tuple[Path, str, int]:
        """Takes a body into a file; checks length and the hashes that came with it. Returns file, ETag, size."""
        headers = request.headers
        declared = headers.get("x-amz-content-sha256", "UNSIGNED-PAYLOAD")
        wanted = headers.get("content-md5")
        digest = hashlib.md5() if wanted else self._objects.new_digest()
        sha256 = hashlib.sha256() if re.fullmatch("[0-9a-f]{64}", declared) else None
        chunked = declared.startswith("STREAMING-") or "aws-chunked" in headers.get("content-encoding", "")
        if declared.startswith("STREAMING-AWS4"):
            raise StorageRefusal(501, "NotImplemented", "signed chunks are not supported by this bucket")
        body = _aws_chunks(request.stream()) if chunked else request.stream()
        file = self._objects.new_object_file()
        size_bytes = 0
        try:
            with open(file, "wb") as target:
                async for data in body:
                    size_bytes += len(data)
                    digest.update(data)
                    if sha256:
                        sha256.update(data)
                    target.write(data)
            length = headers.get("x-amz-decoded-content-length" if chunked else "content-length")
            if length is None:
                raise StorageRefusal(411, "MissingContentLength", "You must provide the Content-Length HTTP header.")
            if int(length) != size_bytes:
                raise StorageRefusal(
                    400,
                    "IncompleteBody",
                    "You did not provide the number of bytes specified by the Content-Length HTTP header",
                )
            if sha256 and sha256.hexdigest() != declared:
                raise StorageRefusal(
                    400,
                    "XAmzContentSHA256Mismatch",
                    "The provided 'x-amz-content-sha256' header does not match what was computed.",
                )
            if wanted and wanted != base64.b64encode(bytes.fromhex(digest.hexdigest())).decode():
                raise StorageRefusal(400, "BadDigest", "The Content-MD5 you specified did not match what we received.")
        except BaseException:
            file.unlink(missing_ok=True)
            raise
        return file, digest.hexdigest(), size_bytes

    # -- multipart ------------------------------------------------------------------------------------------------

    def _create_upload(self, key: str, headers: dict[str, str]) -> Response:
        identity = secrets.token_hex(16)
        with self._lock:
            self._uploads[identity] = MultipartUpload(key, _metadata(headers))
        return _xml(
            "InitiateMultipartUploadResult",
            f"<Bucket>{BUCKET}</Bucket><Key>{escape(key)}</Key><UploadId>{identity}</UploadId>",
        )

    def _upload(self, key: str, query: dict[str, str]) -> MultipartUpload:
        with self._lock:
            upload = self._uploads.get(query["uploadId"])
        if upload is None or upload.key != key:
            raise StorageRefusal(404, "NoSuchUpload", "The specified upload does not exist.")
        return upload

    async def _put_part(self, request: Request, key: str, query: dict[str, str]) -> Response:
        upload = self._upload(key, query)
        number = query.get("partNumber", "")
        if not number.isdigit() or not 1 <= int(number) <= 10000:
            raise StorageRefusal(
                400, "InvalidArgument", "Part number must be an integer between 1 and 10000, inclusive"
            )
        file, etag, size_bytes = await self._receive(request)
        old = upload.parts.pop(int(number), None)
        if old:
            old[0].unlink(missing_ok=True)
        upload.parts[int(number)] = (file, etag, size_bytes)
        return Response(status_code=200, headers={"ETag": f'"{etag}"'})

    async def _complete_upload(self, request: Request, key: str, query: dict[str, str]) -> Response:
        upload = self._upload(key, query)
        listed = _listed_parts((await request.body()).decode("utf-8", "replace"))
        if not listed:
            raise StorageRefusal(400, "MalformedXML", "The XML you provided was not well-formed.")
        if [number for number, _ in listed] != sorted({number for number, _ in listed}):
            raise StorageRefusal(400, "InvalidPartOrder", "The list of parts was not in ascending order.")
        chosen = []
        for index, (number, etag) in enumerate(listed):
            part = upload.parts.get(number)
            if part is None or part[1] != etag:
                raise StorageRefusal(400, "InvalidPart", "One or more of the specified parts could not be found.")
            if part[2] < SMALLEST_PART_BYTES and index < len(listed) - 1:
                raise StorageRefusal(
                    400, "EntityTooSmall", "Your proposed upload is smaller than the minimum allowed size"
                )
            chosen.append(part)
        file = self._objects.new_object_file()
        with open(file, "wb") as target:
            for path, _, _ in chosen:
                with open(path, "rb") as source:
                    shutil.copyfileobj(source, target, 1 << 20)
        etag = hashlib.md5(b"".join(bytes.fromhex(part[1]) for part in chosen)).hexdigest() + f"-{len(chosen)}"
        self._objects.put_object(key, file, sum(part[2] for part in chosen), etag, upload.metadata)
        self._forget(query["uploadId"])
        return _xml(
            "CompleteMultipartUploadResult",
            f"<Bucket>{BUCKET}</Bucket><Key>{escape(key)}</Key><ETag>&quot;{etag}&quot;</ETag>",
        )

    def _abort_upload(self, key: str, query: dict[str, str]) -> Response:
        self._upload(key, query)
        self._forget(query["uploadId"])
        return Response(status_code=204)

    def _forget(self, identity: str) -> None:
        with self._lock:
            upload = self._uploads.pop(identity, None)
        for path, _, _ in upload.parts.values() if upload else ():
            path.unlink(missing_ok=True)


def _metadata(headers: dict[str, str]) -> dict[str, str]:
    return {name[len(METADATA_HEADER) :]: value for name, value in headers.items() if name.startswith(METADATA_HEADER)}


def _object_headers(stored: StoredObject) -> dict[str, str]:
    return {
        "ETag": f'"{stored.etag}"',
        "Last-Modified": formatdate(stored.modified, usegmt=True),
        "Accept-Ranges": "bytes",
        "x-amz-request-id": f"{time.time_ns():X}",
        **{METADATA_HEADER + name: value for name, value in stored.metadata.items()},
    }


def _xml(name: str, content: str) -> Response:
    return Response(
        f'<?xml version="1.0" encoding="UTF-8"?>\n<{name} {NAMESPACE}>{content}</{name}>', media_type="application/xml"
    )


def _listed_parts(text: str) -> list[tuple[int, str]]:
    parts = []
    for block in re.findall(r"<Part>(.*?)</Part>", text, re.S):
        number = re.search(r"<PartNumber>\s*(\d+)\s*</PartNumber>", block)
        etag = re.search(r"<ETag>\s*(?:&quot;|&#34;|\")?([0-9a-f]+)(?:&quot;|&#34;|\")?\s*</ETag>", block)
        if not number or not etag:
            return []
        parts.append((int(number[1]), etag[1]))
    return parts


async def _aws_chunks(stream: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Takes the `aws-chunked` framing (sizes in hex, trailers at the end) off a body."""
    buffer, remaining = b"", -1
    async for data in stream:
        buffer += data
        while True:
            if remaining > 0:
                piece, buffer = buffer[:remaining], buffer[remaining:]
                remaining -= len(piece)
                if piece:
                    yield piece
                if remaining:
                    break
                remaining = -2
            if remaining == -2:
                if len(buffer) < 2:
                    break
                buffer, remaining = buffer[2:], -1
            line, end, rest = buffer.partition(b"\r\n")
            if not end:
                break
            remaining = int(line.split(b";")[0], 16)
            buffer = rest
            if remaining == 0:
                async for _ in stream:
                    pass
                return
    raise StorageRefusal(400, "IncompleteBody", "The request body terminated unexpectedly")
