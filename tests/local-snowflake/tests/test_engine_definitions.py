"""DDL, SHOW, DESCRIBE, information_schema, session statements, grants; and what is refused."""

from __future__ import annotations

import json

import pytest
from engine_account import account  # noqa: F401


@pytest.mark.parametrize(("statement", "code", "state"), [
    ("CREATE TABLE t (a INT)", "002002", "42710"), ("CREATE SCHEMA public", "002002", None), ("CREATE DATABASE demo", "002002", None),
    ("CREATE TABLE nope.public.x (a INT)", "002003", "02000"), ("DROP TABLE nope", "002003", "42S02"), ("DROP SCHEMA nope", "002003", "02000"),
    ("SELECT * FROM nope.public.t", "002003", None), ("INSERT INTO nope VALUES (1)", "002003", "42S02"), ("DESC TABLE nope", "002003", None),
    ("USE SCHEMA nope", "002043", "02000"), ("USE WAREHOUSE nope", "002043", None), ("SHOW TABLES IN SCHEMA nope", "002043", None),
    ("SHOW COLUMNS IN TABLE nope", "002043", None), ("CREATE TABLE x (a BLOB)", "002040", None), ("CREATE TABLE x (a INT, A INT)", "002025", None),
    ("CREATE TABLE x (a INT) FROB = 1", "001003", "42000"), ("CREATE TABLE x", "001003", None), ("CREATE FROB x", "001003", None),
    ("ALTER TABLE t FROB", "001003", None), ("SHOW FROBS", "001003", None), ("FROB", "001003", None), ("", "001003", None),
    ("ALTER SESSION SET FROB = 1", "001420", None), ("ALTER SESSION SET AUTOCOMMIT = maybe", "001008", None), ("SELECT 1; SELECT 2", "000008", None),
    ("GRANT SELECT ON TABLE t TO ROLE nope", "002003", None), ("GRANT FROB ON TABLE t TO ROLE sysadmin", "001003", None),
    ("CREATE OR REPLACE TABLE IF NOT EXISTS t (a INT)", "001003", None), ("INSERT INTO t (nope) VALUES (1)", "000904", "42000"),
    ("INSERT INTO t VALUES (1, 2, 3)", "002020", "21S01"), ("INSERT INTO t (s) SELECT 'x'", "100072", "22000"), ("DROP TABLE t FROB", "001003", None),
    ("INSERT INTO t (id, s) VALUES (1, PARSE_JSON('1'))", "002014", None), ("UPDATE t SET nope = 1", "000904", None), ("UNDROP TABLE t", "000002", None),
])
def test_refusals(account, statement, code, state):
    account.run("CREATE TABLE t (id INT NOT NULL, s VARCHAR(10))")
    account.refuse(statement, code, state)


@pytest.mark.parametrize("statement", [
    "CREATE TABLE IF NOT EXISTS t (other INT)", "DROP TABLE IF EXISTS nope", "CREATE SCHEMA IF NOT EXISTS public", "DROP SCHEMA IF EXISTS nope",
    "ALTER TABLE IF EXISTS nope ADD COLUMN x INT", "TRUNCATE TABLE IF EXISTS nope", "CREATE WAREHOUSE IF NOT EXISTS demo_wh",
    "COMMENT IF EXISTS ON TABLE nope IS 'x'", "ALTER SESSION SET QUERY_TAG = '{\"a\":1}', TIMEZONE = 'UTC'", "USE ROLE sysadmin",
    "ALTER WAREHOUSE demo_wh SET WAREHOUSE_SIZE = SMALL AUTO_SUSPEND = 60", "USE SECONDARY ROLES ALL",
])
def test_statements_that_change_nothing_in_the_table(account, statement):
    account.run("CREATE TABLE t (id INT)", statement)
    assert [row[0] for row in account.rows("DESC TABLE demo.public.t")] == ["ID"]


