"""SELECT: names, joins, aggregates, windows, functions, VARIANT paths; DML and MERGE results; COPY's support."""

from __future__ import annotations

import pytest
from engine_account import account  # noqa: F401
from local_snowflake.engine import SnowflakeError


@pytest.fixture
def orders(account):
    """Two small tables."""
    account.run("CREATE TABLE orders (id INT, customer VARCHAR, amount NUMBER(10,2), at TIMESTAMP_NTZ, body VARIANT)", "CREATE TABLE customers (name VARCHAR, city VARCHAR)",
                "INSERT INTO orders SELECT column1, column2, column3, column4, PARSE_JSON(column5) FROM VALUES (1,'ann',10.50,'2024-01-05 10:00:00','{\"tags\":[\"a\",\"b\"],\"n\":{\"x\":1.5}}'),"
                "(2,'bob',20,'2024-01-20 23:59:59.999','{\"tags\":[]}'),(3,'ann',NULL,'2024-02-01',NULL)",
                "INSERT INTO customers VALUES ('ann','Oslo'),('cid','Rome')")
    return account


@pytest.mark.parametrize(("query", "rows"), [
    ("SELECT o.id, c.city FROM orders o LEFT JOIN customers c ON o.customer = c.name ORDER BY o.id", [["1", "Oslo"], ["2", None], ["3", "Oslo"]]),
    ("SELECT name, COUNT(o.id) FROM customers c LEFT JOIN orders o ON o.customer = c.name GROUP BY 1 ORDER BY 1", [["ann", "2"], ["cid", "0"]]),
    ("SELECT customer, SUM(amount) s, AVG(amount) FROM orders GROUP BY customer HAVING SUM(amount) > 0 ORDER BY s DESC", [["bob", "20.00", "20.00000000"], ["ann", "10.50", "10.50000000"]]),
    ("SELECT id FROM orders QUALIFY ROW_NUMBER() OVER (PARTITION BY customer ORDER BY id DESC) = 1 ORDER BY id", [["2"], ["3"]]),
    ("SELECT DATE_TRUNC('month', at)::DATE m, COUNT(*) FROM orders GROUP BY m ORDER BY m", [["19723", "2"], ["19754", "1"]]),
    ("SELECT body:tags[0]::STRING, body:n.x::FLOAT, body['n']['x'] FROM orders WHERE id = 1", [["a", "1.5", "1.5"]]),
    ("SELECT id, f.index, f.value::VARCHAR FROM orders, LATERAL FLATTEN(INPUT => body:tags) f ORDER BY 2", [["1", "0", "a"], ["1", "1", "b"]]),
    ("WITH a AS (SELECT id, amount FROM orders), b AS (SELECT MAX(id) m FROM a) SELECT a.amount FROM a JOIN b ON a.id < b.m ORDER BY 1", [["10.50"], ["20.00"]]),
    ("SELECT id FROM orders ORDER BY amount", [["1"], ["2"], ["3"]]), ("SELECT id FROM orders ORDER BY amount DESC", [["3"], ["2"], ["1"]]),
    ("SELECT id AS x, x * 2 AS y FROM orders WHERE y > 3 ORDER BY y DESC LIMIT 1 OFFSET 1", [["2", "4"]]),
    ("SELECT COUNT(*), COUNT(amount), COUNT(DISTINCT customer), MIN(at)::DATE, MEDIAN(amount) FROM orders", [["3", "2", "2", "19727", "15.25000"]]),
    ("SELECT LISTAGG(id, ',') WITHIN GROUP (ORDER BY id DESC) FROM orders", [["3,2,1"]]),
    ("SELECT PERCENTILE_CONT(0.5) WITHIN GROUP (ORDER BY amount), APPROX_PERCENTILE(amount, 0.5) FROM orders", [["15.25000", "15.25"]]),
    ("SELECT 1 UNION SELECT 1 UNION ALL SELECT 2 ORDER BY 1", [["1"], ["2"]]), ("SELECT 1 EXCEPT SELECT 1", []), ("SELECT 1 INTERSECT SELECT 1", [["1"]]),
    ("SELECT id FROM orders WHERE customer IN (SELECT name FROM customers) AND EXISTS (SELECT 1 FROM customers c WHERE c.name = orders.customer) ORDER BY 1", [["1"], ["3"]]),
    ("SELECT * FROM customers JOIN (SELECT 'ann' AS name, 1 AS n) USING (name)", [["ann", "Oslo", "1"]]),
    ("SELECT * EXCLUDE (city) FROM customers ORDER BY 1", [["ann"], ["cid"]]), ("SELECT $2 FROM VALUES (1, 'a'), (2, 'b') ORDER BY $1 DESC", [["b"], ["a"]]),
    ("SELECT SUM(amount) OVER (ORDER BY id ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW), LAG(id) OVER (ORDER BY id) FROM orders ORDER BY id", [["10.50", None], ["30.50", "1"], ["30.50", "2"]]),
    ("SELECT id FROM orders WHERE customer LIKE 'a%' AND customer ILIKE 'AN_' AND customer RLIKE 'a.n' AND NOT customer LIKE ANY ('x', 'y') ORDER BY 1", [["1"], ["3"]]),
    ("SELECT id FROM orders WHERE at >= '2024-01-20' AND at < '2024-02-01'", [["2"]]), ("SELECT id FROM orders WHERE id = '2'", [["2"]]),
])
def test_queries(orders, query, rows):
    assert orders.rows(query) == rows


