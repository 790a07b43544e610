"""COPY INTO as the connectors see it: options, reports, load history, transactions, errors by number."""

from __future__ import annotations

import gzip

import pytest
from conftest import connection_to, error_of
from server_process import ServerProcess

FORMAT = (
    "FILE_FORMAT = (TYPE = CSV COMPRESSION = AUTO FIELD_DELIMITER = ',' RECORD_DELIMITER = '\\n' SKIP_HEADER = 0 PARSE_HEADER = FALSE "
    "FIELD_OPTIONALLY_ENCLOSED_BY = '\"' ESCAPE = NONE ESCAPE_UNENCLOSED_FIELD = NONE NULL_IF = () EMPTY_FIELD_AS_NULL = TRUE "
    "TRIM_SPACE = FALSE SKIP_BLANK_LINES = FALSE MULTI_LINE = TRUE ENCODING = 'UTF8' REPLACE_INVALID_CHARACTERS = FALSE "
    "SKIP_BYTE_ORDER_MARK = FALSE ERROR_ON_COLUMN_COUNT_MISMATCH = TRUE BINARY_FORMAT = HEX DATE_FORMAT = 'YYYY-MM-DD' "
    "TIME_FORMAT = 'HH24:MI:SS.FF9' TIMESTAMP_FORMAT = 'YYYY-MM-DD\"T\"HH24:MI:SS.FF9TZH:TZM')"
)
OPTIONS = f"{FORMAT} ON_ERROR = ABORT_STATEMENT PURGE = FALSE FORCE = FALSE"


@pytest.fixture(autouse=True)
def table(run):
    run("CREATE TABLE T (A NUMBER(38, 0), B VARCHAR)")
    run("CREATE STAGE S")


def test_a_file_loads_once(run, put):
    put("f.csv.gz", gzip.compress(b'1,"x"\n2,""\n3,\n'), "@S/p/")
    copy = f"COPY INTO T FROM @S/p/ FILES = ('f.csv.gz') {OPTIONS}"
    assert run(copy) == [("s/p/f.csv.gz", "LOADED", 3, 3, 1, 0, None, None, None, None)]
    assert run("SELECT A, B FROM T ORDER BY A") == [(1, "x"), (2, ""), (3, None)]
    assert run(copy)[0][1] == "LOAD_SKIPPED"
    assert run(copy.replace("FORCE = FALSE", "FORCE = TRUE"))[0][1] == "LOADED"
    assert run(f"COPY INTO T FROM @S/p/ {OPTIONS}") == [("Copy executed with 0 files processed.",)]
    put("f.csv.gz", gzip.compress(b"9,9\n"), "@S/p/")
    assert run(copy)[0][1] == "LOADED"


def test_load_history_ends_after_64_days_and_with_truncate(server, run, put):
    put("f.csv", b"1,a\n", "@S")
    copy = f"COPY INTO T FROM @S FILES = ('/f.csv') {OPTIONS}".replace("'/f", "'f")
    copy = copy.replace("FROM @S FILES", "FROM @S/ FILES")
    assert run(copy)[0][1] == "LOADED"
    server.administer("POST", "age-load-history", {"seconds": 63 * 86400})
    assert run(copy)[0][1] == "LOAD_SKIPPED"
    server.administer("POST", "age-load-history", {"seconds": 2 * 86400})
    assert run(copy)[0][1] == "LOADED"
    run("TRUNCATE TABLE T")
    assert run(copy)[0][1] == "LOADED"
    run("CREATE OR REPLACE TABLE T (A NUMBER(38, 0), B VARCHAR)")
    assert run(copy)[0][1] == "LOADED"


def test_rollback_takes_the_load_history_along(run, put):
    put("f.csv", b"1,a\n", "@~/h/")
    copy = f"COPY INTO T FROM @~/h/ FILES = ('f.csv') {OPTIONS}"
    run("BEGIN")
    assert run(copy)[0][1] == "LOADED"
    assert run(copy)[0][1] == "LOAD_SKIPPED"
    run("ROLLBACK")
    assert run("SELECT COUNT(*) FROM T") == [(0,)]
    run("BEGIN")
    assert run(copy)[0][1] == "LOADED"
    run("COMMIT")
    assert run(copy)[0][1] == "LOAD_SKIPPED"
    assert run("SELECT COUNT(*) FROM T") == [(1,)]


