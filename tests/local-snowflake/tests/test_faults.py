"""Faults that end things for real or break a request in its middle, and that every request can be faulted."""

from __future__ import annotations

import gzip
import http.client
import json
import urllib.error
import urllib.request
import uuid

import pytest
from wire_client import Client


@pytest.fixture
def client(server):
    return Client(server)


def renewed(client) -> dict:
    body = {"oldSessionToken": client.token, "requestType": "RENEW"}
    return client.post("/session/token-request", body, token=client.master)


def test_a_master_token_that_ends(client, server):
    server.fault(sql="^SELECT 1", expire_master=True)
    assert client.query("SELECT 1")["code"] == "390112"
    assert renewed(client)["code"] == "390114"
    assert Client(server).query("SELECT 1")["success"]
    other = Client(server)
    server.fault(sql="^SELECT 2", expire_session=True)
    server.fault(path="token-request", expire_master=True)
    assert other.query("SELECT 2")["code"] == "390112" and renewed(other)["code"] == "390114"


def fetched(data: dict) -> list:
    (chunk,) = data["chunks"]
    with urllib.request.urlopen(urllib.request.Request(chunk["url"], headers=data["chunkHeaders"])) as answer:
        return json.loads(b"[" + gzip.decompress(answer.read()) + b"]")


def test_the_url_of_a_chunk_that_ends(client, server):
    reply = client.query("SELECT REPEAT('x', 100) FROM TABLE(GENERATOR(ROWCOUNT => 2000))")["data"]
    server.fault(path="^/local-results/", expire_chunk=True)
    for _ in range(2):
        with pytest.raises(urllib.error.HTTPError) as caught:
            fetched(reply)
        assert caught.value.code == 403 and b"Request has expired" in caught.value.read()
    again = json.loads(client.send("GET", f"/queries/{reply['queryId']}/result")[1])["data"]
    assert again["chunks"][0]["url"] != reply["chunks"][0]["url"]
    assert len(again["rowset"]) + len(fetched(again)) == 2000


@pytest.mark.parametrize("path", ["/local-stages/k", "/azure/localaccount/local-stages/k", "/local-gcs-stages/k"])
def test_an_upload_that_breaks_off(server, path):
    server.fault(method="PUT", path=path, reset_after_body_bytes=100_000)
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
    with pytest.raises(OSError):
        connection.request("PUT", path, bytes(50_000_000))
        connection.getresponse()
    connection.close()
    (entry,) = server.requests(method="PUT")
    assert entry["status"] is None and entry["faults"] == [["reset_after_body_bytes"]]


def test_a_warehouse_that_is_taken_away(client, server):
    client.rows("CREATE OR REPLACE TEMPORARY TABLE T (A NUMBER)")
    server.fault(sql="^INSERT", warehouse="none")
    assert client.refusal("INSERT INTO T VALUES (1)")[0] == "000606"
    client.rows("USE WAREHOUSE DEMO_WH")
    client.rows("INSERT INTO T VALUES (1)")
    server.fault(sql="^MERGE", warehouse="suspended")
    merge = "MERGE INTO T USING (SELECT 1 B) ON A = B WHEN NOT MATCHED THEN INSERT VALUES (B)"
    assert client.refusal(merge)[0] == client.refusal(merge)[0] == "000608"
    assert Client(server).rows("SELECT COUNT(*) FROM INFORMATION_SCHEMA.TABLES"), "other sessions have theirs"
    client.rows("ALTER WAREHOUSE DEMO_WH RESUME IF SUSPENDED")
    client.rows(merge)
    with pytest.raises(urllib.error.HTTPError):
        server.fault(warehouse="gone")


@pytest.mark.parametrize("path", ["/session/heartbeat", "/queries/v1/abort-request", "/session/token-request", "/session?delete=true"])
def test_every_request_of_a_session_can_be_faulted(client, server, path):
    body = {"requestId": str(uuid.uuid4()), "requestType": "RENEW", "oldSessionToken": client.token}
    token = client.master if "token-request" in path else client.token
    pattern = f"^{path.partition('?')[0]}$"
    server.fault(path=pattern, status=503)
    assert client.send("POST", path, body, token=token)[0] == 503
    server.fault(path=pattern, reset=True)
    with pytest.raises(OSError):
        client.send("POST", path, body, token=token)
    assert client.send("POST", path, body, token=token)[0] == 200
    statuses = [entry["status"] for entry in server.requests() if entry["path"] == path.partition("?")[0]]
    assert statuses == [503, None, 200]