@pytest.mark.parametrize(("expression", "cell"), [
    ("7/2", "3.500000"), ("1.00/3", "0.33333333"), ("2/3*3", "2.000001"), ("0.1+0.2", "0.3"), ("1.5*2.25", "3.375"), ("-7 % 3", "-1"), ("10000000000000000000000 * 1000", "10000000000000000000000000"),
    ("ROUND(1.255, 2)", "1.26"), ("ROUND(-1234.5, -2)", "-1200"), ("FLOOR(-1.2)", "-2"), ("CEIL(1.2)", "2"), ("TRUNC(-1.78, 1)", "-1.7"), ("ABS(-2)", "2"), ("DIV0(1, 0)", "0.000000"),
    ("IFF(NULL, 1, 2)", "2"), ("NVL(NULL, 'x')", "x"), ("ZEROIFNULL(NULL)", "0"), ("NULLIF(1, 1)", None), ("DECODE(2, 1, 'a', 2, 'b')", "b"), ("GREATEST(1, NULL)", None),
    ("EQUAL_NULL(NULL, NULL)", "1"), ("NULL IS NOT DISTINCT FROM 1", "0"), ("COALESCE(NULL, 1, 2.5)", "1.0"), ("CASE 2 WHEN 1 THEN 'a' ELSE 'b' END", "b"),
    ("'a' || NULL", None), ("CONCAT('a', 1, TRUE)", "a1true"), ("SPLIT_PART('a.b.c', '.', -1)", "c"), ("SUBSTR('hello', -3, 2)", "ll"), ("LENGTH('\N{GRINNING FACE}')", "1"), ("TRIM('  x ')", "x"),
    ("REPLACE('aXa', 'X')", "aa"), ("REGEXP_REPLACE('a1b2', '[0-9]')", "ab"), ("REGEXP_SUBSTR('ab12', '[0-9]+')", "12"), ("INITCAP('ab cd')", "Ab Cd"), ("LPAD('7', 3, '0')", "007"),
    ("MD5('a')", "0cc175b9c0f1b6a831c399e269772661"), ("HEX_ENCODE('é')", "C3A9"), ("POSITION('b', 'abc')", "2"), ("CONTAINS('abc', 'b')", "1"),
    ("DATEADD(month, 1, '2024-01-31'::DATE)", "19782"), ("DATEADD('hour', 1, '2024-01-01'::DATE)", "1704070800.000000000"), ("DATEDIFF(day, '2024-01-01', '2024-02-01 23:00:00')", "31"),
    ("DATEDIFF(month, '2024-01-31'::DATE, '2024-02-01'::DATE)", "1"), ("LAST_DAY('2024-02-10'::DATE)", "19782"), ("DATE_PART(epoch_second, '1969-12-31 23:59:59'::TIMESTAMP_NTZ)", "-1"),
    ("DATE_TRUNC('hour', '1899-12-31T23:30:00+02:00'::TIMESTAMP_TZ)", "-2208999600.000000000 1560"), ("YEAR('2024-01-01'::DATE)", "2024"), ("DAYOFWEEK('2024-01-07'::DATE)", "0"),
    ("'2024-01-01'::TIMESTAMP_NTZ + INTERVAL '1 day'", "1704153600.000000000"), ("'2024-01-01T00:00:00+02:00'::TIMESTAMP_TZ = '2023-12-31T22:00:00Z'::TIMESTAMP_TZ", "1"),
    ("TO_JSON(OBJECT_CONSTRUCT('b', 1, 'a', 'x', 'n', NULL))", '{"a":"x","b":1}'), ("TO_JSON(ARRAY_CONSTRUCT(1, 'a', NULL))", '[1,"a",null]'), ("ARRAY_SIZE(PARSE_JSON('[1,2]'))", "2"),
    ("TYPEOF(PARSE_JSON('1.5'))", "DECIMAL"), ("PARSE_JSON('')", None), ("TRY_PARSE_JSON('{')", None), ("GET_PATH(PARSE_JSON('{\"a\":[{\"b\":1}]}'), 'a[0].b')", "1"), ("PARSE_JSON('{\"a\":1}'):A", None),
    ("PARSE_JSON('{\"a\":15.5}'):a > 2", "1"), ("PARSE_JSON('15') IN (1, 15)", "1"), ("COALESCE(PARSE_JSON('[1]'), 2)", "[\n  1\n]"), ("DATE_FROM_PARTS(2024, 14, 0)", "20119"),
    ("12345678901234567890 * 1000000000", "12345678901234567890000000000"), ("PARSE_JSON('null')::VARCHAR", None), ("PARSE_JSON('null') IS NULL", "0"), ("SYSTEM$TYPEOF('x')", "VARCHAR(1)[LOB]"), ("1e3::VARCHAR", "1000"), ("BITAND(6, 3)", "2"),
])
def test_functions(account, expression, cell):
    assert account.value(expression) == cell


