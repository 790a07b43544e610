"""Every type through COPY into the table and out through the connector; MERGE, transactions, errors by number."""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal

import pytest
from conftest import error_of
from test_copy import OPTIONS

UTC = dt.timezone.utc
TEXT = "a\"b\\c,'d'\n\r\n\t\\N NULL \0 ä \U0001f600 \u2028"
VALUES = [
    ("NUMBER(38, 0)", "99999999999999999999999999999999999999", 99999999999999999999999999999999999999),
    ("NUMBER(38, 0)", "-1", -1),
    ("NUMBER(38, 37)", "1.2345678901234567890123456789012345678", Decimal("1.2345678901234567890123456789012345678")),
    ("NUMBER(10, 2)", "1.10", Decimal("1.10")),
    ("NUMBER(10, 0)", "1.5", 2),
    ("FLOAT", "1e300", 1e300),
    ("FLOAT", "-inf", float("-inf")),
    ("FLOAT", "0.1", 0.1),
    ("BOOLEAN", "true", True),
    ("BOOLEAN", "0", False),
    ("VARCHAR", TEXT, TEXT),
    ("VARCHAR", "", ""),
    ("VARCHAR", None, None),
    ("BINARY", "00FFab", bytes([0, 255, 171])),
    ("DATE", "1582-10-15", dt.date(1582, 10, 15)),
    ("DATE", "9999-12-31", dt.date(9999, 12, 31)),
    ("DATE", "1899-01-01", dt.date(1899, 1, 1)),
    ("TIME(9)", "23:59:59.123456000", dt.time(23, 59, 59, 123456)),
    ("TIMESTAMP_NTZ(9)", "1600-02-29T00:00:00.000001000+00:00", dt.datetime(1600, 2, 29, 0, 0, 0, 1)),
    ("TIMESTAMP_NTZ(9)", "2026-01-02T03:04:05.123456000+02:00", dt.datetime(2026, 1, 2, 3, 4, 5, 123456)),
    (
        "TIMESTAMP_TZ(9)",
        "2026-01-02T03:04:05.123456000-05:30",
        dt.datetime(2026, 1, 2, 3, 4, 5, 123456, dt.timezone(-dt.timedelta(hours=5, minutes=30))),
    ),
    ("TIMESTAMP_LTZ(9)", "2026-01-02T03:04:05.000000000+00:00", dt.datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)),
]


@pytest.mark.parametrize(("kind", "text", "value"), VALUES)
def test_values_come_back_exact(run, put, kind, text, value):
    run("ALTER SESSION SET TIMEZONE = 'UTC'")
    run(f"CREATE TABLE T (V {kind})")
    field = "" if text is None else '"' + text.replace('"', '""') + '"'
    put("v.csv", (field + "\n").encode(), "@~/values/")
    run(f"COPY INTO T FROM @~/values/ FILES = ('v.csv') {OPTIONS}")
    found = run("SELECT V FROM T")[0][0]
    assert found == value and (type(found) is type(value) or isinstance(value, (bytes, dt.datetime)))
    if isinstance(value, dt.datetime) and value.tzinfo:
        assert found.utcoffset() == value.utcoffset()


def test_nine_digits_of_a_second_and_the_offset_are_kept(run, put):
    run("CREATE TABLE T (N TIMESTAMP_NTZ(9), Z TIMESTAMP_TZ(9), C TIME(9))")
    put(
        "v.csv",
        b"2026-01-02T03:04:05.123456789+00:00,2026-01-02T03:04:05.123456789+05:45,03:04:05.123456789\n",
        "@~/nine/",
    )
    run(f"COPY INTO T FROM @~/nine/ FILES = ('v.csv') {OPTIONS}")
    sql = "SELECT TO_CHAR(N, 'YYYY-MM-DD HH24:MI:SS.FF9'), TO_CHAR(Z, 'YYYY-MM-DD HH24:MI:SS.FF9 TZH:TZM'), TO_CHAR(C, 'HH24:MI:SS.FF9') FROM T"
    assert run(sql) == [("2026-01-02 03:04:05.123456789", "2026-01-02 03:04:05.123456789 +05:45", "03:04:05.123456789")]


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ('{"b":1,"a":[true,null,"x"]}', {"a": [True, None, "x"], "b": 1}),
        ("12345678901234567890123456789012345678", 12345678901234567890123456789012345678),
        ('"text"', "text"),
        ("null", None),
        ('{"k":{"k":{"k":"\\u00e4\\n"}}}', {"k": {"k": {"k": "ä\n"}}}),
    ],
)
def test_variant(run, document, expected):
    run("CREATE TABLE T (V VARIANT)")
    run("INSERT INTO T SELECT PARSE_JSON(%s)", (document,))
    found = run("SELECT V FROM T")[0][0]
    assert json.loads(found) == expected


def test_paths_into_a_variant(run):
    run("CREATE TABLE T (V VARIANT)")
    run('INSERT INTO T SELECT PARSE_JSON(\'{"a":{"b":[{"c":"x"},7]}}\')')
    assert run("SELECT V:a.b[0].c::VARCHAR, V:a.b[1]::NUMBER, V:none FROM T") == [("x", 7, None)]


