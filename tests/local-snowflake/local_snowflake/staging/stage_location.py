"""A location in a stage, resolved: its objects, how they are opened, the names under which they are shown."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from ..engine import SnowflakeError
from ..storage.object_store import ObjectStore, ObjectUnreadable, StoredObject

USER_STAGE, TABLE_STAGE, NAMED_STAGE, EXTERNAL = "user", "table", "named", "external"


@dataclass(frozen=True)
class StageLocation:
    """A resolved location. `root` is the key prefix of the stage itself, `path` what follows it (no leading slash).

    `reader` opens an object: decrypted, but still compressed. `encrypted` says that clients must encrypt (internal stages).
    What the storage refuses becomes error 091003.
    """

    kind: str
    root: str
    path: str
    listed_prefix: str
    store: ObjectStore
    reader: Callable[[StoredObject], bytes]
    encrypted: bool = False
    properties: dict = field(default_factory=dict)

    @property
    def prefix(self) -> str:
        """Key prefix of everything the location means."""
        return self.root + self.path

    @property
    def is_external(self) -> bool:
        """In the user's own storage?"""
        return self.kind == EXTERNAL

    def listed_name(self, key: str) -> str:
        """The name LIST shows for a key: with a named stage's own name, or the whole URL of an external one."""
        return self.listed_prefix + key[len(self.root) :]

    def history_key(self, stored: StoredObject) -> str:
        """Under which name a table remembers that it loaded the object."""
        return self.listed_name(stored.key) if self.is_external else stored.key

    def key_of(self, name: str) -> str:
        """The key of a name of FILES, which is put behind the location as it is."""
        key = self.prefix + name
        return key.removeprefix("/") if self.is_external and not self.prefix else key

    def find(self, name: str) -> StoredObject | None:
        """The object of a name of FILES."""
        try:
            return self.store.find_object(self.key_of(name))
        except ObjectUnreadable as problem:
            raise stage_failure(str(problem)) from None

    def objects(self) -> list[StoredObject]:
        """Everything that the location means, by key."""
        try:
            return self.store.objects(self.prefix)
        except ObjectUnreadable as problem:
            raise stage_failure(str(problem)) from None

    def read(self, stored: StoredObject) -> bytes:
        """The bytes of an object, decrypted."""
        try:
            return self.reader(stored)
        except ObjectUnreadable as problem:
            if self.is_external:
                raise stage_failure(str(problem)) from None
            raise stage_failure(f"File '{self.listed_name(stored.key)}': {problem}") from None

    def remove(self, stored: list[StoredObject]) -> None:
        """Deletes objects."""
        try:
            self.store.remove_objects([one.key for one in stored])
        except ObjectUnreadable as problem:
            raise stage_failure(str(problem)) from None


def stage_failure(cause: str) -> SnowflakeError:
    """091003: what a storage says."""
    return SnowflakeError("091003", "22000", f"Failure using stage area. Cause: [{cause}]")
