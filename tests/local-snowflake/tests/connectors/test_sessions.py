"""Login, tokens, long statements, chunks, close: what happens around statements."""

from __future__ import annotations

import subprocess
import time

import pytest
import snowflake.connector
from conftest import connection_to, error_of
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from server_process import ServerProcess


def private_der(key) -> bytes:
    return key.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def test_login_with_password_sets_names(connection):
    row = (
        connection.cursor()
        .execute("SELECT CURRENT_USER(), CURRENT_ROLE(), CURRENT_DATABASE(), CURRENT_WAREHOUSE()")
        .fetchone()
    )
    assert row == ("DEMO", "SYSADMIN", "DEMO", "DEMO_WH")


@pytest.mark.parametrize("changes", [{"password": "wrong"}, {"user": "nobody"}])
def test_wrong_password(server, changes):
    assert error_of(lambda: connection_to(server, **changes))[0] in (390100, 250001)


def test_key_pair_login(tmp_path):
    key, wrong = (rsa.generate_private_key(65537, 2048) for _ in range(2))
    pem = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    (tmp_path / "key.pub").write_bytes(pem)
    with ServerProcess("--public-key", f"demo={tmp_path / 'key.pub'}") as server:
        right = {"password": None, "authenticator": "SNOWFLAKE_JWT", "private_key": private_der(key)}
        connection = connection_to(server, **right)
        assert connection.cursor().execute("SELECT CURRENT_USER()").fetchone() == ("DEMO",)
        connection.close()
        number, _ = error_of(lambda: connection_to(server, **{**right, "private_key": private_der(wrong)}))
        assert number in (390144, 250001)


def test_missing_names_fail_only_when_validation_is_asked_for(server):
    connection = connection_to(server, database="NOWHERE", schema=None)
    assert connection.database is None or connection.cursor().execute("SELECT CURRENT_DATABASE()").fetchone() == (None,)
    connection.close()
    assert error_of(lambda: connection_to(server, database="NOWHERE", validate_default_parameters=True))[0] in (
        390201,
        250001,
    )


def test_session_parameters_of_the_login(connect):
    connection = connect(session_parameters={"QUERY_TAG": "tag ä", "TIMEZONE": "America/New_York"})
    shown = connection.cursor().execute("SHOW PARAMETERS LIKE 'QUERY_TAG' IN SESSION").fetchall()
    assert shown[0][1] == "tag ä"


def test_a_statement_longer_than_the_server_waits(server, run):
    started = time.monotonic()
    assert run("CALL SYSTEM$WAIT(3)") == [("waited 3 seconds",)]
    assert time.monotonic() - started >= 3
    assert len(server.requests(path="/result")) >= 2


def test_polling_by_fault_rule(server, run):
    server.fault(sql="^SELECT 17", poll=3)
    assert run("SELECT 17") == [(17,)]
    assert len(server.requests(path="/result")) == 3


def test_asynchronous_statement(connection):
    cursor = connection.cursor()
    cursor.execute_async("CALL SYSTEM$WAIT(1)")
    query_id = cursor.sfqid
    assert connection.is_still_running(connection.get_query_status(query_id))
    cursor.get_results_from_sfqid(query_id)
    assert cursor.fetchall() == [("waited 1 seconds",)]


def test_cancel_ends_a_running_statement(connection):
    cursor = connection.cursor()
    cursor.execute_async("CALL SYSTEM$WAIT(60)")
    query_id = cursor.sfqid
    assert connection.cursor().abort_query(query_id)
    for _ in range(50):
        status = connection.get_query_status(query_id)
        if not connection.is_still_running(status):
            break
        time.sleep(0.1)
    assert connection.is_an_error(status)


def test_expired_session_token_is_renewed(server, run):
    run("CREATE TEMPORARY TABLE KEPT (A NUMBER)")
    server.fault(sql="SELECT COUNT", expire_session=True)
    assert run("SELECT COUNT(*) FROM KEPT") == [(0,)]
    assert [entry["status"] for entry in server.requests(path="/session/token-request")] == [200]