@pytest.mark.parametrize(("expression", "kind"), [
    ("1", "fixed(1,0)"), ("1.50", "fixed(3,2)"), ("1e3", "real"), ("'x'", "text"), ("TRUE", "boolean"), ("COUNT(*)", "fixed(18,0)"), ("7/2", "fixed(7,6)"), ("SUM(1.5)", "fixed(38,1)"),
    ("AVG(1)", "fixed(38,6)"), ("CURRENT_TIMESTAMP()", "timestamp_ltz"), ("SYSDATE()", "timestamp_ntz"), ("CURRENT_DATE", "date"), ("PARSE_JSON('1')", "variant"), ("ARRAY_AGG(1)", "array"), ("NULL", "text"),
])
def test_result_types(account, expression, kind):
    assert account.kind(expression) == kind


@pytest.mark.parametrize(("query", "code"), [
    ("SELECT nope FROM orders", "000904"), ("SELECT id FROM orders a, orders b", "002028"), ("SELECT FROB(1)", "002140"), ("SELECT UPPER()", "000939"), ("SELECT id, COUNT(*) FROM orders", "000979"),
    ("SELECT * FROM orders SAMPLE (10)", "001003"), ("SELECT body:x FROM (SELECT 'a' body)", "001044"), ("SELECT ROW_NUMBER()", "002303"), ("SELECT 1 +", "001003"), ("SELECT (SELECT id FROM orders)", "090150"),
    ("SELECT DATEADD(frob, 1, at) FROM orders", "001008"), ("SELECT 1 FROM orders ORDER BY 5", "000962"), ("SELECT * FROM TABLE(FROB(1))", "002003"), ("SELECT 'a' COLLATE 'en'", "001003"), ("SELECT $3 FROM VALUES (1)", "000904"),
])
def test_queries_that_are_refused(orders, query, code):
    orders.refuse(query, code)


def test_column_names_are_the_text_of_the_expression(orders):
    names = [c.name for c in orders.run("SELECT id, orders.id, Count( * ), 'It''s', amount + 1 AS \"x y\", body:n.x::float FROM orders GROUP BY ALL").columns]
    assert names == ["ID", "ID", "COUNT( * )", "'IT''S'", "x y", "BODY:N.X::FLOAT"]


# --- DML -------------------------------------------------------------------------------------------------------------
def test_dml_results_and_counters(orders):
    for statement, names, cells, statistics in [
        ("INSERT INTO customers SELECT 'x', 'y'", ["number of rows inserted"], ["1"], {"numRowsInserted": 1}),
        ("UPDATE customers SET city = 'z' WHERE name IN ('x', 'ann')", ["number of rows updated", "number of multi-joined rows updated"], ["2", "0"], {"numRowsUpdated": 2}),
        ("UPDATE customers SET city = o.id FROM orders o WHERE o.customer = name", ["number of rows updated", "number of multi-joined rows updated"], ["1", "1"], {"numRowsUpdated": 1}),
        ("DELETE FROM customers USING orders o WHERE o.customer = customers.name", ["number of rows deleted"], ["1"], {"numRowsDeleted": 1}),
        ("MERGE INTO customers c USING (SELECT 'x' n) s ON c.name = s.n WHEN MATCHED THEN DELETE", ["number of rows deleted"], ["1"], {"numRowsInserted": 0, "numRowsUpdated": 0, "numRowsDeleted": 1}),
    ]:
        result = orders.run(statement)
        assert ([c.name for c in result.columns], result.rows, result.statistics) == (names, [cells], statistics)
    assert orders.rows("SELECT name FROM customers") == [["cid"]]


MERGE = ("MERGE INTO t USING (SELECT * FROM s QUALIFY ROW_NUMBER() OVER (PARTITION BY k ORDER BY n DESC) = 1) s ON {on} "
         "WHEN MATCHED AND s.v = 'gone' THEN DELETE WHEN MATCHED THEN UPDATE SET t.v = s.v, n = s.n WHEN NOT MATCHED AND s.v <> 'never' THEN INSERT (k, v, n) VALUES (s.k, s.v, s.n)")


