"""Client-side encryption of internal stages: master keys given out by PUT, objects opened again by COPY and GET.

The scheme is Snowflake's: a random key per file, AES-CBC with PKCS#7 over the file, that key wrapped with
AES-ECB under the key of the PUT statement; everything needed travels in `x-amz-meta-*` headers.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import os
import secrets
from dataclasses import dataclass

from cryptography.hazmat.primitives import padding
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from .catalog import Catalog
from .metadata import WrongMetadata, common_metadata
from .object_store import ObjectStore, ObjectUnreadable, StoredObject

SMALLEST_SMK_ID = 2**53 + 1
"""Ids start above what a double can hold, so that a client that parses them as one is found out."""


@dataclass(frozen=True)
class EncryptionMaterial:
    """What one PUT or GET reply says about encryption."""

    query_stage_master_key: str
    query_id: str
    smk_id: int

    def wire(self, smk_id_as_string: bool) -> dict:
        """The JSON object of the reply; the id is a string only for clients that asked for that."""
        return {
            "queryStageMasterKey": self.query_stage_master_key,
            "queryId": self.query_id,
            "smkId": str(self.smk_id) if smk_id_as_string else self.smk_id,
        }


def issue_material(catalog: Catalog, query_id: str, key_bits: int) -> EncryptionMaterial:
    """A fresh master key for one PUT statement, remembered for the COPY that comes later."""
    key = os.urandom(key_bits // 8)
    smk_id = SMALLEST_SMK_ID + secrets.randbelow(2**60)
    catalog.add_master_key(smk_id, query_id, key)
    return EncryptionMaterial(base64.b64encode(key).decode(), query_id, smk_id)


def material_of(catalog: Catalog, stored: StoredObject) -> EncryptionMaterial | None:
    """The material with which a client can open an object again; None for an object that is not encrypted."""
    metadata = _common(stored.metadata)
    if "x-amz-matdesc" not in metadata:
        return None
    description = description_of(metadata)
    smk_id = int(description["smkId"])
    found = catalog.master_key(smk_id)
    if found is None:
        raise ObjectUnreadable(f"unknown smkId {smk_id}")
    return EncryptionMaterial(base64.b64encode(found[1]).decode(), found[0], smk_id)


def read_plain(catalog: Catalog, store: ObjectStore, encrypted_stage: bool, stored: StoredObject) -> bytes:
    """The bytes as the client had them before encryption, with the digest checked."""
    data, metadata = store.read_object(stored)
    metadata = _common(metadata)
    if encrypted_stage:
        data = _decrypt(catalog, metadata, data)
    elif "x-amz-key" in metadata:
        raise ObjectUnreadable("the object is client-side encrypted but its stage is not")
    digest = metadata.get("sfc-digest")
    if digest is None:
        raise ObjectUnreadable("the object has no sfc-digest")
    if base64.b64encode(hashlib.sha256(data).digest()).decode() != digest:
        raise ObjectUnreadable("sfc-digest does not match the content")
    return data


def _common(metadata: dict[str, str]) -> dict[str, str]:
    try:
        return common_metadata(metadata)
    except WrongMetadata as problem:
        raise ObjectUnreadable(str(problem)) from None


def description_of(metadata: dict[str, str]) -> dict[str, str]:
    """The members of x-amz-matdesc, checked."""
    text = metadata.get("x-amz-matdesc")
    if text is None:
        raise ObjectUnreadable("the object has no x-amz-matdesc")
    try:
        description = json.loads(text)
    except ValueError:
        raise ObjectUnreadable("x-amz-matdesc is not JSON") from None
    wanted = {"queryId", "smkId", "keySize"}
    if not isinstance(description, dict) or set(description) != wanted:
        raise ObjectUnreadable(f"x-amz-matdesc must have the members {sorted(wanted)}")
    if not all(isinstance(value, str) for value in description.values()) or not description["smkId"].isdigit():
        raise ObjectUnreadable("the values of x-amz-matdesc must be strings")
    return description


def master_key_of(catalog: Catalog, description: dict[str, str]) -> bytes:
    """The key that the PUT statement of a description gave out."""
    found = catalog.master_key(int(description["smkId"]))
    if found is None or found[0] != description["queryId"]:
        raise ObjectUnreadable("smkId and queryId of x-amz-matdesc name no key given out by this server")
    if description["keySize"] != str(len(found[1]) * 8):
        raise ObjectUnreadable(f"keySize {description['keySize']} is not that of the key given out")
    return found[1]


def unwrapped_key(master_key: bytes, metadata: dict[str, str]) -> bytes:
    """The key of the file."""
    key = open_cipher(Cipher(algorithms.AES(master_key), modes.ECB()), metadata_bytes(metadata, "x-amz-key"), "x-amz-key")
    if len(key) != len(master_key):
        raise ObjectUnreadable("the file key has not the length of the master key")
    return key


def _decrypt(catalog: Catalog, metadata: dict[str, str], data: bytes) -> bytes:
    file_key = unwrapped_key(master_key_of(catalog, description_of(metadata)), metadata)
    vector = metadata_bytes(metadata, "x-amz-iv")
    if len(vector) != 16:
        raise ObjectUnreadable("x-amz-iv is not 16 bytes")
    if not data or len(data) % 16:
        raise ObjectUnreadable("the content is not whole AES blocks")
    return open_cipher(Cipher(algorithms.AES(file_key), modes.CBC(vector)), data, "content")


def metadata_bytes(metadata: dict[str, str], name: str) -> bytes:
    """What a metadata value says in base64."""
    try:
        return base64.b64decode(metadata[name], validate=True)
    except KeyError:
        raise ObjectUnreadable(f"the object has no {name}") from None
    except binascii.Error:
        raise ObjectUnreadable(f"{name} is not base64") from None


def open_cipher(cipher: Cipher, data: bytes, what: str) -> bytes:
    """Decrypts and takes the PKCS#7 padding off; `what` names the data in the message."""
    if len(data) % 16:
        raise ObjectUnreadable(f"{what} is not whole AES blocks")
    decryptor = cipher.decryptor()
    padded = decryptor.update(data) + decryptor.finalize()
    unpadder = padding.PKCS7(128).unpadder()
    try:
        return unpadder.update(padded) + unpadder.finalize()
    except ValueError:
        raise ObjectUnreadable(f"{what} has wrong padding after decryption") from None
