"""External stages and COPY from URLs, on moto, azurite and gcp-storage-emulator: who may read what, and what is read."""

from __future__ import annotations

import base64
import gzip
import os
import uuid
from datetime import datetime, timedelta, timezone
from hashlib import sha256
from hmac import digest
from urllib.parse import quote

import pytest
from local_snowflake.storage.clouds.azure import AzureObjects
from local_snowflake.storage.clouds.requests import send
from local_snowflake.storage.clouds.s3 import S3Objects
from local_snowflake.storage.object_store import ObjectUnreadable
from user_encryption import encrypt_aws, encrypt_azure
from wire_client import Client

CLOUDS = ("s3", "azure", "gcs")
FORMAT = "FILE_FORMAT = (TYPE = CSV)"
CONTENT = gzip.compress(b"1,one\n2,two\n")
MORE = gzip.compress(b"3,three\n")
ROWS = [["1", "one"], ["2", "two"]]


@pytest.fixture
def client(external_server):
    """A session in a schema of its own that has a table and an integration for each cloud."""
    made = Client(external_server)
    made.rows(f'CREATE SCHEMA "{uuid.uuid4().hex}"')
    made.rows("CREATE TABLE T (A NUMBER, B VARCHAR)")
    return made


@pytest.fixture
def place(emulators):
    """A path in every user's bucket that only this test uses."""
    return f"{uuid.uuid4().hex}/in"


@pytest.fixture
def access(client, emulators):
    """`access(cloud)`: the clause with which a statement may read the user's bucket there."""

    def clause(cloud: str) -> str:
        needed = {"s3": "STORAGE_AWS_ROLE_ARN = 'arn:aws:iam::1:role/r'", "azure": "AZURE_TENANT_ID = 't'", "gcs": ""}[cloud]
        client.rows(
            f"CREATE STORAGE INTEGRATION IF NOT EXISTS ALL_OF_{cloud} TYPE = EXTERNAL_STAGE STORAGE_PROVIDER = '{cloud.upper()}'"
            f" ENABLED = TRUE {needed} STORAGE_ALLOWED_LOCATIONS = ('{emulators.url(cloud, '')}')"
        )
        return f"STORAGE_INTEGRATION = ALL_OF_{cloud}"

    return clause


def keys(emulators) -> str:
    """The user's own keys of S3."""
    address = emulators.addresses["s3"]
    return f"CREDENTIALS = (AWS_KEY_ID = '{address.name}' AWS_SECRET_KEY = '{address.secret}')"


def loaded(client) -> list:
    return client.rows("SELECT A, B FROM T ORDER BY A")


@pytest.mark.parametrize("cloud", CLOUDS)
def test_stage_of_each_cloud(client, emulators, place, access, cloud):
    emulators.store(cloud).put_object(f"{place}/sub/a.csv.gz", CONTENT, {})
    emulators.store(cloud).put_object(f"{place}/sub/b.csv.gz", MORE, {})
    url = emulators.url(cloud, f"{place}/")
    client.rows(f"CREATE STAGE E URL = '{url}' {access(cloud)} {FORMAT}")
    listed = client.rows("LIST @E/sub/")
    assert [(row[0], row[1]) for row in listed] == [(f"{url}sub/a.csv.gz", str(len(CONTENT))), (f"{url}sub/b.csv.gz", str(len(MORE)))]
    copied = client.rows("COPY INTO T FROM @E/sub/ FILES = ('a.csv.gz')")
    assert [row[:4] for row in copied] == [[f"{url}sub/a.csv.gz", "LOADED", "2", "2"]]
    assert loaded(client) == ROWS
    again = client.rows("COPY INTO T FROM @E FILES = ('sub/a.csv.gz', 'sub/b.csv.gz')")
    assert sorted(row[1] for row in again) == ["LOADED", "LOAD_SKIPPED"], "the same file by another path is known"
    assert client.rows("COPY INTO T (A, B) FROM (SELECT $1 + 10, $2 FROM @E/sub/) FILES = ('b.csv.gz') FORCE = TRUE")
    assert [row[0] for row in loaded(client)] == ["1", "2", "3", "13"]
    assert client.refusal("COPY INTO T FROM @E FILES = ('sub/c.csv.gz')")[0] == "091016"
    assert client.rows("REMOVE @E/sub/ PATTERN = '.*a.csv.gz'") == [[f"{url}sub/a.csv.gz", "removed"]]
    assert client.rows("COPY INTO T FROM @E PURGE = TRUE FORCE = TRUE")[0][1] == "LOADED"
    assert emulators.store(cloud).objects(place) == []