def test_quoted_identifiers_are_exact_and_unquoted_ones_fold(account):
    account.run('CREATE TABLE "we""ird t.b" ("LOWER" INT, "lower" INT, "naïve \N{SNOWMAN}" INT, a$b INT, "a.b" INT)',
                'INSERT INTO demo.public."we""ird t.b" VALUES (1, 2, 3, 4, 5)')
    assert account.rows('SELECT lower, "lower", "naïve \N{SNOWMAN}", A$B, "we""ird t.b"."a.b" FROM "we""ird t.b"') == [["1", "2", "3", "4", "5"]]
    account.refuse('SELECT "Lower" FROM "we""ird t.b"', "000904")
    account.refuse('SELECT 1 FROM "WE""IRD T.B"', "002003")
    account.run("ALTER SESSION SET QUOTED_IDENTIFIERS_IGNORE_CASE = TRUE", 'CREATE TABLE "low" ("x" INT)')
    assert account.rows("SELECT X FROM LOW") == []


def test_alter_table_columns(account):
    account.run("CREATE TABLE t (id INT, s VARCHAR(10), n NUMBER(10,2))", "INSERT INTO t VALUES (1, 'x', 1.5)",
                "ALTER TABLE t ADD COLUMN a VARCHAR DEFAULT 'd', \"b c\" NUMBER(38,0)", "ALTER TABLE t ADD COLUMN IF NOT EXISTS a INT, IF NOT EXISTS e DATE",
                "ALTER TABLE t ALTER COLUMN s SET DATA TYPE VARCHAR(100), COLUMN n SET DATA TYPE NUMBER(38,2)", "ALTER TABLE t MODIFY COLUMN s VARCHAR",
                'ALTER TABLE t RENAME COLUMN "b c" TO bc', "ALTER TABLE t ALTER COLUMN id SET NOT NULL", "ALTER TABLE t DROP COLUMN e, a",
                "ALTER TABLE t ADD z INT NOT NULL DEFAULT 7")
    assert [row[:4] for row in account.rows("DESC TABLE t")] == [
        ["ID", "NUMBER(38,0)", "COLUMN", "N"], ["S", "VARCHAR(16777216)", "COLUMN", "Y"], ["N", "NUMBER(38,2)", "COLUMN", "Y"],
        ["BC", "NUMBER(38,0)", "COLUMN", "Y"], ["Z", "NUMBER(38,0)", "COLUMN", "N"]]
    assert account.rows("SELECT * FROM t") == [["1", "x", "1.50", None, "7"]]
    for statement, code in [
        ("ALTER TABLE t ALTER COLUMN s SET DATA TYPE VARCHAR(5)", "002108"), ("ALTER TABLE t ALTER COLUMN n SET DATA TYPE NUMBER(38,3)", "002108"),
        ("ALTER TABLE t ALTER COLUMN id SET DATA TYPE VARCHAR", "002108"), ("ALTER TABLE t ADD COLUMN id INT", "001430"),
        ("ALTER TABLE t ALTER COLUMN bc SET NOT NULL", "100072"), ("ALTER TABLE t ADD COLUMN q INT NOT NULL", "001432"),
        ("ALTER TABLE t DROP COLUMN nope", "000904"), ("ALTER TABLE t ALTER COLUMN nope DROP NOT NULL", "000904"),
    ]:
        account.refuse(statement, code)
    account.run("ALTER TABLE t ALTER (COLUMN id DROP NOT NULL, COLUMN z DROP NOT NULL)", "INSERT INTO t (id) VALUES (NULL)")


