"""Encrypts files as users of external stages do, written here a second time from the descriptions of the clients."""

from __future__ import annotations

import base64
import json
import os

from cryptography.hazmat.primitives import padding
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.keywrap import aes_key_wrap


def _encrypted(cipher: Cipher, data: bytes) -> bytes:
    padder, encryptor = padding.PKCS7(128).padder(), cipher.encryptor()
    return encryptor.update(padder.update(data) + padder.finalize()) + encryptor.finalize()


def encrypt_aws(master_key: bytes, data: bytes, key_bytes: int = 32) -> tuple[bytes, dict[str, str]]:
    """Content and metadata of AWS_CSE, as PipelineWise's `client_side_encryption_master_key` makes them."""
    file_key, vector = os.urandom(key_bytes), os.urandom(16)
    metadata = {
        "x-amz-key": base64.b64encode(_encrypted(Cipher(algorithms.AES(master_key), modes.ECB()), file_key)).decode(),
        "x-amz-iv": base64.b64encode(vector).decode(),
        "x-amz-matdesc": "{}",
    }
    return _encrypted(Cipher(algorithms.AES(file_key), modes.CBC(vector)), data), metadata


def encrypt_azure(master_key: bytes, data: bytes, key_wrap: bool) -> tuple[bytes, dict[str, str]]:
    """Content and metadata of AZURE_CSE, the key wrapped by RFC 3394 or as the drivers do it."""
    file_key, vector = os.urandom(32), os.urandom(16)
    wrapped = aes_key_wrap(master_key, file_key) if key_wrap else _encrypted(Cipher(algorithms.AES(master_key), modes.ECB()), file_key)
    algorithm = f"A{len(master_key) * 8}KW" if key_wrap else "AES_CBC_256"
    envelope = {
        "WrappedContentKey": {"KeyId": "symmKey1", "EncryptedKey": base64.b64encode(wrapped).decode(), "Algorithm": algorithm},
        "EncryptionAgent": {"Protocol": "1.0", "EncryptionAlgorithm": "AES_CBC_256"},
        "ContentEncryptionIV": base64.b64encode(vector).decode(),
        "KeyWrappingMetadata": {"EncryptionLibrary": "Python"},
    }
    return _encrypted(Cipher(algorithms.AES(file_key), modes.CBC(vector)), data), {"encryptiondata": json.dumps(envelope)}
