"""What the statements about stages need of a place where objects lie, whichever it is: our own, or a cloud's."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol


@dataclass(frozen=True)
class StoredObject:
    """An object: its key, size in bytes as stored, ETag without quotes, metadata without the cloud's prefix, epoch seconds.

    `file` is where the bytes are, for our own objects only. An object out of a list of a cloud has no metadata.
    """

    key: str
    size_bytes: int
    etag: str
    metadata: dict[str, str]
    modified: float
    file: Path | None = None


class ObjectUnreadable(Exception):
    """An object whose bytes or metadata are not as they should be, or that may not be read; the text says why."""


class ObjectStore(Protocol):
    """Objects by key. Refusals of a cloud are ObjectUnreadable."""

    def find_object(self, key: str) -> StoredObject | None:
        """The object with exactly this key, with its metadata."""

    def objects(self, prefix: str) -> list[StoredObject]:
        """The objects whose key starts with `prefix`, by key."""

    def read_object(self, stored: StoredObject) -> tuple[bytes, dict[str, str]]:
        """The bytes as stored, and the metadata."""

    def remove_objects(self, keys: list[str]) -> None:
        """Deletes objects; those that are gone already are not missed."""
