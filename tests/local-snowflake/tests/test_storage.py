"""Encryption and signatures of the bucket, written here a second time from their descriptions."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import os
import time
from types import SimpleNamespace
from urllib.parse import quote

import pytest
from cryptography.hazmat.primitives import padding
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from local_snowflake.storage.bucket import _aws_chunks
from local_snowflake.storage.catalog import Catalog
from local_snowflake.storage.credentials import REGION, CredentialIssuer
from local_snowflake.storage.encryption import issue_material, read_plain
from local_snowflake.storage.object_store import ObjectUnreadable
from local_snowflake.storage.own_objects import OwnObjects
from local_snowflake.storage.signature import SignedRequest, StorageRefusal, verify


def padded(data: bytes) -> bytes:
    padder = padding.PKCS7(128).padder()
    return padder.update(data) + padder.finalize()


def encrypted(cipher: Cipher, data: bytes) -> bytes:
    encryptor = cipher.encryptor()
    return encryptor.update(padded(data)) + encryptor.finalize()


@pytest.fixture
def kept(tmp_path):
    objects = OwnObjects(tmp_path)
    catalog = Catalog(tmp_path, lambda prefix: None)
    yield SimpleNamespace(objects=objects, catalog=catalog)
    catalog.close()
    objects.close()


def stage_file(kept: SimpleNamespace, plain: bytes, key_bits: int = 128, **changes: str):
    """Uploads a file as a client does; `changes` replace metadata values."""
    material = issue_material(kept.catalog, "query-1", key_bits)
    master, file_key, vector = (
        base64.b64decode(material.query_stage_master_key),
        os.urandom(key_bits // 8),
        os.urandom(16),
    )
    body = encrypted(Cipher(algorithms.AES(file_key), modes.CBC(vector)), plain)
    description = {"queryId": "query-1", "smkId": str(material.smk_id), "keySize": str(key_bits)}
    metadata = {
        "sfc-digest": base64.b64encode(hashlib.sha256(plain).digest()).decode(),
        "x-amz-key": base64.b64encode(encrypted(Cipher(algorithms.AES(master), modes.ECB()), file_key)).decode(),
        "x-amz-iv": base64.b64encode(vector).decode(),
        "x-amz-matdesc": json.dumps(description),
        **changes,
    }
    file = kept.objects.new_object_file()
    file.write_bytes(body)
    kept.objects.put_object(
        "users/DEMO/f", file, len(body), "etag", {name: value for name, value in metadata.items() if value}
    )
    return kept.objects.find_object("users/DEMO/f")


def opened(kept: SimpleNamespace, stored, encrypted_stage: bool) -> bytes:
    return read_plain(kept.catalog, kept.objects, encrypted_stage, stored)


@pytest.mark.parametrize("key_bits", [128, 256])
@pytest.mark.parametrize("size", [0, 15, 16, 1000])
def test_an_uploaded_file_opens(kept, key_bits, size):
    plain = os.urandom(size)
    assert opened(kept, stage_file(kept, plain, key_bits), True) == plain


def test_smk_id_is_more_than_a_double_holds(kept):
    assert issue_material(kept.catalog, "query-1", 128).smk_id > 2**53


@pytest.mark.parametrize(
    "changes",
    [
        {"sfc-digest": base64.b64encode(bytes(32)).decode()},
        {"sfc-digest": ""},
        {"x-amz-iv": base64.b64encode(bytes(15)).decode()},
        {"x-amz-key": base64.b64encode(bytes(32)).decode()},
        {"x-amz-key": "not base64"},
        {"x-amz-matdesc": ""},
        {"x-amz-matdesc": json.dumps({"queryId": "query-1", "smkId": 5, "keySize": "128"})},
        {"x-amz-matdesc": json.dumps({"queryId": "query-1", "smkId": "5", "keySize": "128"})},
    ],
)
def test_wrong_metadata_is_refused(kept, changes):
    with pytest.raises(ObjectUnreadable):
        opened(kept, stage_file(kept, b"some content", **changes), True)


def test_an_encrypted_file_does_not_open_in_a_plain_stage(kept):
    with pytest.raises(ObjectUnreadable):
        opened(kept, stage_file(kept, b"x"), False)


def signed(credentials, secret=None, stamp=None, **changes) -> SignedRequest:
    """A PUT signed in the header form; `changes` are headers altered after signing."""
    stamp = stamp or time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
    headers = {
        "host": "127.0.0.1:1",
        "x-amz-content-sha256": "UNSIGNED-PAYLOAD",
        "x-amz-date": stamp,
        "x-amz-meta-a": "  two  words ",
        "x-amz-security-token": credentials.token,
    }
    names = ";".join(sorted(headers))
    lines = [f"{name}:{' '.join(headers[name].split())}" for name in sorted(headers)]
    canonical = "\n".join(["PUT", "/local-stages/a%20b/%2B", "x-id=PutObject", *lines, "", names, "UNSIGNED-PAYLOAD"])
    scope = f"{stamp[:8]}/{REGION}/s3/aws4_request"
    text = "\n".join(["AWS4-HMAC-SHA256", stamp, scope, hashlib.sha256(canonical.encode()).hexdigest()])
    key = ("AWS4" + (secret or credentials.secret_key)).encode()
    for part in scope.split("/"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    signature = hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
    headers["authorization"] = (
        f"AWS4-HMAC-SHA256 Credential={credentials.key_id}/{scope}, SignedHeaders={names}, Signature={signature}"
    )
    return SignedRequest("PUT", "/local-stages/a%20b/%2B", "x-id=PutObject", {**headers, **changes})


def test_a_right_signature():
    issuer = CredentialIssuer(60)
    credentials = issuer.issue("a b/")
    assert verify(signed(credentials), issuer) is credentials


@pytest.mark.parametrize(
    ("keywords", "status", "code"),
    [
        ({"secret": "wrong"}, 403, "SignatureDoesNotMatch"),
        ({"x-amz-meta-a": "changed"}, 403, "SignatureDoesNotMatch"),
        ({"x-amz-meta-b": "not signed"}, 403, "AccessDenied"),
        ({"authorization": ""}, 403, "AccessDenied"),
        ({"stamp": "20200101T000000Z"}, 403, "RequestTimeTooSkewed"),
    ],
)
def test_wrong_signatures(keywords, status, code):
    issuer = CredentialIssuer(60)
    with pytest.raises(StorageRefusal) as caught:
        verify(signed(issuer.issue("a b/"), **keywords), issuer)
    assert (caught.value.status, caught.value.code) == (status, code)


def test_expired_credentials():
    issuer = CredentialIssuer(0)
    with pytest.raises(StorageRefusal) as caught:
        verify(signed(issuer.issue("a b/")), issuer)
    assert (caught.value.status, caught.value.code) == (400, "ExpiredToken")


def test_presigned_form():
    issuer = CredentialIssuer(60)
    credentials = issuer.issue("k")
    stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
    scope = f"{stamp[:8]}/{REGION}/s3/aws4_request"
    query = {
        "X-Amz-Algorithm": "AWS4-HMAC-SHA256", "X-Amz-Credential": f"{credentials.key_id}/{scope}", "X-Amz-Date": stamp,
        "X-Amz-Expires": "60", "X-Amz-Security-Token": credentials.token, "X-Amz-SignedHeaders": "host",
    }  # fmt: skip
    text = "&".join(f"{name}={quote(value, safe='')}" for name, value in query.items())
    canonical = f"GET\n/local-stages/k\n{text}\nhost:h\n\nhost\nUNSIGNED-PAYLOAD"
    to_sign = f"AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    key = ("AWS4" + credentials.secret_key).encode()
    for part in scope.split("/"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    signature = hmac.new(key, to_sign.encode(), hashlib.sha256).hexdigest()
    assert (
        verify(SignedRequest("GET", "/local-stages/k", f"{text}&X-Amz-Signature={signature}", {"host": "h"}), issuer)
        is credentials
    )
    with pytest.raises(StorageRefusal):
        verify(SignedRequest("PUT", "/local-stages/k", f"{text}&X-Amz-Signature={signature}", {"host": "h"}), issuer)


@pytest.mark.parametrize("piece", [1, 3, 7, 1000])
def test_aws_chunks_in_any_pieces(piece):
    body = b"5\r\nhello\r\n6;x=y\r\n world\r\n0\r\nx-amz-checksum-crc32:AAAA\r\n\r\n"

    async def stream(content):
        for start in range(0, len(content), piece):
            yield content[start : start + piece]

    async def collect(content):
        return b"".join([data async for data in _aws_chunks(stream(content))])

    assert asyncio.run(collect(body)) == b"hello world"
    with pytest.raises(StorageRefusal):
        asyncio.run(collect(body[:12]))
