"""Blobs of a container of Azure Blob Storage, by shared access signature or by the account's key.

Path style, `/<account>/<container>/<blob>`, as the emulators have it.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from dataclasses import dataclass, field
from email.utils import formatdate, parsedate_to_datetime
from urllib.parse import parse_qsl, quote, urlencode
from xml.etree import ElementTree

from ..object_store import StoredObject
from .requests import Reply, refusal, send

METADATA_HEADER = "x-ms-meta-"
VERSION = "2021-12-02"
"""Of the service, sent as `x-ms-version`: what shared key signatures below are made for."""


@dataclass(frozen=True)
class AzureObjects:
    """An ObjectStore. `signature` is a shared access signature with or without the `?`; `account_key` is base64."""

    origin: str
    account: str
    container: str
    signature: str | None = field(default=None, repr=False)
    account_key: str | None = field(default=None, repr=False)

    def find_object(self, key: str) -> StoredObject | None:
        """See ObjectStore."""
        reply = self.request("HEAD", key)
        if reply.status == 404:
            return None
        if reply.status != 200:  # the answer to a HEAD says nothing; that to a GET says why
            raise refusal(self.request("GET", key))
        modified = parsedate_to_datetime(reply.headers["last-modified"]).timestamp()
        return StoredObject(key, int(reply.headers["content-length"]), _etag(reply.headers["etag"]), _metadata(reply), modified)

    def objects(self, prefix: str) -> list[StoredObject]:
        """See ObjectStore."""
        found: list[StoredObject] = []
        query = {"restype": "container", "comp": "list", "prefix": prefix}
        while True:
            reply = self.request("GET", "", query)
            if reply.status != 200:
                raise refusal(reply)
            page = ElementTree.fromstring(reply.body)
            for blob in page.iterfind("Blobs/Blob"):
                size, etag, modified = (blob.findtext(f"Properties/{name}", "") for name in ("Content-Length", "Etag", "Last-Modified"))
                changed = parsedate_to_datetime(modified).timestamp()
                found.append(StoredObject(blob.findtext("Name", ""), int(size), _etag(etag), {}, changed))
            marker = page.findtext("NextMarker")
            if not marker:
                return sorted(found, key=lambda stored: stored.key)
            query["marker"] = marker

    def read_object(self, stored: StoredObject) -> tuple[bytes, dict[str, str]]:
        """See ObjectStore."""
        reply = self.request("GET", stored.key)
        if reply.status != 200:
            raise refusal(reply)
        return reply.body, _metadata(reply)

    def remove_objects(self, keys: list[str]) -> None:
        """See ObjectStore."""
        for key in keys:
            reply = self.request("DELETE", key)
            if reply.status not in (202, 404):
                raise refusal(reply)

    def put_object(self, key: str, data: bytes, metadata: dict[str, str]) -> None:
        """Writes a blob."""
        more = {METADATA_HEADER + name: value for name, value in metadata.items()}
        reply = self.request("PUT", key, body=data, more={"x-ms-blob-type": "BlockBlob", **more})
        if reply.status != 201:
            raise refusal(reply)

    def request(
        self, method: str, key: str, query: dict[str, str] | None = None, body: bytes = b"", more: dict[str, str] | None = None
    ) -> Reply:
        """One signed request; an empty key means the container."""
        path = f"/{quote(self.account)}/{quote(self.container)}" + (f"/{quote(key)}" if key else "")
        query, headers = dict(query or {}), {"x-ms-version": VERSION, "x-ms-date": formatdate(usegmt=True), **(more or {})}
        if self.signature:
            query.update(parse_qsl(self.signature.removeprefix("?"), keep_blank_values=True))
        elif self.account_key:
            headers["authorization"] = f"SharedKey {self.account}:{self._shared_key(method, path, query, headers, len(body))}"
        text = urlencode(query, quote_via=quote)
        return send(self.origin, method, path + (f"?{text}" if text else ""), headers, body or None)

    def _shared_key(self, method: str, path: str, query: dict[str, str], headers: dict[str, str], size_bytes: int) -> str:
        """Signs verb, eleven headers of which only the length has a value, x-ms- headers, resource with parameters."""
        named = [f"{name}:{headers[name]}" for name in sorted(headers)]
        # in path style the account stands twice: before the path, and as its first part
        resource = [f"/{self.account}{path}", *(f"{name}:{query[name]}" for name in sorted(query))]
        text = "\n".join([method, "", "", str(size_bytes or ""), *[""] * 8, *named, *resource])
        digest = hmac.new(base64.b64decode(self.account_key), text.encode(), hashlib.sha256).digest()
        return base64.b64encode(digest).decode()


def _etag(text: str) -> str:
    return text.strip('"')


def _metadata(reply: Reply) -> dict[str, str]:
    return {
        name[len(METADATA_HEADER) :]: value for name, value in reply.headers.items() if name.startswith(METADATA_HEADER)
    }
