"""The wire itself, without a connector in between: envelope, tokens, idempotency, polling, abort, faults."""

from __future__ import annotations

import http.client
import json
import threading
import time
import uuid

import pytest
from server_process import ServerProcess
from wire_client import Client


@pytest.fixture
def client(server):
    return Client(server)


def test_reply_of_a_statement(client):
    reply = client.query("SELECT 1 AS A, 'x' AS B", packed=True)
    data = reply["data"]
    assert reply["success"] and reply["code"] is None and data["queryResultFormat"] == "json"
    assert data["rowset"] == [["1", "x"]] and data["total"] == data["returned"] == 1
    assert [(column["name"], column["type"]) for column in data["rowtype"]] == [("A", "fixed"), ("B", "text")]
    assert (data["finalDatabaseName"], data["finalSchemaName"], data["finalWarehouseName"]) == (
        "DEMO",
        "PUBLIC",
        "DEMO_WH",
    )
    assert data["statementTypeId"] == 0x1000


def test_reply_of_a_failed_statement(client):
    reply = client.query("SELEC 1")
    assert not reply["success"] and reply["code"] == "001003"
    assert reply["data"]["sqlState"] == "42000" and reply["data"]["queryId"]


def test_put_reply(client):
    data = client.query(
        "PUT 'file:///tmp/a b.csv' @~/x/y AUTO_COMPRESS=FALSE SOURCE_COMPRESSION=GZIP OVERWRITE=TRUE PARALLEL=7"
    )["data"]
    info = data["stageInfo"]
    assert data["command"] == "UPLOAD" and data["src_locations"] == ["/tmp/a b.csv"]
    assert (data["parallel"], data["autoCompress"], data["sourceCompression"], data["overwrite"]) == (
        7,
        False,
        "GZIP",
        True,
    )
    assert info["locationType"] == "S3" and info["location"].endswith("/x/y/") and info["isClientSideEncrypted"]
    assert set(info["creds"]) == {"AWS_KEY_ID", "AWS_SECRET_KEY", "AWS_TOKEN", "AWS_ID", "AWS_KEY"}
    assert isinstance(data["encryptionMaterial"]["smkId"], int) and data["encryptionMaterial"]["smkId"] > 2**53


def test_smk_id_is_a_string_for_those_who_ask(server):
    data = Client(server, CLIENT_CAPABILITIES={"SMK_ID_AS_STRING": True}).query("PUT file:///tmp/a @~")["data"]
    assert isinstance(data["encryptionMaterial"]["smkId"], str)


def test_put_cannot_be_asynchronous(client):
    reply = client.query("PUT file:///tmp/a @~", asyncExec=True)
    assert reply["code"] == "333334"
    assert json.loads(client.send("GET", reply["data"]["getResultUrl"])[1])["code"] == "000612"


@pytest.mark.parametrize("data", [{"PASSWORD": "x"}, {"PASSWORD": None}, {"LOGIN_NAME": "x"}, {"LOGIN_NAME": None}])
def test_refused_logins(server, data):
    assert Client(server, **data).login["code"] == "390100"


def test_wrong_token_is_390144(server):
    reply = Client(server, PASSWORD=None, AUTHENTICATOR="SNOWFLAKE_JWT", TOKEN="a.b.c").login
    assert reply["code"] == "390144" and "JWT token is invalid" in reply["message"]


def test_other_account(server):
    connection = http.client.HTTPConnection("127.0.0.1", server.port)
    connection.request(
        "POST",
        "/session/v1/login-request",
        json.dumps({"data": {"ACCOUNT_NAME": "other", "LOGIN_NAME": "demo", "PASSWORD": "demo"}}),
    )
    assert connection.getresponse().status == 404


def test_the_same_request_id_runs_once(client):
    client.query("CREATE OR REPLACE TEMPORARY TABLE R (A NUMBER)")
    request_id = str(uuid.uuid4())
    first, second = (client.query("INSERT INTO R VALUES (1)", request_id) for _ in range(2))
    assert first == second and first["data"]["queryId"] == second["data"]["queryId"]
    assert client.query("SELECT COUNT(*) FROM R")["data"]["rowset"] == [["1"]]