def test_bindings(connection):
    cursor = connection.cursor()
    cursor.execute("CREATE TABLE T (A NUMBER, B VARCHAR, C FLOAT, D DATE)")
    cursor.execute("INSERT INTO T VALUES (%s, %s, %s, %s)", (1, "it's \\ 'x'", 1.5, dt.date(2026, 1, 2)))
    assert cursor.execute("SELECT * FROM T").fetchall() == [(1, "it's \\ 'x'", 1.5, dt.date(2026, 1, 2))]


def test_bindings_of_the_server(connect, run):
    run("CREATE TABLE T (A NUMBER, B VARCHAR, C BOOLEAN)")
    schema = run("SELECT CURRENT_SCHEMA()")[0][0]
    cursor = connect(schema=f'"{schema}"', paramstyle="qmark").cursor()
    cursor.execute("INSERT INTO T VALUES (?, ?, ?)", (1, "it's ? \\", True))
    cursor.executemany("INSERT INTO T VALUES (?, ?, ?)", [(2, "x", None), (3, None, False)])
    assert run("SELECT * FROM T ORDER BY A") == [(1, "it's ? \\", True), (2, "x", None), (3, None, False)]


def test_describe_without_running(connection):
    described = connection.cursor().describe("SELECT 1::NUMBER(10, 2) AS A, 'x' AS B")
    assert [(column.name, column.scale) for column in described] == [("A", 2), ("B", None)]


def test_quoted_identifiers_are_case_sensitive(run):
    run('CREATE TABLE "t" ("a" NUMBER, "A" NUMBER, "we""ird $name" NUMBER)')
    run('INSERT INTO "t" ("a", "A", "we""ird $name") VALUES (1, 2, 3)')
    assert run('SELECT "a", a, "we""ird $name" FROM "t"') == [(1, 2, 3)]
    assert error_of(lambda: run("SELECT * FROM t")) == (2003, "42S02")


@pytest.fixture
def merge_tables(run):
    run("CREATE TABLE TARGET (K NUMBER, V VARCHAR)")
    run("INSERT INTO TARGET VALUES (1, 'old'), (2, 'kept')")
    run("CREATE TEMPORARY TABLE SOURCE (R NUMBER, K VARCHAR, V VARCHAR)")


MERGE = (
    "MERGE INTO TARGET t USING ({source}) s ON t.K = s.K WHEN MATCHED THEN UPDATE SET t.V = s.V "
    "WHEN NOT MATCHED THEN INSERT (K, V) VALUES (s.K, s.V)"
)
LAST = "SELECT K::NUMBER(38, 0) AS K, V FROM SOURCE QUALIFY ROW_NUMBER() OVER (PARTITION BY K ORDER BY R DESC) = 1"


@pytest.mark.usefixtures("merge_tables")
def test_merge_of_the_last_rows(connection, run):
    run("INSERT INTO SOURCE VALUES (1, '1', 'a'), (2, '1', 'b'), (3, '3', 'c')")
    assert run(MERGE.format(source=LAST)) == [(1, 1)]
    assert run("SELECT * FROM TARGET ORDER BY K") == [(1, "b"), (2, "kept"), (3, "c")]


@pytest.mark.usefixtures("merge_tables")
def test_merge_of_duplicate_keys_is_an_error(run):
    run("INSERT INTO SOURCE VALUES (1, '1', 'a'), (2, '1', 'b')")
    assert error_of(lambda: run(MERGE.format(source="SELECT K::NUMBER AS K, V FROM SOURCE")))[0] == 100090
    assert run("SELECT V FROM TARGET WHERE K = 1") == [("old",)]


@pytest.mark.parametrize(
    ("sql", "error"),
    [
        ("SELEC 1", (1003, "42000")),
        ("SELECT * FROM MISSING", (2003, "42S02")),
        ("SELECT MISSING FROM T", (904, "42000")),
        ("CREATE TABLE T (A NUMBER)", (2002, "42710")),
        ("SELECT 'x'::NUMBER", (100038, "22018")),
        ("INSERT INTO T VALUES (NULL, 'a')", (100072, "22000")),
        ("INSERT INTO T VALUES (1, 'too long')", (100078, "22000")),
        ("USE SCHEMA MISSING", (2043, "02000")),
    ],
)
def test_errors_by_number(run, sql, error):
    run("CREATE TABLE T (A NUMBER(5, 0) NOT NULL, B VARCHAR(3))")
    assert error_of(lambda: run(sql)) == error


def test_transactions(run, connect, connection):
    run("CREATE TABLE T (A NUMBER)")
    run("BEGIN")
    run("INSERT INTO T VALUES (1)")
    error_of(lambda: run("INSERT INTO T VALUES ('x')"))
    run("COMMIT")
    assert run("SELECT A FROM T") == [(1,)]
    run("BEGIN")
    run("INSERT INTO T VALUES (2)")
    run("CREATE TABLE U (A NUMBER)")
    run("ROLLBACK")
    assert run("SELECT COUNT(*) FROM T") == [(2,)]


def test_sessions_run_in_parallel(run, connect, connection):
    run("CREATE TABLE T (A NUMBER)")
    schema = run("SELECT CURRENT_SCHEMA()")[0][0]
    others = [connect(schema=f'"{schema}"').cursor() for _ in range(3)]
    ids = [cursor.execute_async(f"INSERT INTO T VALUES ({number})")["queryId"] for number, cursor in enumerate(others)]
    for cursor, query_id in zip(others, ids):
        cursor.get_results_from_sfqid(query_id)
        cursor.fetchall()
    assert run("SELECT A FROM T ORDER BY A") == [(0,), (1,), (2,)]
