"""The Azure-style and Google-style storages: who may do what, with which answer; metadata of each read as one."""

from __future__ import annotations

import asyncio
import json
from types import SimpleNamespace
from urllib.parse import quote, unquote

import pytest
from starlette.applications import Starlette
from starlette.routing import Route

from local_snowflake.storage import azure, google
from local_snowflake.storage.credentials import CredentialIssuer
from local_snowflake.storage.metadata import WrongMetadata, common_metadata
from local_snowflake.storage.own_objects import OwnObjects

METHODS = ["GET", "HEAD", "PUT", "DELETE"]


class Client:
    """Asks an application without a network."""

    def __init__(self, application) -> None:
        self._application = application

    def put(self, url: str, content: bytes | str = b"", headers: dict[str, str] | None = None) -> SimpleNamespace:
        """One PUT; gives status_code, headers and text."""
        content = content.encode() if isinstance(content, str) else content
        path, _, query = url.partition("?")
        given = {"content-length": str(len(content)), **(headers or {})}
        scope = {
            "type": "http", "method": "PUT", "path": unquote(path), "raw_path": quote(path, safe="/%").encode(),
            "query_string": query.encode(), "root_path": "", "server": None, "http_version": "1.1", "scheme": "http",
            "headers": [(name.encode(), value.encode()) for name, value in given.items()],
        }  # fmt: skip
        sent: list[dict] = []

        async def receive():
            return {"type": "http.request", "body": content, "more_body": False}

        async def send(message):
            sent.append(message)

        asyncio.run(self._application(scope, receive, send))
        found = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
        text = b"".join(message.get("body", b"") for message in sent[1:]).decode()
        return SimpleNamespace(status_code=sent[0]["status"], headers=found, text=text)


@pytest.fixture
def storage(tmp_path):
    objects, issuer = OwnObjects(tmp_path), CredentialIssuer(3600)
    container, bucket = azure.BlobContainer(objects, issuer), google.GoogleBucket(objects, issuer)
    routes = [
        Route(azure.PATH + "/{key:path}", container.serve, methods=METHODS),
        Route(f"/{google.BUCKET}/{{key:path}}", bucket.serve, methods=METHODS),
    ]
    yield SimpleNamespace(objects=objects, issuer=issuer, client=Client(Starlette(routes=routes)))
    objects.close()


BLOB = {"x-ms-blob-type": "BlockBlob", "x-ms-meta-sfcdigest": "d"}


def test_azure_checks_every_parameter_of_the_signature_and_its_prefix(storage):
    signature = azure.issue_signature(storage.issuer, "users/A/")
    put = lambda key, sas, **headers: storage.client.put(f"{azure.PATH}/{key}{sas}", content=b"x", headers={**BLOB, **headers})  # noqa: E731
    assert put("users/A/a b.gz", signature).status_code == 201
    assert storage.objects.find_object("users/A/a b.gz").metadata == {"sfcdigest": "d"}
    for wrong in ("", signature.replace("sp=racwdlx", "sp=r"), signature[:-4]):
        answer = put("users/A/b", wrong)
        assert (answer.status_code, answer.headers["x-ms-error-code"]) == (403, "AuthenticationFailed")
    assert put("users/B/b", signature).headers["x-ms-error-code"] == "AuthorizationPermissionMismatch"
    assert put("users/A/a b.gz", signature, **{"if-none-match": "*"}).status_code == 409
    assert put("users/A/b", signature, **{"x-ms-blob-type": "PageBlob"}).status_code == 400
    assert put("users/A/b", signature, **{"x-ms-meta-sfc-digest": "d"}).headers["x-ms-error-code"] == "InvalidMetadata"
    storage.issuer.expire(unquote(signature.rpartition("sig=")[2]))
    answer = put("users/A/b", signature)
    assert answer.status_code == 403 and "Signature not valid in the specified time frame" in answer.text


