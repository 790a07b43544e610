"""What is staged, in one form whichever client stored it in whichever cloud: what must differ is checked and named.

`/__local/objects?canonical=1` shows it, so that objects of the official connectors and of our own client can be compared.
"""

from __future__ import annotations

import base64
import hashlib
import json

from .catalog import Catalog
from .encryption import description_of, master_key_of, read_plain, unwrapped_key
from .metadata import WrongMetadata, common_metadata
from .object_store import ObjectStore, ObjectUnreadable, StoredObject


def plain_entry(stored: StoredObject, key: str) -> dict:
    """Key, size as stored, metadata as it came."""
    return {"key": key, "size_bytes": stored.size_bytes, "metadata": stored.metadata}


def problem_of(catalog: Catalog, store: ObjectStore, stored: StoredObject) -> str | None:
    """Why an object cannot be opened again with the keys given out, or None when it can."""
    try:
        read_plain(catalog, store, "x-amz-key" in common_metadata(stored.metadata), stored)
    except (ObjectUnreadable, WrongMetadata) as problem:
        return str(problem)
    return None


def canonical_entry(catalog: Catalog, store: ObjectStore, stored: StoredObject, key: str) -> dict:
    """The same for equal files: random keys, vectors and ids are replaced by what they were found to be."""
    entry = {**plain_entry(stored, key), "problem": problem_of(catalog, store, stored)}
    if entry["problem"] is not None:
        return entry
    common = common_metadata(stored.metadata)
    plain = read_plain(catalog, store, "x-amz-key" in common, stored)
    entry["plain_size_bytes"], entry["sha256"] = len(plain), base64.b64encode(hashlib.sha256(plain).digest()).decode()
    entry["metadata"] = {name: _canonical_value(catalog, name, stored.metadata[name], common) for name in sorted(stored.metadata)}
    return entry


def _canonical_value(catalog: Catalog, name: str, value: str, common: dict[str, str]) -> object:
    if name == "x-amz-key":
        return _key(catalog, common)
    if name == "x-amz-iv":
        return _vector(value)
    if name in ("x-amz-matdesc", "matdesc"):
        # master_key_of checks that both ids are those of one PUT statement
        return {member: text if member == "keySize" else "that of the PUT statement" for member, text in json.loads(value).items()}
    if name == "encryptiondata":
        content = json.loads(value)
        content["WrappedContentKey"]["EncryptedKey"] = _key(catalog, common)
        content["ContentEncryptionIV"] = _vector(content["ContentEncryptionIV"])
        content["KeyWrappingMetadata"]["EncryptionLibrary"] = "any"
        # constants of the drivers, whatever the size of the key: common_metadata has checked that they are among them
        content["WrappedContentKey"]["Algorithm"] = content["EncryptionAgent"]["EncryptionAlgorithm"] = "AES_CBC"
        return content
    if name in ("sfc-digest", "sfcdigest"):
        return "that of the content"  # read_plain has checked it
    return value


def _key(catalog: Catalog, common: dict[str, str]) -> str:
    key = unwrapped_key(master_key_of(catalog, description_of(common)), common)
    return f"a key of {len(key) * 8} bits in {len(base64.b64decode(common['x-amz-key']))} bytes"


def _vector(text: str) -> str:
    return f"{len(base64.b64decode(text))} bytes"
