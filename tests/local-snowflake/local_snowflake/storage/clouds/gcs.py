"""Objects of a bucket of Google Cloud Storage, by its JSON interface and without a token: the emulator wants none."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote, urlencode

from ..object_store import ObjectUnreadable, StoredObject
from .requests import Reply, refusal, send


@dataclass(frozen=True)
class GoogleObjects:
    """An ObjectStore."""

    origin: str
    bucket: str

    def find_object(self, key: str) -> StoredObject | None:
        """See ObjectStore."""
        reply = self._send("GET", key)
        if reply.status == 404:
            return None
        return _stored(_json(reply))

    def objects(self, prefix: str) -> list[StoredObject]:
        """See ObjectStore."""
        found: list[StoredObject] = []
        query = {"prefix": prefix}
        while True:
            page = _json(self._send("GET", None, query))
            found.extend(_stored(entry) for entry in page.get("items", []))
            if not page.get("nextPageToken"):
                return sorted(found, key=lambda stored: stored.key)
            query["pageToken"] = page["nextPageToken"]

    def read_object(self, stored: StoredObject) -> tuple[bytes, dict[str, str]]:
        """See ObjectStore."""
        metadata = _stored(_json(self._send("GET", stored.key))).metadata
        reply = self._send("GET", stored.key, {"alt": "media"})
        if reply.status != 200:
            raise refusal(reply)
        return reply.body, metadata

    def remove_objects(self, keys: list[str]) -> None:
        """See ObjectStore."""
        for key in keys:
            reply = self._send("DELETE", key)
            if reply.status not in (200, 204, 404):
                raise refusal(reply)

    def put_object(self, key: str, data: bytes, metadata: dict[str, str]) -> None:
        """Writes an object, by a multipart request: that keeps its metadata."""
        about = json.dumps({"name": key, "metadata": metadata}).encode()
        parts = ((b"application/json", about), (b"application/octet-stream", data))
        body = b"".join(b"--=part\r\ncontent-type: " + kind + b"\r\n\r\n" + part + b"\r\n" for kind, part in parts) + b"--=part--\r\n"
        headers = {"content-type": 'multipart/related; boundary="=part"'}
        reply = send(self.origin, "POST", f"/upload/storage/v1/b/{self.bucket}/o?uploadType=multipart", headers, body)
        if reply.status != 200:
            raise refusal(reply)

    def _send(self, method: str, key: str | None, query: dict[str, str] | None = None) -> Reply:
        path = f"/storage/v1/b/{quote(self.bucket, safe='')}/o" + ("" if key is None else f"/{quote(key, safe='')}")
        return send(self.origin, method, path + (f"?{urlencode(query, quote_via=quote)}" if query else ""), {})


def _json(reply: Reply) -> dict:
    if reply.status != 200:
        raise refusal(reply)
    try:
        return json.loads(reply.body)
    except ValueError:
        raise ObjectUnreadable("the storage did not answer in JSON") from None


def _stored(entry: dict) -> StoredObject:
    modified = datetime.fromisoformat(entry["updated"].replace("Z", "+00:00")).timestamp()
    return StoredObject(entry["name"], int(entry["size"]), entry.get("etag", "").strip('"'), entry.get("metadata") or {}, modified)
