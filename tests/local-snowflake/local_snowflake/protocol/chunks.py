"""Large results: which rows go into the reply and which into gzip chunks, and the endpoint that serves them."""

from __future__ import annotations

import base64
import gzip
import json
import secrets
import threading
import time
from dataclasses import dataclass, replace

from starlette.requests import Request
from starlette.responses import Response

PATH = "/local-results/"
LARGEST_CHUNK_BYTES = 1_000_000
KEY_HEADER = "x-amz-server-side-encryption-customer-key"
ALGORITHM_HEADER = "x-amz-server-side-encryption-customer-algorithm"


@dataclass(frozen=True)
class Chunk:
    """One chunk: compressed rows without the outer brackets, the key that fetching it needs, end of life."""

    body: bytes
    key: str
    expires: float


class Chunks:
    """Keeps the chunks of recent results."""

    def __init__(self, valid_seconds: float, threshold_bytes: int) -> None:
        self._valid_seconds = valid_seconds
        self._threshold_bytes = threshold_bytes
        self._lock = threading.Lock()
        self._chunks: dict[str, Chunk] = {}

    def split(self, rows: list[list[str | None]], base_url: str) -> dict:
        """`rowset` of the reply, and `chunks` with `chunkHeaders` when the result is large."""
        encoded, size_bytes, inline = [], 0, len(rows)
        for index, row in enumerate(rows):
            text = json.dumps(row, ensure_ascii=False, separators=(",", ":"))
            size_bytes += len(text) + 1
            encoded.append(text)
            if size_bytes > self._threshold_bytes and inline == len(rows):
                inline = max(index, 1)
        if inline >= len(rows):
            return {"rowset": rows, "returned": len(rows)}
        key = base64.b64encode(secrets.token_bytes(32)).decode()
        chunks, part, part_bytes = [], [], 0
        for text in encoded[inline:]:
            part.append(text)
            part_bytes += len(text) + 1
            if part_bytes >= LARGEST_CHUNK_BYTES:
                chunks.append(self._keep(part, key, base_url))
                part, part_bytes = [], 0
        if part:
            chunks.append(self._keep(part, key, base_url))
        headers = {KEY_HEADER: key, ALGORITHM_HEADER: "AES256"}
        return {"rowset": rows[:inline], "returned": len(rows), "chunks": chunks, "chunkHeaders": headers}

    def _keep(self, part: list[str], key: str, base_url: str) -> dict:
        plain = ",".join(part).encode("utf-8", "surrogatepass")
        body, name, now = gzip.compress(plain, 1), secrets.token_urlsafe(16), time.time()
        with self._lock:
            for old in [name for name, chunk in self._chunks.items() if chunk.expires < now - 600]:
                del self._chunks[old]
            self._chunks[name] = Chunk(body, key, now + self._valid_seconds)
        url = f"{base_url}{PATH}{name}?Expires={int(now + self._valid_seconds)}"
        return {"url": url, "rowCount": len(part), "uncompressedSize": len(plain), "compressedSize": len(body)}

    def expire(self, name: str) -> None:
        """Ends the URL of a chunk now, for a fault rule."""
        with self._lock:
            if name in self._chunks:
                self._chunks[name] = replace(self._chunks[name], expires=0)

    def are_over(self, reply: dict) -> bool:
        """Whether a chunk of a reply can no longer be fetched: who asks for the result again gets other URLs."""
        names = [chunk["url"].partition(PATH)[2].partition("?")[0] for chunk in reply.get("chunks", [])]
        with self._lock:
            return any(name not in self._chunks or time.time() >= self._chunks[name].expires for name in names)

    async def serve(self, request: Request) -> Response:
        """GET of a chunk; like the cloud store it wants the headers of the reply and no session token."""
        with self._lock:
            chunk = self._chunks.get(request.path_params["name"])
        if chunk is None or time.time() >= chunk.expires:
            return _refused("AccessDenied", "Request has expired")
        if request.headers.get(KEY_HEADER) != chunk.key or request.headers.get(ALGORITHM_HEADER) != "AES256":
            return _refused("AccessDenied", "Access Denied")
        return Response(chunk.body, media_type="application/octet-stream", headers={"Content-Encoding": "gzip"})


def _refused(code: str, message: str) -> Response:
    return Response(
        f"<Error><Code>{code}</Code><Message>{message}</Message></Error>", 403, media_type="application/xml"
    )