@pytest.mark.parametrize("cloud", CLOUDS)
def test_copy_from_a_url(client, emulators, place, access, cloud):
    emulators.store(cloud).put_object(f"{place}/a.csv.gz", CONTENT, {})
    url = emulators.url(cloud, place)
    copied = client.rows(f"COPY INTO T FROM '{url}/' {access(cloud)} FILES = ('a.csv.gz') {FORMAT}")
    assert copied[0][:2] == [f"{url}/a.csv.gz", "LOADED"] and loaded(client) == ROWS
    skipped = client.rows(f"COPY INTO T FROM '{url}' {access(cloud)} FILES = ('/a.csv.gz') {FORMAT}")
    assert skipped[0][1] == "LOAD_SKIPPED", "no separator is put between URL and name"
    assert client.refusal(f"COPY INTO T FROM '{url}' {access(cloud)} FILES = ('a.csv.gz') {FORMAT}")[0] == "091016"


def test_keys_of_s3(client, emulators, place):
    emulators.store("s3").put_object(f"{place}/a.csv.gz", CONTENT, {})
    url, address = emulators.url("s3", place), emulators.addresses["s3"]
    assert client.rows(f"COPY INTO T FROM '{url}' {keys(emulators)} PATTERN = '.*gz' {FORMAT}")[0][1] == "LOADED"
    for name, secret, said in (
        (address.name, "wrong", "Error Code: SignatureDoesNotMatch)]"),
        ("AKIANOBODY", address.secret, "[The AWS Access Key Id you provided is not valid.]"),
    ):
        client.rows(f"CREATE OR REPLACE STAGE E URL = '{url}' CREDENTIALS = (AWS_KEY_ID = '{name}' AWS_SECRET_KEY = '{secret}')")
        for statement in ("LIST @E", "COPY INTO T FROM @E", "COPY INTO T FROM @E FILES = ('/a.csv.gz')", "REMOVE @E"):
            code, message = client.refusal(statement)
            assert code == "091003" and said in message and address.secret not in message
    assert "[Access Denied (Status Code: 403; Error Code: AccessDenied)]" in client.refusal(f"COPY INTO T FROM '{url}' {FORMAT}")[1]
    client.rows(f"ALTER STAGE E SET {keys(emulators)}")
    assert len(client.rows("LIST @E")) == 1


def test_an_endpoint_that_speaks_s3(client, emulators, place):
    emulators.store("s3").put_object(f"{place}/a.csv.gz", CONTENT, {})
    endpoint = emulators.addresses["s3"].origin.removeprefix("http://")
    url = emulators.url("s3", place).replace("s3://", "s3compat://")
    client.rows(f"CREATE STAGE E URL = '{url}/' ENDPOINT = '{endpoint}' {keys(emulators)}")
    assert client.rows(f"COPY INTO T FROM @E {FORMAT}")[0][:2] == [f"{url}/a.csv.gz", "LOADED"]
    assert client.refusal(f"CREATE STAGE F URL = '{url}' {keys(emulators)}")[0] == "001006"
    assert client.refusal(f"CREATE STAGE F URL = '{url}' ENDPOINT = '{endpoint}'")[0] == "001006"
    client.rows(f"CREATE STAGE FAR URL = '{url}' ENDPOINT = 'storage.example.com' {keys(emulators)}")
    assert client.refusal("LIST @FAR")[0] == "000002"


def shared_access_signature(address, container: str, ends: timedelta) -> str:
    """A service signature for reading and listing a container, made from the account's key."""
    expiry = (datetime.now(timezone.utc) + ends).strftime("%Y-%m-%dT%H:%M:%SZ")
    version, resource = "2021-12-02", f"/blob/{address.name}/{container}"
    text = "\n".join(["rl", "", expiry, resource, "", "", "", version, "c", "", "", "", "", "", "", ""])
    signature = base64.b64encode(digest(base64.b64decode(address.secret), text.encode(), sha256)).decode()
    return f"sv={version}&sr=c&sp=rl&se={quote(expiry, safe='')}&sig={quote(signature, safe='')}"


