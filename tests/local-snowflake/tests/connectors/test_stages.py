"""PUT, GET, LIST, REMOVE on user, table and named stages, as the connectors do them."""

from __future__ import annotations

import gzip
import os

import pytest
from conftest import connection_to, error_of
from server_process import ServerProcess

LOCATIONS = ["@~/dir", "@~/dir/", "@%T/dir", "@NAMED/dir/", '@"NAMED"/dir', "'@~/a b/'", "@SSE/dir"]


@pytest.fixture(autouse=True)
def stages(run):
    run("CREATE TABLE T (A NUMBER, B VARCHAR)")
    run("CREATE STAGE NAMED DIRECTORY = (ENABLE = TRUE) COMMENT = 'c'")
    run("CREATE STAGE SSE ENCRYPTION = (TYPE = 'SNOWFLAKE_SSE')")
    run("REMOVE @~")


@pytest.mark.parametrize("location", LOCATIONS)
@pytest.mark.parametrize("compress", [True, False])
def test_put_list_get_remove(run, put, tmp_path, location, compress):
    content = os.urandom(40_000)
    row = put("data.bin", content, location, f"AUTO_COMPRESS={compress}")
    name = "data.bin.gz" if compress else "data.bin"
    assert row[:2] == ("data.bin", name) and row[6] == "UPLOADED"
    listed = run(f"LIST {location}")
    assert len(listed) == 1 and listed[0][0].endswith("/" + name)
    if "SSE" not in location:
        assert listed[0][1] % 16 == 0
    (tmp_path / "out").mkdir()
    run(f"GET {location} 'file://{tmp_path / 'out'}/'")
    found = (tmp_path / "out" / name).read_bytes()
    assert (gzip.decompress(found) if compress else found) == content
    assert run(f"REMOVE {location}")[0][1] == "removed"
    assert run(f"LIST {location}") == []


def test_put_without_overwrite_skips_what_is_there(put):
    assert put("a.csv", b"1", "@~/x", "AUTO_COMPRESS=FALSE")[6] == "UPLOADED"
    assert put("a.csv", b"1", "@~/x", "AUTO_COMPRESS=FALSE")[6] == "SKIPPED"
    assert put("a.csv", b"2", "@~/x", "AUTO_COMPRESS=FALSE OVERWRITE=TRUE")[6] == "UPLOADED"


def test_one_put_of_many_files(run, tmp_path):
    for number in range(5):
        (tmp_path / f"part{number}.csv").write_text(str(number))
    rows = run(f"PUT 'file://{tmp_path}/part*.csv' @NAMED/many/ PARALLEL=3")
    assert sorted(row[1] for row in rows) == [f"part{number}.csv.gz" for number in range(5)]
    assert len(run("LIST @NAMED PATTERN = '.*part[0-2].*'")) == 3


def test_expired_storage_credentials_are_renewed(server, run, put):
    server.fault(method="PUT", path="^/local-stages/", expire_credentials=True)
    assert put("a.csv", b"1", "@~/x")[6] == "UPLOADED"
    assert len(server.requests(sql="PUT ")) >= 2


def test_storage_trouble_is_tried_again(server, put):
    server.fault(method="PUT", path="^/local-stages/", status=503, times=2)
    assert put("a.csv", b"1", "@~/x")[6] == "UPLOADED"


def test_user_stage_is_private(tmp_path):
    (tmp_path / "mine.csv").write_text("1")
    with ServerProcess("--user", "demo2:other") as server:
        first, second = connection_to(server), connection_to(server, user="demo2", password="other")
        first.cursor().execute(f"PUT 'file://{tmp_path}/mine.csv' @~/private")
        assert len(first.cursor().execute("LIST @~/private").fetchall()) == 1
        assert second.cursor().execute("LIST @~/private").fetchall() == []
        first.close()
        second.close()


def test_stages_end_with_their_schema_and_table(run, put):
    put("a.csv", b"1", "@NAMED")
    put("a.csv", b"1", "@%T")
    schema = run("SELECT CURRENT_SCHEMA()")[0][0]
    run("CREATE OR REPLACE TABLE T (A NUMBER)")
    assert run("LIST @%T") == []
    run(f'DROP SCHEMA "{schema}"')
    run(f'CREATE SCHEMA "{schema}"')
    assert error_of(lambda: run("LIST @NAMED")) == (2003, "02000")


def test_stage_ddl_commits(run):
    run("BEGIN")
    run("INSERT INTO T VALUES (1, 'x')")
    run("CREATE TEMPORARY STAGE OTHER")
    run("ROLLBACK")
    assert run("SELECT COUNT(*) FROM T") == [(1,)]


@pytest.mark.parametrize(
    ("sql", "error"),
    [
        ("LIST @MISSING", (2003, "02000")),
        ("LIST @%MISSING", (2003, "42S02")),
        ("PUT 'file:///tmp/nothing' @MISSING", (2003, "02000")),
        ("PUT 'file:///tmp/nothing' @~ SHRED=TRUE", (1003, "42000")),
        ("PUT 'file:///tmp/nothing' @~ PARALLEL=0", (1006, "42601")),
        ("CREATE STAGE NAMED", (2002, "42710")),
        ("CREATE STAGE E URL = 'ftp://bucket/'", (1011, "42601")),
        ("CREATE STAGE E COLOUR = 'red'", (1003, "42000")),
        ("DROP STAGE MISSING", (2003, "02000")),
        ("REMOVE NAMED", (1003, "42000")),
    ],
)
def test_errors(run, sql, error):
    assert error_of(lambda: run(sql)) == error


def test_stage_statements(run):
    assert run("CREATE STAGE IF NOT EXISTS NAMED")[0][0].startswith("NAMED already exists")
    assert run('CREATE OR REPLACE TEMPORARY STAGE "odd name"')[0][0] == "Stage area odd name successfully created."
    assert [row[1] for row in run("SHOW STAGES LIKE 'na%'")] == ["NAMED"]
    assert {row[1] for row in run("SHOW STAGES")} == {"NAMED", "SSE", "odd name"}
    assert any(row[1] == "FIELD_DELIMITER" for row in run("DESCRIBE STAGE NAMED"))
    assert run("DROP STAGE IF EXISTS MISSING") and run("DROP STAGE NAMED") == [("NAMED successfully dropped.",)]