def test_azure_makes_a_blob_of_listed_blocks_only(storage):
    signature = azure.issue_signature(storage.issuer, "").removeprefix("?")
    block = lambda identity: storage.client.put(  # noqa: E731
        f"{azure.PATH}/k?comp=block&blockid={quote(identity)}&{signature}", content=identity.encode()
    )
    listed = lambda *identities: storage.client.put(  # noqa: E731
        f"{azure.PATH}/k?comp=blocklist&{signature}",
        content="<BlockList>" + "".join(f"<Latest>{identity}</Latest>" for identity in identities) + "</BlockList>",
        headers={"x-ms-meta-matdesc": "m"},
    )
    assert [block(identity).status_code for identity in ("AAAA", "BBBB", "CCCC")] == [201] * 3
    assert block("AAAAAAAA").status_code == 400, "ids of one blob have one length"
    assert block("A-A").status_code == 400
    assert listed("AAAA", "DDDD").headers["x-ms-error-code"] == "InvalidBlockList"
    assert listed("CCCC", "AAAA").status_code == 201
    stored = storage.objects.find_object("k")
    assert (stored.file.read_bytes(), stored.metadata) == (b"CCCCAAAA", {"matdesc": "m"})
    assert listed("AAAA").status_code == 400, "uncommitted blocks went with the commit"


def test_google_takes_a_token_or_a_url_and_never_both(storage):
    token = google.issue_token(storage.issuer, "p/")
    put = lambda key, token, **headers: storage.client.put(  # noqa: E731
        f"/{google.BUCKET}/{key}", content=b"x", headers={"authorization": f"Bearer {token}", **headers}
    )
    assert put("p%2Fa", token, **{"x-goog-meta-sfc-digest": "d"}).status_code == 200
    assert storage.objects.find_object("p/a").metadata == {"sfc-digest": "d"}
    assert [put("p%2Fa", "other").status_code, put("q%2Fa", token).status_code] == [401, 403]
    assert put("p%2Fa", token, **{"content-encoding": "gzip"}).status_code == 400
    url = google.issue_url(storage.issuer, "", "p/b")
    assert storage.client.put(url, content=b"x").status_code == 200
    assert storage.client.put(url, content=b"x", headers={"authorization": "Bearer " + token}).status_code == 400
    assert storage.client.put(url.replace("/b?", "/c?"), content=b"x").status_code == 403
    storage.issuer.expire(token)
    storage.issuer.expire(url.rpartition("=")[2])
    assert put("p%2Fa", token).status_code == 401
    answer = storage.client.put(url, content=b"x")
    assert answer.status_code == 400 and "ExpiredToken" in answer.text


ENVELOPE = {
    "EncryptionMode": "FullBlob",
    "WrappedContentKey": {"KeyId": "symmKey1", "EncryptedKey": "k", "Algorithm": "AES_CBC_256"},
    "EncryptionAgent": {"Protocol": "1.0", "EncryptionAlgorithm": "AES_CBC_128"},
    "ContentEncryptionIV": "v",
    "KeyWrappingMetadata": {"EncryptionLibrary": "any"},
}


def test_metadata_of_each_cloud_is_read_as_one():
    common = {"sfc-digest": "d", "x-amz-key": "k", "x-amz-iv": "v", "x-amz-matdesc": "m"}
    assert common_metadata(common) == common
    for digest in ("sfcdigest", "sfc-digest"):
        assert common_metadata({digest: "d", "encryptiondata": json.dumps(ENVELOPE), "matdesc": "m"}) == common
    assert common_metadata({"sfcdigest": "d"}) == {"sfc-digest": "d"}
    without_vector = {name: value for name, value in ENVELOPE.items() if name != "ContentEncryptionIV"}
    for wrong in ("[]", "no JSON", json.dumps(without_vector), json.dumps({**ENVELOPE, "EncryptionMode": "Partial"})):
        with pytest.raises(WrongMetadata):
            common_metadata({"encryptiondata": wrong})