def test_signatures_of_azure(client, emulators, place):
    emulators.store("azure").put_object(f"{place}/a.csv.gz", CONTENT, {})
    url, address = emulators.url("azure", f"{place}/"), emulators.addresses["azure"]
    good = shared_access_signature(address, "user-files", timedelta(minutes=5))
    client.rows(f"CREATE STAGE E URL = '{url}' CREDENTIALS = (AZURE_SAS_TOKEN = '?{good}')")
    assert client.rows(f"COPY INTO T FROM @E {FORMAT}")[0][1] == "LOADED"
    assert client.refusal("REMOVE @E")[0] == "091003", "the signature is for reading"
    expired = shared_access_signature(address, "user-files", timedelta(minutes=-5))
    for wrong in (good[:-6] + "AAA%3D", expired):
        client.rows(f"ALTER STAGE E SET CREDENTIALS = (AZURE_SAS_TOKEN = '{wrong}')")
        code, message = client.refusal("LIST @E")
        assert code == "091003" and "Status Code: 403" in message


@pytest.mark.parametrize("key_bytes", [16, 32])
def test_aws_client_side_encryption(client, emulators, place, key_bytes):
    key, store = os.urandom(key_bytes), emulators.store("s3")
    text = base64.b64encode(key).decode()
    store.put_object(f"{place}/a.csv.gz", *encrypt_aws(key, CONTENT))
    client.rows(f"CREATE STAGE E URL = '{emulators.url('s3', place)}/' {keys(emulators)} ENCRYPTION = (MASTER_KEY = '{text}') {FORMAT}")
    assert client.rows("COPY INTO T FROM @E FILES = ('a.csv.gz')")[0][1] == "LOADED"
    assert loaded(client) == ROWS
    source = f"'{emulators.url('s3', place)}' {keys(emulators)}"
    right = f"ENCRYPTION = (TYPE = 'AWS_CSE' MASTER_KEY = '{text}')"
    assert client.rows(f"COPY INTO T FROM {source} {right} FILES = ('/a.csv.gz') FORCE = TRUE {FORMAT}")[0][1] == "LOADED"
    wrong = base64.b64encode(os.urandom(key_bytes)).decode()
    for refused in (
        f"COPY INTO T FROM {source} ENCRYPTION = (TYPE = 'AWS_CSE' MASTER_KEY = '{wrong}') FORCE = TRUE {FORMAT}",
        f"COPY INTO T FROM {source} FORCE = TRUE {FORMAT}",
    ):
        code, message = client.refusal(refused)
        assert code in ("091003", "100192") and wrong not in message
    for name, change in (("no.gz", {"x-amz-key": ""}), ("v2.gz", {"x-amz-key-v2": "k"}), ("iv.gz", {"x-amz-iv": "AAAA"})):
        data, metadata = encrypt_aws(key, CONTENT)
        store.put_object(f"{place}/{name}", data, {n: v for n, v in {**metadata, **change}.items() if v})
        assert client.refusal(f"COPY INTO T FROM @E FILES = ('{name}')")[0] == "091003"
    assert len(loaded(client)) == 4


@pytest.mark.parametrize("key_wrap", [True, False])
def test_azure_client_side_encryption(client, emulators, place, access, key_wrap):
    key = os.urandom(32)
    emulators.store("azure").put_object(f"{place}/a.csv.gz", *encrypt_azure(key, CONTENT, key_wrap))
    encryption = "ENCRYPTION = (TYPE = 'AZURE_CSE' MASTER_KEY = '{}')"
    stage = f"URL = '{emulators.url('azure', place)}/' {access('azure')} {FORMAT}"
    client.rows(f"CREATE STAGE E {stage} {encryption.format(base64.b64encode(key).decode())}")
    assert client.rows("COPY INTO T FROM @E")[0][1] == "LOADED" and loaded(client) == ROWS
    client.rows(f"CREATE OR REPLACE STAGE E {stage} {encryption.format(base64.b64encode(os.urandom(32)).decode())}")
    assert client.refusal("COPY INTO T FROM @E FORCE = TRUE")[0] == "091003"


