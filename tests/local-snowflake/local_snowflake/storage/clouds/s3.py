"""Objects of an S3 bucket, or of what speaks S3: path style, requests signed, or not when there is no key."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from email.utils import parsedate_to_datetime
from urllib.parse import quote, urlencode, urlsplit
from xml.etree import ElementTree

from ..object_store import StoredObject
from ..signature import SignedRequest, sign
from .requests import Reply, refusal, send

NAMESPACE = {"s3": "http://s3.amazonaws.com/doc/2006-03-01/"}
METADATA_HEADER = "x-amz-meta-"
REGION = "us-east-1"
"""Signed for; the emulators take any."""


@dataclass(frozen=True)
class S3Objects:
    """An ObjectStore."""

    origin: str
    bucket: str
    key_id: str | None = None
    secret: str | None = field(default=None, repr=False)
    token: str | None = field(default=None, repr=False)

    def find_object(self, key: str) -> StoredObject | None:
        """See ObjectStore."""
        reply = self._send("HEAD", key)
        if reply.status == 404:
            return None
        if reply.status != 200:  # the answer to a HEAD says nothing; that to a GET says why
            raise refusal(self._send("GET", key))
        return _stored(key, reply, int(reply.headers.get("content-length", 0)))

    def objects(self, prefix: str) -> list[StoredObject]:
        """See ObjectStore."""
        found: list[StoredObject] = []
        query = {"list-type": "2", "prefix": prefix}
        while True:
            reply = self._send("GET", "", urlencode(query, quote_via=quote))
            if reply.status != 200:
                raise refusal(reply)
            page = ElementTree.fromstring(reply.body)
            for entry in page.iterfind("s3:Contents", NAMESPACE):
                key, etag, size, modified = (
                    entry.findtext(f"s3:{name}", "", NAMESPACE) for name in ("Key", "ETag", "Size", "LastModified")
                )
                changed = datetime.fromisoformat(modified.replace("Z", "+00:00")).timestamp()
                found.append(StoredObject(key, int(size), etag.strip('"'), {}, changed))
            token = page.findtext("s3:NextContinuationToken", None, NAMESPACE)
            if not token:
                return sorted(found, key=lambda stored: stored.key)
            query["continuation-token"] = token

    def read_object(self, stored: StoredObject) -> tuple[bytes, dict[str, str]]:
        """See ObjectStore."""
        reply = self._send("GET", stored.key)
        if reply.status != 200:
            raise refusal(reply)
        return reply.body, _metadata(reply)

    def remove_objects(self, keys: list[str]) -> None:
        """See ObjectStore."""
        for key in keys:
            reply = self._send("DELETE", key)
            if reply.status not in (200, 204, 404):
                raise refusal(reply)

    def put_object(self, key: str, data: bytes, metadata: dict[str, str]) -> None:
        """Writes an object."""
        reply = self._send("PUT", key, body=data, more={METADATA_HEADER + name: value for name, value in metadata.items()})
        if reply.status != 200:
            raise refusal(reply)

    def _send(self, method: str, key: str, query: str = "", body: bytes = b"", more: dict[str, str] | None = None) -> Reply:
        path = f"/{quote(self.bucket, safe='')}" + (f"/{quote(key, safe='/-_.~')}" if key else "")
        headers = {"host": urlsplit(self.origin).netloc, **(more or {})}
        if self.key_id and self.secret:
            if self.token:
                headers["x-amz-security-token"] = self.token
            headers = sign(SignedRequest(method, path, query, headers), self.key_id, self.secret, REGION, body)
        return send(self.origin, method, path + (f"?{query}" if query else ""), headers, body or None)


def _metadata(reply: Reply) -> dict[str, str]:
    return {
        name[len(METADATA_HEADER) :]: value for name, value in reply.headers.items() if name.startswith(METADATA_HEADER)
    }


def _stored(key: str, reply: Reply, size_bytes: int) -> StoredObject:
    modified = parsedate_to_datetime(reply.headers["last-modified"]).timestamp()
    return StoredObject(key, size_bytes, reply.headers.get("etag", "").strip('"'), _metadata(reply), modified)
