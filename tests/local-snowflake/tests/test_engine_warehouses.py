"""Warehouses: their states, which statements need one, and what a role may do with them."""

from __future__ import annotations

import pytest
from engine_account import account  # noqa: F401

NEED_ONE = [
    "SELECT * FROM t", "SELECT COUNT(*) FROM INFORMATION_SCHEMA.TABLES", "INSERT INTO t VALUES (1)", "INSERT INTO t SELECT 1",
    "UPDATE t SET a = 2", "DELETE FROM t", "MERGE INTO t USING (SELECT 1 b) s ON a = b WHEN NOT MATCHED THEN INSERT VALUES (b)",
    "CREATE TABLE c AS SELECT * FROM t",
]  # fmt: skip
NEED_NONE = [
    "SELECT 1", "SELECT CURRENT_WAREHOUSE()", "CREATE TABLE u (a INT)", "CREATE TABLE l LIKE t", "ALTER TABLE t ADD COLUMN b INT", "TRUNCATE TABLE t",
    "SHOW TABLES", "SHOW COLUMNS IN TABLE t", "DESC TABLE t", "SHOW WAREHOUSES", "BEGIN", "COMMIT", "DROP TABLE t", "USE SCHEMA PUBLIC",
]  # fmt: skip


def shown(account, *names: str) -> list:
    """Columns of SHOW WAREHOUSES, by name of the warehouse."""
    result = account.run("SHOW WAREHOUSES")
    places = [[column.name for column in result.columns].index(name) for name in names]
    return sorted([row[place] for place in places] for row in result.rows)


@pytest.mark.parametrize("statement", NEED_ONE)
def test_statements_about_rows_need_a_warehouse(account, statement):
    account.run("CREATE TABLE t (a INT)", "INSERT INTO t VALUES (1)", "ALTER WAREHOUSE SET AUTO_RESUME = FALSE", "ALTER WAREHOUSE SUSPEND")
    refused = account.refuse(statement, "000608", "57P03")
    assert refused.message.startswith("Warehouse 'DEMO_WH' is suspended.  Use 'alter warehouse DEMO_WH resume;'")
    account.run("DROP WAREHOUSE DEMO_WH")
    assert "No active warehouse selected" in account.refuse(statement, "000606", "57P03").message
    account.run("CREATE WAREHOUSE w", statement)


def test_statements_about_metadata_need_none(account):
    account.run("CREATE TABLE t (a INT)", "DROP WAREHOUSE DEMO_WH", *NEED_NONE)


def test_a_missing_table_is_told_before_a_missing_warehouse(account):
    account.run("DROP WAREHOUSE DEMO_WH")
    account.refuse("SELECT * FROM nope", "002003")
    account.refuse("INSERT INTO nope VALUES (1)", "002003")


def test_copy_needs_one(account, server):
    from wire_client import Client

    client = Client(server)
    client.rows("CREATE OR REPLACE TEMPORARY TABLE T (A NUMBER)")
    client.rows("CREATE OR REPLACE WAREHOUSE COPYING INITIALLY_SUSPENDED = TRUE AUTO_RESUME = FALSE")
    assert client.refusal("COPY INTO T FROM @~/nothing")[0] == "000608"
    client.rows("LIST @~/nothing")
    client.rows("DROP WAREHOUSE COPYING")
    assert client.refusal("COPY INTO T FROM @~/nothing")[0] == "000606"


def test_a_suspended_warehouse_is_resumed(account):
    account.run("CREATE TABLE t (a INT)", "CREATE WAREHOUSE w INITIALLY_SUSPENDED = TRUE AUTO_SUSPEND = 60")
    assert shown(account, "name", "state", "auto_resume") == [["DEMO_WH", "STARTED", "true"], ["W", "SUSPENDED", "true"]]
    account.run("SELECT 1", "SHOW TABLES")
    assert ["W", "SUSPENDED"] in shown(account, "name", "state")
    account.run("SELECT * FROM t")
    assert ["W", "STARTED"] in shown(account, "name", "state")