def test_several_files_are_all_or_nothing(run, put):
    put("1.csv", b"1,a\n", "@~/m/")
    put("2.csv", b"2,a\nx,b\n", "@~/m/")
    run("BEGIN")
    run("INSERT INTO T VALUES (0, 'before')")
    assert error_of(lambda: run(f"COPY INTO T FROM @~/m/ FILES = ('1.csv', '2.csv') {OPTIONS}")) == (100038, "22018")
    run("COMMIT")
    assert run("SELECT A FROM T") == [(0,)]


def test_purge_and_pattern(run, put):
    for name in ("a1.csv", "a2.csv", "b.csv"):
        put(name, b"1,a\n", "@S/q/")
    rows = run(f"COPY INTO T FROM @S/q/ PATTERN = 'a[0-9][.]csv' {FORMAT} PURGE = TRUE")
    assert sorted(row[0] for row in rows) == ["s/q/a1.csv", "s/q/a2.csv"]
    assert [row[0] for row in run("LIST @S")] == ["s/q/b.csv"]


def test_size_limit_and_failed_only(run, put):
    for name in ("1.csv", "2.csv", "3.csv"):
        put(name, b"1,a\n", "@S/l/")
    rows = run(f"COPY INTO T FROM @S/l/ {FORMAT} SIZE_LIMIT = 20")
    assert [row[0] for row in rows] == ["s/l/1.csv", "s/l/2.csv"]
    put("bad.csv", b"x,a\n", "@S/l/")
    rows = run(f"COPY INTO T FROM @S/l/ {FORMAT} ON_ERROR = SKIP_FILE RETURN_FAILED_ONLY = TRUE")
    assert [row[:2] for row in rows] == [("s/l/bad.csv", "LOAD_FAILED")]
    assert run("SELECT COUNT(*) FROM T") == [(3,)]


def test_column_list_and_transformation(run, put):
    run("CREATE TABLE V (ID NUMBER, DOC VARIANT, NOTE VARCHAR DEFAULT 'none', F VARCHAR)")
    put("v.csv", b'1,"{""a"":1.50}",x\n2,null,\n3,,y\n', "@S/t/")
    run(f"COPY INTO V (ID, DOC, F) FROM (SELECT s.$1, PARSE_JSON(s.$2), UPPER(s.$3) FROM @S/t/ s) {OPTIONS}")
    rows = run("SELECT ID, TO_JSON(DOC), DOC IS NULL, NOTE, F FROM V ORDER BY ID")
    assert rows == [
        (1, '{"a":1.5}', False, "none", "X"),
        (2, "null", False, "none", None),
        (3, None, True, "none", "Y"),
    ]
    put("w.csv", b"7,seven\n", "@S/w/")
    run(f"COPY INTO V (ID, F) FROM @S/w/ {OPTIONS}")
    assert run("SELECT NOTE, F FROM V WHERE ID = 7") == [("none", "seven")]


def test_named_file_format_and_stage_format(run, put):
    run("CREATE FILE FORMAT FF TYPE = CSV FIELD_DELIMITER = ';' SKIP_HEADER = 1")
    put("f.csv", b"a;b\n1;x\n", "@S/n/")
    assert run("COPY INTO T FROM @S/n/ FILE_FORMAT = (FORMAT_NAME = 'FF')")[0][1] == "LOADED"
    run("CREATE STAGE S2 FILE_FORMAT = (FORMAT_NAME = FF)")
    put("f.csv", b"a;b\n2;y\n", "@S2/n/")
    assert run("COPY INTO T FROM @S2/n/")[0][1] == "LOADED"
    assert run("SELECT A, B FROM T ORDER BY A") == [(1, "x"), (2, "y")]