def test_rename_swap_clone_like_and_create_as(account):
    account.run("CREATE TABLE a (x INT COMMENT 'c')", "INSERT INTO a VALUES (1)", "CREATE TABLE b (y INT)", "ALTER TABLE a SWAP WITH b",
                "CREATE TABLE c CLONE b", "CREATE TABLE d LIKE b", "ALTER TABLE d RENAME TO e", "CREATE TABLE f AS SELECT x + 1 AS z, NULL AS n FROM b",
                "CREATE OR REPLACE TABLE g (p, q) AS SELECT 1, 'x'")
    assert account.rows("SELECT * FROM b") == account.rows("SELECT x FROM c") == [["1"]]
    assert account.rows("SELECT y FROM a") == account.rows("SELECT x FROM e") == []
    assert account.rows("SELECT * FROM f") == [["2", None]]
    assert [row[:2] for row in account.rows("DESC TABLE g")] == [["P", "NUMBER(1,0)"], ["Q", "VARCHAR(1)"]]
    account.refuse("SELECT * FROM d", "002003")


def test_identity_defaults_and_keys(account):
    account.run("CREATE TABLE t (i INT IDENTITY (10, 5), k VARCHAR, d TIMESTAMP_NTZ DEFAULT '2024-01-01'::TIMESTAMP_NTZ, CONSTRAINT pk PRIMARY KEY (k))",
                "INSERT INTO t (k) VALUES ('a')", "INSERT INTO t (k, d) VALUES ('b', DEFAULT)")
    assert account.rows("SELECT i, k, d::DATE FROM t ORDER BY i") == [["10", "a", "19723"], ["15", "b", "19723"]]
    account.refuse("INSERT INTO t (k) VALUES (NULL)", "100072")
    assert [row[4:7] for row in account.rows("SHOW PRIMARY KEYS IN TABLE t")] == [["K", "1", "PK"]]
    account.run("ALTER TABLE t DROP PRIMARY KEY", "ALTER TABLE t ADD PRIMARY KEY (i, k)")
    assert [row[0] for row in account.rows("DESC TABLE t") if row[5] == "Y"] == ["I", "K"]


def named(result, *names):
    places = [[c.name for c in result.columns].index(name) for name in names]
    return [[row[place] for place in places] for row in result.rows]


def test_show(account):
    account.run("CREATE SCHEMA s COMMENT = 'sc'", "CREATE TRANSIENT TABLE big_one (a NUMBER(10,2) NOT NULL, b VARCHAR(5)) COMMENT = 'tc'", "CREATE TABLE other (x TIMESTAMP_TZ)",
                "CREATE VIEW v AS SELECT a FROM big_one", "INSERT INTO other SELECT NULL", "USE SCHEMA public")
    assert named(account.run("SHOW TABLES LIKE 'BIG\\\\_%' IN SCHEMA demo.s"), "name", "schema_name", "kind", "comment") == [["BIG_ONE", "S", "TRANSIENT", "tc"]]
    assert named(account.run('SHOW TERSE TABLES IN SCHEMA "DEMO"."S" LIMIT 1'), "name", "kind") == [["BIG_ONE", "TRANSIENT"]]
    assert named(account.run("SHOW TABLES IN DATABASE demo STARTS WITH 'O'"), "name", "rows") == [["OTHER", "1"]]
    assert named(account.run("SHOW OBJECTS IN s"), "name", "kind") == [["BIG_ONE", "TRANSIENT"], ["OTHER", "TABLE"], ["V", "VIEW"]]
    assert named(account.run("SHOW SCHEMAS LIKE 's' IN DATABASE demo"), "name", "comment") == [["S", "sc"]]
    assert named(account.run("SHOW DATABASES"), "name", "is_current") == [["DEMO", "Y"]]
    columns = named(account.run("SHOW COLUMNS IN TABLE demo.s.big_one"), "column_name", "null?", "data_type")
    assert [(name, null, json.loads(kind)) for name, null, kind in columns] == [
        ("A", "NOT_NULL", {"type": "FIXED", "precision": 10, "scale": 2, "nullable": False}),
        ("B", "true", {"type": "TEXT", "length": 5, "byteLength": 20, "nullable": True, "fixed": False})]
    assert named(account.run("SHOW PARAMETERS LIKE 'timezone' IN SESSION"), "key", "value") == [["TIMEZONE", "UTC"]]
    assert named(account.run("SHOW WAREHOUSES"), "name", "is_current") == [["DEMO_WH", "Y"]]
    assert account.rows("SELECT \"name\" FROM TABLE(RESULT_SCAN(LAST_QUERY_ID()))") == [["DEMO_WH"]]