def test_the_same_request_id_attaches_to_a_running_statement(client):
    request_id = str(uuid.uuid4())
    replies = []
    threads = [
        threading.Thread(target=lambda: replies.append(client.query("CALL SYSTEM$WAIT(2)", request_id)))
        for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [reply["code"] for reply in replies] == ["333333", "333333"]
    assert len({reply["data"]["queryId"] for reply in replies}) == 1
    status, body = client.send("GET", replies[0]["data"]["getResultUrl"])
    assert status == 200 and json.loads(body)["data"]["rowset"] == [["waited 2 seconds"]]


@pytest.mark.parametrize("by_query_id", [False, True])
def test_abort(client, by_query_id):
    request_id = str(uuid.uuid4())
    data = client.query("CALL SYSTEM$WAIT(60)", request_id)["data"]
    status = json.loads(client.send("GET", f"/monitoring/queries/{data['queryId']}")[1])["data"]["queries"][0]["status"]
    assert status == "RUNNING"
    path, body = "/queries/v1/abort-request?requestId=x", {"sqlText": "", "requestId": request_id}
    if by_query_id:
        path, body = f"/queries/{data['queryId']}/abort-request", {}
    assert client.post(path, body)["success"]
    reply = json.loads(client.send("GET", data["getResultUrl"])[1])
    assert (reply["code"], reply["data"]["sqlState"]) == ("000604", "57014")
    assert client.post(path, body)["code"] == "000605"


def test_abort_of_sql(client):
    request_id = str(uuid.uuid4())
    numbers = "(SELECT ROW_NUMBER() OVER (ORDER BY 1) AS N FROM TABLE(GENERATOR(ROWCOUNT => 30000)))"
    sql = f"SELECT COUNT(*) FROM {numbers} A, {numbers} B, {numbers} C WHERE A.N * B.N + C.N = 77"
    data = client.query(sql, request_id)["data"]
    started = time.monotonic()
    assert client.post("/queries/v1/abort-request", {"sqlText": sql, "requestId": request_id})["success"]
    assert json.loads(client.send("GET", data["getResultUrl"])[1])["code"] == "000604"
    assert time.monotonic() - started < 5


def test_statement_timeout(client):
    reply = client.query("CALL SYSTEM$WAIT(30)", parameters={"STATEMENT_TIMEOUT_IN_SECONDS": 1})
    while reply["code"] == "333333":
        reply = json.loads(client.send("GET", reply["data"]["getResultUrl"])[1])
    assert reply["code"] == "000630"


def test_tokens(server, client):
    old = client.token
    server.fault(sql="^SELECT 5", expire_session=True)
    assert client.query("SELECT 5")["code"] == "390112"
    renewed = client.post(
        "/session/token-request", {"oldSessionToken": old, "requestType": "RENEW"}, token=client.master
    )["data"]
    client.token = renewed["sessionToken"]
    assert client.query("SELECT 5")["success"]
    assert client.post("/session/heartbeat")["success"]
    assert client.post("/session/heartbeat", token=old)["code"] == "390112"
    assert (
        client.post("/session/token-request", {"oldSessionToken": old, "requestType": "RENEW"}, token="unknown")["code"]
        == "390115"
    )
    assert client.post("/session/heartbeat", token="unknown")["code"] == "390104"
    assert client.post("/session?delete=true")["success"]
    assert client.query("SELECT 5")["code"] == "390111"
    assert (
        client.post(
            "/session/token-request", {"oldSessionToken": old, "requestType": "RENEW"}, token=renewed["masterToken"]
        )["code"]
        == "390111"
    )


def test_master_token_ends(tmp_path):
    with ServerProcess("--token-seconds", "1", "--master-token-seconds", "1") as server:
        client = Client(server)
        time.sleep(1.1)
        body = {"oldSessionToken": client.token, "requestType": "RENEW"}
        assert client.query("SELECT 1")["code"] == "390112"
        assert client.post("/session/token-request", body, token=client.master)["code"] == "390114"


def test_fault_rules(server, client):
    server.fault(sql="^SELECT 6", status=429, headers={"Retry-After": "1"}, nth=2, times=2)
    path = "/queries/v1/query-request"
    assert [client.send("POST", path, {"sqlText": "SELECT 6"})[0] for _ in range(4)] == [200, 429, 429, 200]
    server.fault(sql="^SELECT 7", cut_after_bytes=100)
    with pytest.raises(http.client.IncompleteRead):
        client.send("POST", path, {"sqlText": "SELECT 7"})
    server.fault(sql="^SELECT 8", reset=True)
    with pytest.raises((ConnectionResetError, http.client.RemoteDisconnected)):
        client.send("POST", path, {"sqlText": "SELECT 8"})
    server.fault(sql="^SELECT 9", delay_seconds=1)
    started = time.monotonic()
    assert client.query("SELECT 9")["success"] and time.monotonic() - started >= 1
    server.fault(sql="^SELECT 10", reply={"success": False, "code": "390001", "message": "m", "data": None})
    assert client.query("SELECT 10")["code"] == "390001"
    counters = server.administer("GET", "faults")["rules"]
    assert [(rule["matched"], rule["acted"]) for rule in counters] == [(4, 2), (1, 1), (1, 1), (1, 1), (1, 1)]


def test_a_killed_client_does_not_block_others_for_long(server, client):
    client.query("CREATE OR REPLACE TABLE DEMO.PUBLIC.BLOCKED (A NUMBER)")
    client.query("INSERT INTO DEMO.PUBLIC.BLOCKED VALUES (1)")
    gone = Client(server)
    gone.query("BEGIN")
    gone.query("UPDATE DEMO.PUBLIC.BLOCKED SET A = 2")
    started = time.monotonic()
    reply = client.query("UPDATE DEMO.PUBLIC.BLOCKED SET A = A + 10")
    while reply["code"] == "333333":
        reply = json.loads(client.send("GET", reply["data"]["getResultUrl"])[1])
    assert reply["success"] and 1 < time.monotonic() - started < 10
    assert client.query("SELECT A FROM DEMO.PUBLIC.BLOCKED")["data"]["rowset"] == [["11"]]


def test_a_living_client_keeps_its_transaction(server, client):
    client.query("CREATE OR REPLACE TABLE DEMO.PUBLIC.HELD (A NUMBER)")
    client.query("INSERT INTO DEMO.PUBLIC.HELD VALUES (1)")
    holder = Client(server)
    connection = http.client.HTTPConnection("127.0.0.1", server.port)
    for sql in ("BEGIN", "UPDATE DEMO.PUBLIC.HELD SET A = 2"):
        headers = {"authorization": f'Snowflake Token="{holder.token}"'}
        connection.request("POST", "/queries/v1/query-request", json.dumps({"sqlText": sql}), headers)
        assert json.loads(connection.getresponse().read())["success"]
    data = client.query("UPDATE DEMO.PUBLIC.HELD SET A = A + 10")["data"]
    time.sleep(3)
    assert (
        json.loads(client.send("GET", f"/monitoring/queries/{data['queryId']}")[1])["data"]["queries"][0]["status"]
        == "RUNNING"
    )
    connection.request("POST", "/queries/v1/query-request", json.dumps({"sqlText": "COMMIT"}), headers)
    assert json.loads(connection.getresponse().read())["success"]
    reply = {"code": "333333"}
    while reply["code"] == "333333":
        reply = json.loads(client.send("GET", data["getResultUrl"])[1])
    assert client.query("SELECT A FROM DEMO.PUBLIC.HELD")["data"]["rowset"] == [["12"]]
    connection.close()


def test_wrong_fault_rules(server):
    for rule in ({"status": 500, "colour": "red"}, {"sql": "x"}, {"sql": "(", "reset": True}, [1]):
        with pytest.raises(Exception, match="400"):
            server.administer("POST", "faults", rule)


def test_fault_file(tmp_path):
    (tmp_path / "faults.json").write_text(json.dumps([{"path": "login-request", "status": 503}]))
    with ServerProcess("--faults", str(tmp_path / "faults.json")) as server:
        connection = http.client.HTTPConnection("127.0.0.1", server.port)
        connection.request("POST", "/session/v1/login-request", "{}")
        assert connection.getresponse().status == 503
        assert Client(server).login["success"]


def test_garbage_is_answered(client):
    connection = http.client.HTTPConnection("127.0.0.1", client.port)
    for body, headers in ((b"{", {}), (b"[]", {}), (b"{}", {"content-encoding": "gzip"}), (b"\xff", {})):
        connection.request("POST", "/session/v1/login-request", body, headers)
        reply = connection.getresponse()
        assert reply.status == 400 and not json.loads(reply.read())["success"]
    connection.request("GET", "/nothing")
    assert connection.getresponse().status == 404


def test_null_mode_counts_records(tmp_path):
    with ServerProcess("--null") as server:
        client = Client(server)
        client.query("CREATE TEMPORARY TABLE N (A NUMBER, B VARCHAR)")
        merged = client.query(
            "MERGE INTO N t USING (SELECT 1 AS A) s ON t.A = s.A WHEN NOT MATCHED THEN INSERT (A) VALUES (s.A)"
        )
        assert merged["success"] and merged["data"]["statementTypeId"] == 0x3400
        assert client.query("SELECT COUNT(*) FROM N")["data"]["rowset"] == [["0"]]
