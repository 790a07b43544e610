"""The server's own objects: their bytes as plain files, the rest in one SQLite file beside them."""

from __future__ import annotations

import hashlib
import json
import time
import uuid
from pathlib import Path
from typing import Protocol

from .database import Database
from .object_store import ObjectUnreadable, StoredObject

SCHEMA = """
CREATE TABLE IF NOT EXISTS object (
  key TEXT PRIMARY KEY, file TEXT NOT NULL, size INTEGER NOT NULL, etag TEXT NOT NULL,
  metadata TEXT NOT NULL, modified REAL NOT NULL);
"""


class Digest(Protocol):
    """What hashlib gives."""

    def update(self, data: bytes, /) -> None:
        """Takes more bytes."""

    def hexdigest(self) -> str:
        """What became of them."""


class NoDigest:
    """A name in the form of a digest, for when nobody compares it: MD5 takes as long as all else that becomes of an upload."""

    def update(self, data: bytes, /) -> None:
        """Nothing."""

    def hexdigest(self) -> str:
        """Another each time."""
        return uuid.uuid4().hex


class OwnObjects:
    """Thread-safe access; an ObjectStore, and what the storages that receive objects need beyond it."""

    def __init__(self, directory: Path, *, has_digests: bool = True) -> None:
        self._has_digests = has_digests
        self._directory = directory / "objects"
        self._directory.mkdir(parents=True, exist_ok=True)
        self._database = Database(directory / "objects.sqlite", SCHEMA)

    def close(self) -> None:
        """Ends the use of the file."""
        self._database.close()

    def new_object_file(self) -> Path:
        """A fresh path for the bytes of an object that is being received."""
        return self._directory / uuid.uuid4().hex

    def new_digest(self) -> Digest:
        """What makes an object's ETag of its bytes."""
        return hashlib.md5() if self._has_digests else NoDigest()

    def put_object(self, key: str, file: Path, size_bytes: int, etag: str, metadata: dict[str, str]) -> None:
        """Makes a received file the object `key`; the bytes of an earlier one go."""
        with self._database.lock:
            old = self._database.rows("SELECT file FROM object WHERE key=?", key)
            self._database.run(
                "INSERT OR REPLACE INTO object VALUES (?,?,?,?,?,?)",
                key, file.name, size_bytes, etag, json.dumps(metadata), time.time(),
            )  # fmt: skip
        for (name,) in old:
            (self._directory / name).unlink(missing_ok=True)

    def find_object(self, key: str) -> StoredObject | None:
        """See ObjectStore."""
        rows = self._database.rows("SELECT * FROM object WHERE key=?", key)
        return self._object(rows[0]) if rows else None

    def objects(self, prefix: str) -> list[StoredObject]:
        """See ObjectStore."""
        end = prefix + "\U0010ffff"
        rows = self._database.rows("SELECT * FROM object WHERE key>=? AND key<? ORDER BY key", prefix, end)
        return [self._object(row) for row in rows]

    def read_object(self, stored: StoredObject) -> tuple[bytes, dict[str, str]]:
        """See ObjectStore."""
        data = stored.file.read_bytes()
        if len(data) != stored.size_bytes:
            raise ObjectUnreadable(f"stored size {len(data)} differs from {stored.size_bytes}")
        return data, stored.metadata

    def remove_objects(self, keys: list[str]) -> None:
        """See ObjectStore."""
        for key in keys:
            for (name,) in self._database.rows("SELECT file FROM object WHERE key=?", key):
                (self._directory / name).unlink(missing_ok=True)
            self._database.run("DELETE FROM object WHERE key=?", key)

    def _object(self, row: tuple) -> StoredObject:
        key, name, size_bytes, etag, metadata, modified = row
        return StoredObject(key, size_bytes, etag, json.loads(metadata), modified, self._directory / name)
