"""DECFLOAT, and tables of Apache Iceberg: what the documentation says they take, and what they refuse."""

from __future__ import annotations

import pytest
from engine_account import account  # noqa: F401


@pytest.mark.parametrize(("literal", "shown"), [
    ("'1.50'", "1.5"), ("'-0'", "0"), ("'12345678901234567890123456789012345678'", "12345678901234567890123456789012345678"),
    ("'1e400'", "1e400"), ("'-1.25E-3'", "-0.00125"), ("' 007 '", "7"), ("'1.2345678901234567890123456789012345678e-16000'",
     "1.2345678901234567890123456789012345678e-16000"), ("0.1::FLOAT", "0.1"), ("1.50::NUMBER(3, 2)", "1.5"),
    ("'123456789012345678901234567890123456785'", "1.2345678901234567890123456789012345679e38"),
])
def test_decfloat_has_one_text_for_equal_values(account, literal, shown):
    account.run("CREATE TABLE t (d DECFLOAT)", f"INSERT INTO t SELECT CAST({literal} AS DECFLOAT)")
    assert account.rows("SELECT d, TO_VARCHAR(d), d = TO_DECFLOAT('" + shown + "') FROM t") == [[shown, shown, "1"]]


def test_decfloat_is_described(account):
    account.run("CREATE TABLE t (d DECFLOAT)")
    assert '"type":"DECFLOAT"' in account.rows("SHOW COLUMNS IN TABLE t")[0][3]
    assert account.run("SELECT d FROM t").columns[0].type_name == "decfloat"


@pytest.mark.parametrize(("expression", "code"), [
    ("CAST('NaN' AS DECFLOAT)", "100038"), ("CAST('1e16385' AS DECFLOAT)", "100039"), ("TO_VARIANT(CAST('1' AS DECFLOAT))", "001007"),
    ("CAST('1' AS DECFLOAT) > 0", "000002"), ("CAST('1' AS DECFLOAT(10))", "002040"),
])
def test_what_decfloat_cannot_be(account, expression, code):
    account.refuse(f"SELECT {expression}", code)


def test_decfloat_goes_back_where_it_fits(account):
    assert account.value("CAST(CAST('12.5' AS DECFLOAT) AS NUMBER(10, 1))") == "12.5"
    assert account.value("CAST(CAST('12.5' AS DECFLOAT) AS FLOAT)") == "12.5"


ICEBERG = (
    "CREATE ICEBERG TABLE t (id NUMBER(38, 0), n NUMBER(19, 0), s VARCHAR, f FLOAT, b BOOLEAN, bin BINARY, d DATE, tm TIME(6), "
    "ts TIMESTAMP_NTZ(6) COMMENT 'when', l TIMESTAMP_LTZ) CLUSTER BY (id) EXTERNAL_VOLUME = 'vol' CATALOG = 'SNOWFLAKE' "
    "BASE_LOCATION = 'raw/t' TARGET_FILE_SIZE = '16MB' ENABLE_DATA_COMPACTION = TRUE DATA_RETENTION_TIME_IN_DAYS = 1 COMMENT = 'x'"
)


def test_iceberg_tables_are_made_changed_and_loaded(account):
    account.run(ICEBERG, "INSERT INTO t (id, ts) VALUES (1, '2026-01-01 00:00:00.123456')")
    shown = account.run("SHOW TABLES LIKE 'T'")
    assert dict(zip([c.name for c in shown.columns], shown.rows[0]))["is_iceberg"] == "Y"
    assert account.cell("SELECT l FROM t") is None
    account.run("ALTER TABLE t ADD COLUMN more VARCHAR(134217728)", "ALTER ICEBERG TABLE t RENAME COLUMN more TO less",
                "ALTER TABLE t ALTER COLUMN less COMMENT 'y', COLUMN ts UNSET COMMENT", "DROP ICEBERG TABLE t")


@pytest.mark.parametrize("column", [
    "VARIANT", "OBJECT", "ARRAY", "TIMESTAMP_TZ", "TIMESTAMP_TZ(6)", "TIMESTAMP_NTZ(9)", "TIME(3)", "VARCHAR(20)", "DECFLOAT",
])
def test_types_that_iceberg_lacks_are_refused(account, column):
    account.refuse(f"CREATE ICEBERG TABLE t (c {column})", "093698")
    account.run("CREATE ICEBERG TABLE u (id INT)")
    account.refuse(f"ALTER TABLE u ADD COLUMN c {column}", "093698")


@pytest.mark.parametrize(("statement", "code"), [
    ("CREATE TRANSIENT ICEBERG TABLE u (id INT)", "001003"), ("CREATE ICEBERG TABLE u (id INT) CATALOG = 'GLUE'", "001008"),
    ("CREATE ICEBERG TABLE u (id INT) TARGET_FILE_SIZE = '1MB'", "001008"), ("CREATE TABLE u (id INT) BASE_LOCATION = 'x'", "001003"),
    ("ALTER TABLE t SWAP WITH plain", "000002"), ("ALTER TABLE t ALTER COLUMN n SET DATA TYPE NUMBER(38, 0)", "002108"),
])
def test_what_iceberg_does_not_take(account, statement, code):
    account.run(ICEBERG, "CREATE TABLE plain (id INT)")
    account.refuse(statement, code)