def test_states(account):
    account.run("CREATE WAREHOUSE w", "ALTER WAREHOUSE w RESUME IF SUSPENDED")
    assert "cannot be resumed" in account.refuse("ALTER WAREHOUSE w RESUME", "090063", "22000").message
    account.run("ALTER WAREHOUSE w SUSPEND")
    assert "Invalid state. Warehouse 'W' cannot be suspended." == account.refuse("ALTER WAREHOUSE w SUSPEND", "090064", "22000").message
    account.run("ALTER WAREHOUSE IF EXISTS w RESUME IF SUSPENDED", "ALTER WAREHOUSE IF EXISTS nope RESUME")
    assert ["W", "STARTED"] in shown(account, "name", "state")
    account.refuse("ALTER WAREHOUSE nope RESUME", "002003")
    account.refuse("ALTER WAREHOUSE w SET INITIALLY_SUSPENDED = TRUE", "001003")


@pytest.mark.parametrize(
    ("written", "size"),
    [("XSMALL", "X-Small"), ("'x-small'", "X-Small"), ("MEDIUM", "Medium"), ("'2X-LARGE'", "2X-Large"), ("XXLARGE", "2X-Large"), ("X6LARGE", "6X-Large")],
)
def test_sizes(account, written, size):
    account.run(f"CREATE WAREHOUSE w WITH WAREHOUSE_SIZE = {written} COMMENT = 'c'")
    assert ["W", size, "c"] in shown(account, "name", "size", "comment")


@pytest.mark.parametrize(
    ("options", "code"),
    [("WAREHOUSE_SIZE = HUGE", "001008"), ("AUTO_RESUME = MAYBE", "001008"), ("AUTO_SUSPEND = soon", "001003"), ("COLOUR = 'red'", "001003")],
)
def test_wrong_options(account, options, code):
    account.refuse(f"CREATE WAREHOUSE w {options}", code)
    assert len(shown(account, "name")) == 1


def test_if_not_exists_leaves_it_as_it_is(account):
    account.run("CREATE WAREHOUSE w WAREHOUSE_SIZE = SMALL", "USE WAREHOUSE DEMO_WH", "CREATE WAREHOUSE IF NOT EXISTS w WAREHOUSE_SIZE = LARGE")
    account.refuse("CREATE WAREHOUSE w", "002002")
    assert ["W", "Small"] in shown(account, "name", "size")
    assert account.value("CURRENT_WAREHOUSE()") == "DEMO_WH"


def test_privileges(account):
    account.run("CREATE TABLE t (a INT)", "CREATE WAREHOUSE w AUTO_RESUME = TRUE", "CREATE ROLE loader", "CREATE ROLE child", "GRANT ROLE child TO ROLE loader")
    account.run("USE ROLE loader")
    account.refuse("SELECT * FROM t", "000606")
    account.refuse("USE WAREHOUSE w", "002043")
    account.refuse("ALTER WAREHOUSE w RESUME IF SUSPENDED", "002003")
    assert "must have CREATE WAREHOUSE granted" in account.refuse("CREATE WAREHOUSE v", "003001", "42501").message
    account.run("CREATE WAREHOUSE IF NOT EXISTS w", "USE ROLE SYSADMIN", "GRANT USAGE ON WAREHOUSE w TO ROLE child", "ALTER WAREHOUSE w SUSPEND", "USE ROLE loader")
    account.refuse("ALTER WAREHOUSE w RESUME", "003001", "42501")
    account.refuse("DROP WAREHOUSE w", "003001")
    account.run("USE WAREHOUSE w", "SELECT * FROM t", "USE ROLE SYSADMIN", "GRANT OPERATE ON WAREHOUSE w TO ROLE loader", "USE ROLE loader")
    account.run("ALTER WAREHOUSE w SUSPEND", "ALTER WAREHOUSE w RESUME")
    account.refuse("ALTER WAREHOUSE w SET AUTO_SUSPEND = 1", "003001")
    account.run("USE ROLE SYSADMIN", "GRANT CREATE WAREHOUSE ON ACCOUNT TO ROLE loader", "USE ROLE loader", "CREATE WAREHOUSE v", "DROP WAREHOUSE v")


def test_login(account):
    sessions = {name: account.engine.open_session("DEMO", role, "DEMO", "PUBLIC", name) for name, role in ((None, None), ("NOPE", None), ("DEMO_WH", "PUBLIC"))}
    assert [session.warehouse for session in sessions.values()] == ["DEMO_WH", None, "DEMO_WH"]
    account.run("CREATE WAREHOUSE w")
    assert account.engine.open_session("DEMO", "PUBLIC", "DEMO", "PUBLIC", "W").warehouse is None
