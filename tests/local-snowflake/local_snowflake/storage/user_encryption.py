"""Client-side encryption with the user's own master key, as Snowflake reads it from external stages.

AWS_CSE is the first envelope of the AWS encryption clients: the content in AES-CBC, its key in AES-ECB under the master
key, both with PKCS#7 padding, in the metadata x-amz-key, x-amz-iv, x-amz-matdesc. AZURE_CSE is the first version of the
Azure clients: the same content, key and vector in the JSON text `encryptiondata`, the key wrapped as RFC 3394 has it or
as the drivers do it.
"""

from __future__ import annotations

import base64
import binascii
import json

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.keywrap import InvalidUnwrap, aes_key_unwrap

from .encryption import metadata_bytes, open_cipher
from .object_store import ObjectStore, ObjectUnreadable, StoredObject

AWS_CSE, AZURE_CSE = "AWS_CSE", "AZURE_CSE"
KEY_BYTES = (16, 32)


def master_key(text: str) -> bytes | None:
    """A master key out of its base64, of 128 or 256 bits; None when it is no such key."""
    try:
        key = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    return key if len(key) in KEY_BYTES else None


def read_external(store: ObjectStore, kind: str | None, key: bytes | None, stored: StoredObject) -> bytes:
    """The bytes of a user's file; `kind` is AWS_CSE, AZURE_CSE or anything that needs no key here."""
    data, metadata = store.read_object(stored)
    if kind == AWS_CSE:
        return _open_aws(key, data, metadata)
    return _open_azure(key, data, metadata) if kind == AZURE_CSE else data


def _open_aws(key: bytes, data: bytes, metadata: dict[str, str]) -> bytes:
    if "x-amz-key-v2" in metadata:
        raise ObjectUnreadable("the object has an encryption envelope of the second version, x-amz-key-v2")
    if "x-amz-matdesc" not in metadata:
        raise ObjectUnreadable("the object has no x-amz-matdesc")
    file_key = open_cipher(Cipher(algorithms.AES(key), modes.ECB()), metadata_bytes(metadata, "x-amz-key"), "x-amz-key")
    return _open_content(file_key, metadata_bytes(metadata, "x-amz-iv"), data)


def _open_azure(key: bytes, data: bytes, metadata: dict[str, str]) -> bytes:
    try:
        envelope = json.loads(metadata["encryptiondata"])
        wrapping, vector = envelope["WrappedContentKey"], base64.b64decode(envelope["ContentEncryptionIV"], validate=True)
        wrapped, algorithm = base64.b64decode(wrapping["EncryptedKey"], validate=True), wrapping["Algorithm"]
    except KeyError as missing:
        raise ObjectUnreadable(f"the object has no {missing}") from None
    except (ValueError, TypeError):
        raise ObjectUnreadable("encryptiondata is not what the Azure clients write") from None
    if algorithm in ("A128KW", "A256KW"):
        try:
            return _open_content(aes_key_unwrap(key, wrapped), vector, data)
        except (InvalidUnwrap, ValueError):
            raise ObjectUnreadable("the content key cannot be unwrapped with the MASTER_KEY") from None
    return _open_content(open_cipher(Cipher(algorithms.AES(key), modes.ECB()), wrapped, "EncryptedKey"), vector, data)


def _open_content(file_key: bytes, vector: bytes, data: bytes) -> bytes:
    if len(file_key) not in KEY_BYTES or len(vector) != 16:
        raise ObjectUnreadable("content key or vector have not the length of AES")
    return open_cipher(Cipher(algorithms.AES(file_key), modes.CBC(vector)), data, "content")