@pytest.mark.parametrize(("on", "null_rows"), [("t.k = s.k", 2), ("EQUAL_NULL(t.k, s.k)", 1), ("t.k IS NOT DISTINCT FROM s.k", 1)])
def test_merge(account, on, null_rows):
    account.run("CREATE TABLE t (k INT, v VARCHAR, n INT)", "CREATE TABLE s LIKE t", "INSERT INTO t VALUES (1,'a',0),(2,'b',0),(NULL,'n',0)",
                "INSERT INTO s VALUES (1,'old',1),(1,'new',2),(2,'gone',1),(3,'add',1),(4,'never',1),(NULL,'nn',1)")
    result = account.run(MERGE.format(on=on))
    assert [c.name for c in result.columns] == ["number of rows inserted", "number of rows updated", "number of rows deleted"]
    assert account.rows("SELECT k, v, n FROM t WHERE k IS NOT NULL ORDER BY k") == [["1", "new", "2"], ["3", "add", "1"]]
    assert account.cell("SELECT COUNT(*) FROM t WHERE k IS NULL") == str(null_rows)


def test_merge_with_duplicate_source_keys_is_100090(account):
    account.run("CREATE TABLE t (k INT, v VARCHAR)", "INSERT INTO t VALUES (1,'a')")
    statement = "MERGE INTO t USING (SELECT column1 k, column2 v FROM VALUES (1,'x'),(1,'y'),(2,'p'),(2,'q')) s ON t.k = s.k WHEN MATCHED THEN UPDATE SET v = s.v WHEN NOT MATCHED THEN INSERT (k, v) VALUES (s.k, s.v)"
    account.refuse(statement, "100090", "42P18")
    assert account.rows("SELECT * FROM t") == [["1", "a"]]
    account.session.execute(statement, statement_parameters={"ERROR_ON_NONDETERMINISTIC_MERGE": False})
    assert account.rows("SELECT k, COUNT(*) FROM t GROUP BY k ORDER BY k") == [["1", "1"], ["2", "2"]]


# --- what COPY uses ----------------------------------------------------------------------------------------------------
def test_load_text_rows_casts_checks_and_appends(account):
    account.run("CREATE TABLE t (id INT NOT NULL, s VARCHAR(3), v VARIANT, d DATE)")
    table = account.session.resolve_table(["T"])
    texts = [["1", "2"], ["abc", None], ['{"a":1.0}', ""], ["02/01/2024", None]]
    assert account.session.load_text_rows(table, None, texts, {"DATE_FORMAT": "DD/MM/YYYY"}) == 2
    assert account.rows("SELECT id, s, v:a, d FROM t ORDER BY id") == [["1", "abc", "1", "19724"], ["2", None, None, None]]
    for columns, code, row, name in [([["1", "x"]], "100038", 1, "ID"), ([["1", None]], "100072", 1, "ID"), ([["1"], ["abcd"]], "100078", 0, "S"),
                                     ([["1", "1"], [None, None], ["1", "{"]], "100069", 1, "V")]:
        with pytest.raises(SnowflakeError) as caught:
            account.session.load_text_rows(table, ["ID", "S", "V"][: len(columns)], columns, {})
        assert (caught.value.code, caught.value.row_index, caught.value.column_name) == (code, row, name)
    assert account.cell("SELECT COUNT(*) FROM t") == "2"


def test_load_text_rows_with_a_transformation(account):
    account.run("CREATE TABLE t (id INT, v VARIANT, s VARCHAR)")
    table = account.session.resolve_table(["T"])
    account.session.load_text_rows(table, ["ID", "V", "S"], [["1", "2"], ["[1]", ""], ["x", None]], {}, select_list="r.$1::INT + 1, PARSE_JSON($2), UPPER($3)", alias="r")
    assert account.rows("SELECT id, v[0], s FROM t ORDER BY id") == [["2", "1", "X"], ["3", None, None]]


def test_append_rows_and_select_over_rows(account):
    account.run("CREATE TABLE t (n NUMBER(10,2), d DATE, z TIMESTAMP_TZ, b BINARY, f FLOAT, x BOOLEAN)")
    session, table = account.session, account.session.resolve_table(["T"])
    values = [session.cast_column([text, None], column.type, {}) for text, column in zip(["1.5", "2024-01-01", "2024-01-01T00:00:00+01:00", "ff", "nan", "true"], table.columns)]
    session.execute("BEGIN")
    assert session.append_rows(table, None, list(zip(*values))) == 2
    session.execute("ROLLBACK")
    assert account.rows("SELECT * FROM t") == []
    session.append_rows(table, ["N", "D"], session.select_over_rows("$1, $2", None, [["2.5", "2024-01-02"]], 2, [c.type for c in table.columns[:2]]))
    assert account.rows("SELECT n, d FROM t") == [["2.50", "19724"]]
