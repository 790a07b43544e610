"""COPY of Parquet files: columns by name, by a SELECT list, or whole rows; types; what is refused."""

from __future__ import annotations

import uuid
from datetime import date, datetime, timezone
from decimal import Decimal

import pyarrow
import pyarrow.parquet
import pytest
from wire_client import Client

PARQUET = "FILE_FORMAT = (TYPE = PARQUET{})"


@pytest.fixture
def client(external_server):
    made = Client(external_server)
    made.rows(f'CREATE SCHEMA "{uuid.uuid4().hex}"')
    return made


@pytest.fixture
def source(emulators, external_server):
    """`source(columns)`: a Parquet file of these columns in a place of its own; gives what stands behind FROM."""

    def write(columns: dict, name: str = "a.parquet") -> str:
        sink, place = pyarrow.BufferOutputStream(), uuid.uuid4().hex
        pyarrow.parquet.write_table(pyarrow.table(columns), sink)
        emulators.store("s3").put_object(f"{place}/{name}", sink.getvalue().to_pybytes(), {})
        address = emulators.addresses["s3"]
        keys = f"CREDENTIALS = (AWS_KEY_ID = '{address.name}' AWS_SECRET_KEY = '{address.secret}')"
        return f"'{emulators.url('s3', place)}/' {keys}"

    return write


TYPED = {
    "Id": pyarrow.array([2**63 - 1, None], pyarrow.int64()),
    "amount": pyarrow.array([Decimal("12345678901234567890.123456789"), Decimal("0")], pyarrow.decimal128(38, 9)),
    "note": ['ü "quoted"\n', None],
    "flag": [True, False],
    "ratio": [0.1, 1e300],
    "day": [date(2024, 2, 29), None],
    "raw": [b"text", None],
    "tags": [["a", None], []],
    "more": ["\\N", None],
    "extra": [1, 2],
}


def test_columns_by_name(client, source):
    client.rows("CREATE TABLE T (ID NUMBER(38,0), AMOUNT NUMBER(38,9), NOTE VARCHAR, FLAG BOOLEAN, RATIO FLOAT, DAY DATE, RAW VARCHAR, TAGS VARIANT, MORE INT)")
    copy = f"COPY INTO T FROM {source(TYPED)} {PARQUET.format('')} MATCH_BY_COLUMN_NAME = "
    assert client.rows(copy + "CASE_INSENSITIVE")[0][1:4] == ["LOADED", "2", "2"]
    first, second = client.rows("SELECT * FROM T ORDER BY RATIO")
    assert first == [str(2**63 - 1), "12345678901234567890.123456789", 'ü "quoted"\n', "1", "0.1", "19782", "text", '[\n  "a",\n  null\n]', None]
    assert second[:4] == [None, "0.000000000", None, "0"] and second[5:] == [None, None, "[]", None]
    client.rows("CREATE TABLE EXACT (\"Id\" NUMBER(38,0), ID NUMBER(38,0))")
    client.rows(copy.replace("INTO T", "INTO EXACT") + "CASE_SENSITIVE")
    assert client.rows('SELECT "Id", ID FROM EXACT ORDER BY 1 NULLS LAST') == [[str(2**63 - 1), None], [None, None]]


def test_columns_by_a_select_list_and_whole_rows(client, source, emulators):
    place = source({"a": [1, 2], "b c": ["x", "y"]})
    url, keys = place.split(" ", 1)
    client.rows(f"CREATE STAGE E URL = {url} {keys} FILE_FORMAT = (TYPE = PARQUET)")
    client.rows("CREATE TABLE T (N NUMBER, S VARCHAR)")
    client.rows("COPY INTO T (S, N) FROM (SELECT $1:\"b c\"::VARCHAR || '!', $1:a + 1 FROM @E)")
    assert client.rows("SELECT * FROM T ORDER BY N") == [["2", "x!"], ["3", "y!"]]
    code, message = client.refusal("COPY INTO T FROM @E FORCE = TRUE")
    assert code == "002019" and "one and only one column of type variant" in message
    client.rows("CREATE TABLE V (WHOLE VARIANT)")
    client.rows("COPY INTO V FROM @E")
    assert client.rows("SELECT WHOLE:a, WHOLE:\"b c\" FROM V ORDER BY 1") == [["1", '"x"'], ["2", '"y"']]
    assert ["STAGE_FILE_FORMAT", "BINARY_AS_TEXT", "Boolean", "true", "true"] in client.rows("DESC STAGE E")


def test_timestamps_need_logical_types(client, source):
    moment = datetime(2024, 1, 2, 3, 4, 5, 678901, timezone.utc)
    place = source({"t": pyarrow.array([moment], pyarrow.timestamp("us", "UTC"))})
    client.rows("CREATE TABLE T (T TIMESTAMP_TZ)")
    copy = f"COPY INTO T FROM {place} {PARQUET} MATCH_BY_COLUMN_NAME = CASE_INSENSITIVE"
    assert client.refusal(copy.format(""))[0] == "000002"
    client.rows(copy.format(" USE_LOGICAL_TYPE = TRUE"))
    assert client.rows("SELECT TO_CHAR(T, 'YYYY-MM-DD HH24:MI:SS.FF6 TZHTZM') FROM T") == [["2024-01-02 03:04:05.678901 +0000"]]


def test_what_is_refused(client, source, emulators):
    client.rows("CREATE TABLE T (A NUMBER)")
    by_name = " MATCH_BY_COLUMN_NAME = CASE_INSENSITIVE"
    assert client.refusal(f"COPY INTO T FROM {source({'a': ['x']})} {PARQUET.format('')}{by_name}")[0] == "100071"
    assert client.refusal(f"COPY INTO T FROM {source({'a': [float('nan')]})} {PARQUET.format('')}{by_name}")[0] == "100069"
    assert client.refusal(f"COPY INTO T FROM @~ FILE_FORMAT = (TYPE = CSV){by_name}")[0] == "000002"
    assert client.refusal(f"COPY INTO T FROM @~ {PARQUET.format(' SKIP_HEADER = 1')}{by_name}")[0] == "001003"
    assert client.refusal("CREATE FILE FORMAT F TYPE = ORC")[0] == "000002"
    place = uuid.uuid4().hex
    emulators.store("s3").put_object(f"{place}/a.parquet", b"1,2\n", {})
    keys = source({"a": [1]}).split(" ", 1)[1]
    assert client.refusal(f"COPY INTO T FROM '{emulators.url('s3', place)}/' {keys} {PARQUET.format('')}{by_name}")[0] == "100069"


def test_named_formats(client):
    client.rows("CREATE FILE FORMAT P TYPE = PARQUET COMPRESSION = SNAPPY")
    client.rows("CREATE FILE FORMAT C TYPE = CSV")
    shown = {row[1]: row[4] for row in client.rows("SHOW FILE FORMATS LIKE '_'")}
    assert (shown["P"], shown["C"]) == ("PARQUET", "CSV")
    client.rows("CREATE STAGE S FILE_FORMAT = (TYPE = PARQUET)")
    client.rows("CREATE TABLE T (A NUMBER, B NUMBER)")
    assert client.refusal("COPY INTO T FROM @S FILE_FORMAT = (FORMAT_NAME = P)")[0] == "002019"
    assert client.rows("COPY INTO T FROM @S FILE_FORMAT = (FORMAT_NAME = C)") == [["Copy executed with 0 files processed."]]