def test_information_schema(account):
    account.run("CREATE TABLE t (a NUMBER(10,2) NOT NULL, b VARCHAR(5), c TIMESTAMP_NTZ(3))", "CREATE TEMPORARY TABLE tt (z INT)", "INSERT INTO tt VALUES (1)")
    assert account.rows("SELECT column_name, data_type, numeric_precision, numeric_scale, character_maximum_length, datetime_precision, is_nullable "
                        "FROM information_schema.columns WHERE table_name = 'T' ORDER BY ordinal_position") == [
        ["A", "NUMBER", "10", "2", None, None, "NO"], ["B", "TEXT", None, None, "5", None, "YES"], ["C", "TIMESTAMP_NTZ", None, None, None, "3", "YES"]]
    assert account.rows('SELECT table_name, table_type, row_count FROM "DEMO".information_schema.tables ORDER BY 1') == [
        ["T", "BASE TABLE", "0"], ["TT", "LOCAL TEMPORARY", "1"]]
    assert account.rows("SELECT schema_name FROM demo.information_schema.schemata ORDER BY 1") == [["INFORMATION_SCHEMA"], ["PUBLIC"]]
    account.refuse("SELECT * FROM information_schema.nope", "002003")


def test_grants_are_recorded(account):
    account.run("CREATE TABLE t (a INT)", "CREATE ROLE r", "GRANT SELECT, INSERT ON TABLE t TO ROLE r", "GRANT USAGE ON DATABASE demo TO ROLE r",
                "GRANT SELECT ON FUTURE TABLES IN SCHEMA demo.public TO ROLE r", "GRANT ROLE r TO USER demo", "REVOKE INSERT ON TABLE t FROM ROLE r")
    assert named(account.run("SHOW GRANTS ON TABLE t"), "privilege", "name", "grantee_name") == [["SELECT", "DEMO.PUBLIC.T", "R"]]
    assert [row[0] for row in named(account.run("SHOW GRANTS TO ROLE r"), "privilege")] == ["SELECT", "USAGE", "SELECT"]


def test_databases_and_current_names(account):
    account.run("CREATE DATABASE other", "CREATE TABLE x (a INT)")
    assert account.rows("SELECT CURRENT_DATABASE(), CURRENT_SCHEMA(), CURRENT_ROLE(), CURRENT_WAREHOUSE(), CURRENT_USER()") == [["OTHER", "PUBLIC", "SYSADMIN", "DEMO_WH", "DEMO"]]
    account.run("DROP DATABASE other")
    assert account.rows("SELECT CURRENT_DATABASE()") == [[None]]
    account.refuse("SELECT * FROM x", "090105")
    account.run("USE demo.public")
    assert account.rows("SHOW TABLES") == []


def test_other_parts_can_take_statements_and_hear_of_drops(account):
    from local_snowflake.engine.result import status

    seen = []
    account.engine.add_listener(lambda event, identity: seen.append((event, identity)))
    account.engine.register_statement_handler(lambda sql: sql.upper().startswith("PUT "), lambda session, sql: status(sql))
    assert account.cell("-- hint\n PUT file:///x @~ ;") == "PUT file:///x @~"
    account.run("CREATE TABLE t (a INT)")
    first = account.session.resolve_table(["T"]).identity
    account.run("TRUNCATE TABLE t", "CREATE OR REPLACE TABLE t (a INT)")
    assert seen == [("table_truncated", first), ("table_dropped", first)]
    assert account.session.resolve_table(["T"]).identity != first