def test_continue_and_skip_file_report_problems(run, put):
    put("c.csv", b"1,a\nx,b\n3,c,d\n4,e\n", "@S/c/")
    row = run(f"COPY INTO T FROM @S/c/ {FORMAT} ON_ERROR = CONTINUE")[0]
    assert row[:6] == ("s/c/c.csv", "PARTIALLY_LOADED", 4, 2, 4, 2) and row[7] == 2
    put("k.csv", b"1,a\nx,b\n", "@S/k/")
    row = run(f"COPY INTO T FROM @S/k/ {FORMAT} ON_ERROR = SKIP_FILE")[0]
    assert row[1] == "LOAD_FAILED" and row[3] == 0
    assert run("SELECT A FROM T ORDER BY A") == [(1,), (4,)]


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (b"x,a\n", (100038, "22018")),
        (b"1\n", (100080, "22000")),
        (b"1,a,b\n", (100080, "22000")),
        (b'1,"a"b\n', (100065, "22000")),
        (b"1,\xff\n", (100144, "22000")),
    ],
)
def test_errors_in_files(run, put, content, error):
    put("bad.csv", b"1,ok\n" + content, "@S/bad/")
    assert error_of(lambda: run(f"COPY INTO T FROM @S/bad/ {OPTIONS}")) == error
    assert run("SELECT COUNT(*) FROM T") == [(0,)]


def test_the_error_names_file_line_and_column(run, put):
    put("bad.csv", b'1,"o\nk"\nx,a\n', "@S/bad/")
    with pytest.raises(
        Exception,
        match=r"(?s)Numeric value 'x' is not recognized.*File 's/bad/bad.csv', line 3.*Row 2, column \"T\"\[\"A\":1\]",
    ):
        run(f"COPY INTO T FROM @S/bad/ {OPTIONS}")


@pytest.mark.parametrize(
    ("sql", "error"),
    [
        ("COPY INTO T FROM @S/none/ FILES = ('a.csv') FILE_FORMAT = (TYPE = CSV)", (91016, "22000")),
        ("COPY INTO MISSING FROM @S", (2003, "42S02")),
        ("COPY INTO T FROM @MISSING", (2003, "02000")),
        ("COPY INTO T (A, C) FROM @S", (904, "42000")),
        ("COPY INTO T FROM @S FILE_FORMAT = (TYPE = CSV COLOUR = 'red')", (1003, "42000")),
        ("COPY INTO T FROM @S COLOUR = 'red'", (1003, "42000")),
        ("COPY INTO T FROM @S FILE_FORMAT = (TYPE = JSON)", (2, "0A000")),
        ("COPY INTO T FROM @S VALIDATION_MODE = RETURN_ERRORS", (2, "0A000")),
        ("COPY INTO T FROM @S TRUNCATECOLUMNS = TRUE", (2, "0A000")),
        ("COPY INTO T FROM (SELECT $1, $2 FROM @%T)", (2, "0A000")),
        ("COPY INTO W FROM @S", (2, "0A000")),
        ("COPY INTO @S FROM T", (2, "0A000")),
        ("COPY INTO T FROM @S FILE_FORMAT = (FORMAT_NAME = 'MISSING')", (2003, "02000")),
    ],
)
def test_statements_that_are_refused(run, sql, error):
    run("CREATE VIEW W AS SELECT * FROM T")
    assert error_of(lambda: run(sql)) == error


def test_null_mode_counts_and_loads_nothing(tmp_path):
    (tmp_path / "n.csv").write_bytes(b'1,"a\nb"\n2,"c"\n')
    with ServerProcess("--null") as server:
        connection = connection_to(server)
        cursor = connection.cursor()
        cursor.execute("CREATE TEMPORARY TABLE T (A NUMBER, B VARCHAR)")
        cursor.execute(f"PUT 'file://{tmp_path}/n.csv' @~/n/")
        row = cursor.execute(f"COPY INTO T FROM @~/n/ FILES = ('n.csv.gz') {OPTIONS}").fetchone()
        assert row[:4] == ("n/n.csv.gz", "LOADED", 2, 2)
        assert cursor.execute("SELECT COUNT(*) FROM T").fetchone() == (0,)
        assert cursor.execute("LIST @~").fetchall() == []
        connection.close()


def test_no_file_is_not_an_error(run):
    assert run("COPY INTO T FROM @S FILE_FORMAT = (TYPE = CSV)") == [("Copy executed with 0 files processed.",)]


def test_every_gzip_member_and_a_wrong_one(run, put):
    put("two.csv.gz", gzip.compress(b"1,a\n") + gzip.compress(b"2,b\n"), "@S/z/")
    assert run(f"COPY INTO T FROM @S/z/ {OPTIONS}")[0][2:4] == (2, 2)
    put("cut.csv.gz", gzip.compress(b"1,a\n" * 1000)[:-9], "@S/y/")
    with pytest.raises(Exception, match="decompression"):
        run(f"COPY INTO T FROM @S/y/ {OPTIONS}")