def test_integrations_are_enforced(client, emulators, place):
    name, url = f"I{uuid.uuid4().hex}".upper(), emulators.url("s3", place)
    role = "STORAGE_AWS_ROLE_ARN = 'arn:aws:iam::1:role/r'"
    made = f"CREATE STORAGE INTEGRATION {name} TYPE = EXTERNAL_STAGE STORAGE_PROVIDER = 'S3' {role} ENABLED = TRUE"
    assert client.refusal(made)[0] == "002029"
    client.rows(f"{made} STORAGE_ALLOWED_LOCATIONS = ('{url}/') STORAGE_BLOCKED_LOCATIONS = ('{url}/secret/') COMMENT = 'c'")
    assert client.refusal(f"{made} STORAGE_ALLOWED_LOCATIONS = ('*')")[0] == "002002"
    client.rows(f"CREATE STAGE E URL = '{url}/part/' STORAGE_INTEGRATION = {name}")
    for other in (f"{url}x/", url.rpartition("/")[0], f"{url}/secret/", f"{url}/secret/deep"):
        for statement in (f"CREATE STAGE F URL = '{other}' STORAGE_INTEGRATION = {name}", f"COPY INTO T FROM '{other}' STORAGE_INTEGRATION = {name}"):
            code, message = client.refusal(statement)
            assert (code, f"'{other}' is not allowed by integration {name}" in message) == ("003127", True)
    assert client.refusal(f"CREATE STAGE F URL = 'gcs://bucket/' STORAGE_INTEGRATION = {name}")[0] == "001006"
    described = {row[0]: row[2] for row in client.rows(f"DESC STORAGE INTEGRATION {name}")}
    assert described["STORAGE_ALLOWED_LOCATIONS"] == f"{url}/" and described["ENABLED"] == "true"
    assert [row[:5] for row in client.rows(f"SHOW INTEGRATIONS LIKE '{name}'")] == [[name, "EXTERNAL_STAGE", "STORAGE", "true", "c"]]
    client.rows(f"ALTER STORAGE INTEGRATION {name} SET ENABLED = FALSE")
    assert client.refusal("LIST @E")[0] == "003129"
    client.rows(f"DROP INTEGRATION {name}")
    assert client.refusal("LIST @E")[0] == "002003"
    client.rows(f"DROP INTEGRATION IF EXISTS {name}")


def test_what_is_shown_of_stages(client, emulators, access):
    url, key = emulators.url("s3", "p/"), base64.b64encode(bytes(32)).decode()
    client.rows(f"CREATE STAGE KEYED URL = '{url}' {keys(emulators)} ENCRYPTION = (MASTER_KEY = '{key}') COMMENT = 'c'")
    client.rows(f"CREATE TEMPORARY STAGE BRIEF URL = '{emulators.url('azure', '')}' {access('azure')}")
    client.rows("CREATE STAGE INNER1")
    shown = [[row[index] for index in (1, 4, 5, 6, 8, 10, 11, 14)] for row in client.rows("SHOW STAGES")]
    assert shown == [
        ["BRIEF", emulators.url("azure", ""), "N", "N", "", "EXTERNAL TEMPORARY", "AZURE", "ALL_OF_AZURE"],
        ["INNER1", "", "N", "N", "", "INTERNAL", None, None],
        ["KEYED", url, "Y", "Y", "c", "EXTERNAL", "AWS", None],
    ]
    described = client.rows("DESC STAGE KEYED")
    assert ["STAGE_LOCATION", "URL", "String", f'["{url}"]', ""] in described
    assert key not in str(described) and emulators.addresses["s3"].secret not in str(described)


def test_put_and_get_are_for_internal_stages(client, emulators, access):
    client.rows(f"CREATE STAGE E URL = '{emulators.url('s3', 'p/')}' {access('s3')}")
    for statement in ("PUT file:///tmp/a.csv @E", "GET @E file:///tmp/"):
        code, message = client.refusal(statement)
        assert code == "091003" and "GET and PUT commands are not supported with external stage" in message


