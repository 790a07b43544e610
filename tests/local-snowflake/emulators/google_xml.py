"""The part of Google's XML interface that clients of S3's kind use and gcp-storage-emulator lacks: objects with metadata,
uploads in parts, HEAD, reading of ranges, copying, deleting. Everything lands in the emulator's own storage.

Source: cloud.google.com/storage/docs/xml-api. Credentials are not looked at, as everywhere in this emulator.
"""

from __future__ import annotations

import re
import uuid
from email.utils import formatdate
from urllib.parse import parse_qs, unquote, urlsplit
from xml.etree import ElementTree
from xml.sax.saxutils import escape

from gcp_storage_emulator.exceptions import NotFound
from gcp_storage_emulator.handlers.objects import _checksums, _make_object_resource
from gcp_storage_emulator.server import RequestHandler

METADATA = "x-goog-meta-"
_OTHER_INTERFACES = re.compile(r"/(storage|upload|download|batch|b|wipe)(/|$)|/$")
_RANGE = re.compile(r"bytes=(\d+)-(\d*)")


class XmlRequestHandler(RequestHandler):
    """Answers `/BUCKET/KEY`; everything else is the emulator's."""

    uploads: dict[str, tuple[dict[str, str], dict[int, bytes]]] = {}
    """Metadata and parts by upload id."""

    def do_PUT(self) -> None:
        self._answer(super().do_PUT, self._put)

    def do_POST(self) -> None:
        self._answer(super().do_POST, self._post)

    def do_DELETE(self) -> None:
        self._answer(super().do_DELETE, self._delete)

    def do_GET(self) -> None:
        self._answer(super().do_GET, self._read)

    def do_HEAD(self) -> None:
        self._answer(self._read, self._read)

    def _answer(self, others, own) -> None:
        parts = urlsplit(self.path)
        if _OTHER_INTERFACES.match(parts.path):
            others()
            return
        self._query = {name: values[0] for name, values in parse_qs(parts.query, keep_blank_values=True).items()}
        self._bucket, _, self._key = unquote(parts.path).lstrip("/").partition("/")
        try:
            own()
        except NotFound:
            code = "NoSuchKey" if self._has_bucket(self._bucket) else "NoSuchBucket"
            self._reply(404, f"<Error><Code>{code}</Code></Error>".encode())

    def _has_bucket(self, name: str) -> bool:
        try:
            return self.storage.get_bucket(name) is not None
        except NotFound:
            return False

    def _put(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        upload, source = self._query.get("uploadId"), self.headers.get("x-goog-copy-source")
        if upload is not None:
            if upload not in self.uploads:
                self._reply(404, b"<Error><Code>NoSuchUpload</Code></Error>")
                return
            self.uploads[upload][1][int(self._query["partNumber"])] = body
            self._reply(200, headers={"ETag": f'"{uuid.uuid4().hex}"'})
        elif source is not None:
            bucket, _, key = unquote(source).lstrip("/").partition("/")
            about = self.storage.get_file_obj(bucket, key)
            self._store(self.storage.get_file(bucket, key, show_error=False), about.get("metadata") or {})
            self._reply(200, b"<CopyObjectResult/>")
        else:
            self._reply(200, headers={"ETag": f'"{self._store(body, self._metadata())}"'})

    def _post(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        if "uploads" in self._query:
            if not self._has_bucket(self._bucket):
                raise NotFound
            upload = uuid.uuid4().hex
            self.uploads[upload] = (self._metadata(), {})
            self._reply(200, f"<InitiateMultipartUploadResult><UploadId>{upload}</UploadId></InitiateMultipartUploadResult>".encode())
            return
        metadata, parts = self.uploads.pop(self._query.get("uploadId", ""), ({}, {}))
        wanted = [int(number.text) for number in ElementTree.fromstring(body).iter("PartNumber")]
        if not wanted or any(number not in parts for number in wanted):
            self._reply(404, b"<Error><Code>NoSuchUpload</Code></Error>")
            return
        etag = self._store(b"".join(parts[number] for number in wanted), metadata)
        self._reply(200, f"<CompleteMultipartUploadResult><ETag>{escape(etag)}</ETag></CompleteMultipartUploadResult>".encode())

    def _delete(self) -> None:
        if "uploadId" in self._query:
            self.uploads.pop(self._query["uploadId"], None)
        else:
            self.storage.delete_file(self._bucket, self._key)
        self._reply(204)

    def _read(self) -> None:
        about = self.storage.get_file_obj(self._bucket, self._key)
        content = self.storage.get_file(self._bucket, self._key, show_error=False)
        etag = f'"{about["etag"]}"'
        if self.headers.get("if-match", etag) != etag:
            self._reply(412, b"<Error><Code>PreconditionFailed</Code></Error>")
            return
        headers = {METADATA + name: value for name, value in (about.get("metadata") or {}).items()}
        headers |= {"ETag": etag, "Last-Modified": formatdate(usegmt=True), "x-goog-generation": about["generation"]}
        status, wanted = 200, _RANGE.fullmatch(self.headers.get("range", ""))
        if wanted:
            begin, end = int(wanted[1]), min(int(wanted[2] or len(content)), len(content) - 1)
            headers["Content-Range"] = f"bytes {begin}-{end}/{len(content)}"
            status, content = 206, content[begin : end + 1]
        self._reply(status, content, headers)

    def _metadata(self) -> dict[str, str]:
        return {name[len(METADATA) :].lower(): value for name, value in self.headers.items() if name.lower().startswith(METADATA)}

    def _store(self, content: bytes, metadata: dict[str, str]) -> str:
        kind = self.headers.get("content-type", "application/octet-stream")
        about = _make_object_resource("", self._bucket, self._key, kind, str(len(content)), {"metadata": metadata})
        about = _checksums(content, about)
        self.storage.create_file(self._bucket, self._key, content, about)
        return about["etag"]

    def _reply(self, status: int, body: bytes = b"", headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        if status != 204:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)