def test_short_lived_tokens():
    with ServerProcess("--token-seconds", "1") as server:
        connection = connection_to(server)
        time.sleep(1.5)
        assert connection.cursor().execute("SELECT 1").fetchone() == (1,)
        connection.close()


def test_large_results_come_in_chunks(server, run):
    rows = run(
        "SELECT ROW_NUMBER() OVER (ORDER BY NULL) - 1 AS N, 'value ' || N FROM TABLE(GENERATOR(ROWCOUNT => 60000))"
    )
    assert len(rows) == 60000
    assert sorted(row[0] for row in rows) == list(range(60000))
    assert len(server.requests(path="/local-results/")) >= 2


@pytest.mark.parametrize(
    "rule", [{"status": 503}, {"reset": True}, {"status": 503, "execute": True}, {"reset": True, "execute": True}]
)
def test_a_lost_request_runs_once(server, run, rule):
    run("CREATE TABLE ONCE (A NUMBER)")
    server.fault(sql="^INSERT INTO ONCE", **rule)
    run("INSERT INTO ONCE VALUES (1)")
    assert run("SELECT COUNT(*) FROM ONCE") == [(1,)]
    sent = server.requests(sql="INSERT INTO ONCE")
    assert len(sent) == 2
    assert len({entry["query"].split("requestId=")[1].split("&")[0] for entry in sent}) == 1


def test_close_rolls_back_and_drops_temporary_objects(server, connect, connection):
    schema = connection.cursor().execute("SELECT CURRENT_SCHEMA()").fetchone()[0]
    first = connect(schema=f'"{schema}"')
    for sql in (
        "CREATE TABLE KEPT (A NUMBER)",
        "CREATE TEMPORARY TABLE GONE (A NUMBER)",
        "CREATE TEMPORARY STAGE GONE_TOO",
        "BEGIN",
        "INSERT INTO KEPT VALUES (1)",
    ):
        first.cursor().execute(sql)
    first.close()
    cursor = connection.cursor()
    assert cursor.execute("SELECT COUNT(*) FROM KEPT").fetchone() == (0,)
    assert error_of(lambda: cursor.execute("SELECT * FROM GONE")) == (2003, "42S02")
    assert error_of(lambda: cursor.execute("LIST @GONE_TOO")) == (2003, "02000")


def test_data_directory_keeps_everything(tmp_path):
    (tmp_path / "f.csv").write_text("1\n")
    copy = "COPY INTO T FROM @~ FILES = ('f.csv') FILE_FORMAT = (TYPE = CSV)"
    with ServerProcess("--data", str(tmp_path / "data")) as server:
        connection = connection_to(server)
        connection.cursor().execute("CREATE TABLE T (A NUMBER(38, 0))")
        connection.cursor().execute(f"PUT 'file://{tmp_path / 'f.csv'}' @~ AUTO_COMPRESS=FALSE")
        assert connection.cursor().execute(copy).fetchone()[1] == "LOADED"
        connection.close()
        assert server.stop() == 0
    with ServerProcess("--data", str(tmp_path / "data")) as server:
        connection = connection_to(server)
        assert connection.cursor().execute("SELECT A FROM T").fetchall() == [(1,)]
        assert connection.cursor().execute("LIST @~").fetchone()[0] == "f.csv"
        assert connection.cursor().execute(copy).fetchone()[1] == "LOAD_SKIPPED"
        connection.close()


def test_sigterm_ends_cleanly_with_a_connection_open():
    server = ServerProcess()
    connection = connection_to(server)
    connection.cursor().execute("SELECT 1")
    assert server.stop() == 0
    with pytest.raises((snowflake.connector.errors.Error, subprocess.SubprocessError)):
        connection_to(server)