@pytest.mark.parametrize(
    ("clauses", "code"),
    [
        ("URL = 'ftp://bucket/'", "001011"),
        ("URL = 's3://'", "001011"),
        ("URL = 'azure://account.example.com/c/'", "001011"),
        ("CREDENTIALS = (AWS_KEY_ID = 'a' AWS_SECRET_KEY = 'b')", "001006"),
        ("STORAGE_INTEGRATION = NOWHERE URL = 's3://bucket/'", "002003"),
        ("URL = 's3://bucket/' CREDENTIALS = (AWS_KEY_ID = 'a')", "001006"),
        ("URL = 's3://bucket/' CREDENTIALS = (AZURE_SAS_TOKEN = 'a')", "001006"),
        ("URL = 's3://bucket/' CREDENTIALS = (AWS_ROLE = 'a')", "000002"),
        ("URL = 's3://bucket/' CREDENTIALS = (AWS_SECRET = 'a')", "001003"),
        ("URL = 's3://bucket/' ENCRYPTION = (TYPE = 'AWS_CSE')", "001006"),
        ("URL = 's3://bucket/' ENCRYPTION = (MASTER_KEY = 'c2hvcnQ=')", "001006"),
        ("URL = 's3://bucket/' ENCRYPTION = (TYPE = 'SNOWFLAKE_SSE')", "001006"),
        ("URL = 's3://bucket/' ENCRYPTION = (TYPE = 'NONE' MASTER_KEY = 'AAAAAAAAAAAAAAAAAAAAAA==')", "001006"),
        ("URL = 'gcs://bucket/'", "001006"),
        ("URL = 's3://bucket/' ENDPOINT = '127.0.0.1:1'", "001006"),
        ("URL = 's3://bucket/' URL = 's3://bucket/'", "001003"),
        ("ENCRYPTION = (TYPE = 'AWS_CSE' MASTER_KEY = 'AAAAAAAAAAAAAAAAAAAAAA==')", "001006"),
    ],
)
def test_wrong_stages(client, clauses, code):
    assert client.refusal(f"CREATE STAGE W {clauses}")[0] == code


@pytest.mark.parametrize("options", ["URL = 's3://b/'", "ENDPOINT = 'h'"])
def test_copy_takes_no_second_place(client, options):
    assert client.refusal(f"COPY INTO T FROM 's3://bucket/' {options}")[0] == "001003"
    assert client.refusal("COPY INTO T FROM @~ ENCRYPTION = (TYPE = 'NONE')")[0] == "001003"


def test_without_a_cloud_behind_it(server):
    client = Client(server)
    client.rows("CREATE OR REPLACE TEMPORARY STAGE E URL = 's3://bucket/'")
    code, message = client.refusal("LIST @E")
    assert code == "000002" and "--external-storage s3=" in message


def test_the_emulators_are_reached_through_the_server_too(external_server, emulators, place):
    external_server.forget()
    s3, azure = emulators.addresses["s3"], emulators.addresses["azure"]
    through = {
        "s3": S3Objects(external_server.url, "user-files", s3.name, s3.secret),
        "azure": AzureObjects(external_server.url, azure.name, "user-files", account_key=azure.secret),
    }
    for cloud, store in through.items():
        external_server.fault(method="PUT", path=f"user-files/{place}", status=503)
        with pytest.raises(ObjectUnreadable, match="503"):
            store.put_object(f"{place}/a b", b"content", {"name": "value"})
        assert emulators.store(cloud).find_object(f"{place}/a b") is None
        store.put_object(f"{place}/a b", b"content", {"name": "value"})
        found = emulators.store(cloud).find_object(f"{place}/a b")
        assert (found.size_bytes, found.metadata) == (7, {"name": "value"})
        assert store.read_object(found)[0] == b"content" and [one.key for one in store.objects(place)] == [f"{place}/a b"]
        external_server.administer("DELETE", "faults")
    sent = send(external_server.url, "PUT", f"/gcs/user-files/{place}%2Fg", {}, b"content")
    assert (sent.status, emulators.store("gcs").find_object(f"{place}/g").size_bytes) == (200, 7)
    statuses = [entry["status"] for entry in external_server.requests(method="PUT", path=place)]
    assert statuses == [503, 200, 503, 201, 200]
    external_server.forget()
