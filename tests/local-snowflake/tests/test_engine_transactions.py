"""Transactions as Snowflake has them: DDL commits, a failed statement undoes itself only, sessions are isolated, locks wait."""

from __future__ import annotations

import threading
import time

import duckdb
import pytest
from engine_account import Account, account  # noqa: F401
from local_snowflake.engine import SnowflakeError
from local_snowflake.engine.transactions import is_conflict


@pytest.fixture
def numbers(account):
    """An account with a table of three rows."""
    account.run("CREATE TABLE n (id INT, v VARCHAR)", "INSERT INTO n VALUES (1,'a'),(2,'b'),(3,'c')")
    return account


def state(account, session=None):
    return account.rows("SELECT id, v FROM n ORDER BY id", session)


BEFORE = [["1", "a"], ["2", "b"], ["3", "c"]]


@pytest.mark.parametrize("begin", ["BEGIN", "BEGIN WORK", "BEGIN TRANSACTION NAME x", "START TRANSACTION"])
def test_rollback_undoes_every_kind_of_change(numbers, begin):
    numbers.run(begin, "INSERT INTO n VALUES (4,'d')", "UPDATE n SET v='x' WHERE id IN (1,4)", "DELETE FROM n WHERE id IN (2)",
                "MERGE INTO n USING (SELECT 3 id) s ON n.id=s.id WHEN MATCHED THEN UPDATE SET v='m'")
    assert state(numbers) == [["1", "x"], ["3", "m"], ["4", "x"]]
    numbers.run("TRUNCATE TABLE n", "ROLLBACK")
    assert state(numbers) == BEFORE


def test_commit_keeps_every_kind_of_change(numbers):
    numbers.run("BEGIN", "INSERT INTO n VALUES (4,'d')", "UPDATE n SET v='x' WHERE id IN (1,4)", "DELETE FROM n WHERE id=2",
                "INSERT OVERWRITE INTO n SELECT id, v FROM n WHERE id > 1", "COMMIT")
    assert state(numbers) == [["3", "c"], ["4", "x"]]
    assert state(numbers, numbers.another_session()) == [["3", "c"], ["4", "x"]]


def test_a_failed_statement_leaves_the_transaction_open_and_undoes_only_itself(numbers):
    numbers.run("BEGIN", "INSERT INTO n VALUES (4,'d')")
    numbers.refuse("INSERT INTO n SELECT v::INT, 'x' FROM n", "100038")
    numbers.refuse("SELECT * FROM missing", "002003")
    numbers.refuse("SELEC", "001003")
    numbers.run("INSERT INTO n VALUES (5,'e')", "COMMIT")
    assert [row[0] for row in state(numbers)] == ["1", "2", "3", "4", "5"]


@pytest.mark.parametrize("ddl", ["CREATE TABLE other (a INT)", "CREATE TEMPORARY TABLE other (a INT)", "ALTER TABLE n ADD COLUMN z INT",
                                 "CREATE TABLE other AS SELECT 1 a", "DROP TABLE IF EXISTS nothing", "CREATE SCHEMA other"])
def test_ddl_commits_what_is_open(numbers, ddl):
    numbers.run("BEGIN", "DELETE FROM n WHERE id=1", ddl, "ROLLBACK")
    assert numbers.cell("SELECT COUNT(*) FROM n" if "SCHEMA" not in ddl else "SELECT COUNT(*) FROM demo.public.n") == "2"


def test_begin_inside_a_transaction_is_ignored(numbers):
    numbers.run("BEGIN", "DELETE FROM n WHERE id=1", "BEGIN", "ROLLBACK")
    assert state(numbers) == BEFORE


def test_other_sessions_see_only_what_is_committed(numbers):
    other = numbers.another_session()
    numbers.run("BEGIN", "UPDATE n SET v='x' WHERE id=1", "INSERT INTO n VALUES (4,'d')", "DELETE FROM n WHERE id=2")
    assert state(numbers, other) == BEFORE
    numbers.run("INSERT INTO n VALUES (9,'i')", session=other)
    assert [row[0] for row in state(numbers)] == ["1", "3", "4", "9"], "read committed: a committed row is seen at once"
    numbers.run("COMMIT")
    assert state(numbers, other) == [["1", "x"], ["3", "c"], ["4", "d"], ["9", "i"]]


def test_a_writer_waits_for_the_table_and_then_sees_the_committed_rows(numbers):
    other, done = numbers.another_session(), []
    numbers.run("BEGIN", "UPDATE n SET v='x' WHERE id=1")
    waiter = threading.Thread(target=lambda: done.append(numbers.rows("UPDATE n SET v = v || '2' WHERE id=1", other)))
    waiter.start()
    time.sleep(0.3)
    assert not done
    numbers.run("COMMIT")
    waiter.join(10)
    assert done and state(numbers)[0] == ["1", "x2"]


def test_a_deadlock_and_a_lock_timeout_are_000625(numbers):
    other = numbers.another_session()
    numbers.run("BEGIN", "DELETE FROM n WHERE id=1")
    numbers.run("ALTER SESSION SET LOCK_TIMEOUT = 0", session=other)
    numbers.refuse("DELETE FROM n WHERE id=2", "000625", session=other)
    numbers.run("ROLLBACK")
    numbers.run("DELETE FROM n WHERE id=2", session=other)
    assert len(state(numbers)) == 2


def test_two_sessions_insert_at_the_same_time(numbers):
    sessions = [numbers.another_session() for _ in range(4)]
    failures = []

    def work(session, first):
        try:
            for index in range(10):
                session.execute("BEGIN")
                session.execute(f"INSERT INTO n VALUES ({first + index}, 'x')")
                session.execute(f"MERGE INTO n USING (SELECT {first + index} id) s ON n.id = s.id WHEN MATCHED THEN UPDATE SET v = 'y'")
                session.execute("COMMIT")
        except SnowflakeError as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(s, 100 * (i + 1))) for i, s in enumerate(sessions)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not failures
    assert numbers.rows("SELECT v, COUNT(*) FROM n WHERE id >= 100 GROUP BY v") == [["y", "40"]]


def test_closing_a_session_rolls_back_and_drops_its_temporary_tables(numbers):
    other = numbers.another_session()
    numbers.run("CREATE TEMPORARY TABLE mine (a INT)", "BEGIN", "DELETE FROM n", session=other)
    other.close()
    assert state(numbers) == BEFORE
    numbers.refuse("SELECT * FROM mine", "002003", "42S02")


def test_autocommit_off_opens_a_transaction(numbers):
    other = numbers.another_session()
    numbers.run("ALTER SESSION SET AUTOCOMMIT = FALSE", "DELETE FROM n WHERE id = 1", session=other)
    assert state(numbers) == BEFORE
    numbers.run("COMMIT", session=other)
    assert len(state(numbers)) == 2


def test_temporary_tables_shadow_and_belong_to_one_session(numbers):
    other = numbers.another_session()
    numbers.run("CREATE TEMPORARY TABLE demo.public.n (only_here INT)")
    assert numbers.rows("SELECT * FROM n") == []
    assert state(numbers, other) == BEFORE
    numbers.run("DROP TABLE n")
    assert state(numbers) == BEFORE


def test_hooks_follow_the_transaction(numbers):
    seen = []
    numbers.run("BEGIN")
    numbers.session.on_commit(lambda: seen.append("commit"))
    numbers.session.on_rollback(lambda: seen.append("rollback"))
    numbers.run("ROLLBACK", "BEGIN", "COMMIT")
    assert seen == ["rollback"]


def test_interrupt_ends_the_running_statement(numbers):
    timer = threading.Timer(0.3, numbers.session.interrupt)
    timer.start()
    numbers.refuse("SELECT SUM(x.r * y.r) FROM (SELECT ROW_NUMBER() OVER (ORDER BY 1) r FROM TABLE(GENERATOR(ROWCOUNT => 200000))) x, "
                   "(SELECT ROW_NUMBER() OVER (ORDER BY 1) r FROM TABLE(GENERATOR(ROWCOUNT => 200000))) y WHERE x.r % 7 <> y.r % 11", "000604", "57014")
    assert state(numbers) == BEFORE


def test_a_data_directory_survives_a_restart_and_an_open_transaction_does_not(tmp_path):
    first = Account(tmp_path)
    first.run('CREATE TABLE "Odd ""name" (a NUMBER(10,2) NOT NULL COMMENT \'c\', i INT AUTOINCREMENT)', 'INSERT INTO "Odd ""name" (a) VALUES (1.5)',
              "CREATE ROLE r", "CREATE WAREHOUSE w", 'GRANT SELECT ON TABLE "Odd ""name" TO ROLE r')
    first.run("BEGIN", 'DELETE FROM "Odd ""name"', 'INSERT INTO "Odd ""name" (a) VALUES (7)')
    first.engine.connection.close()
    first.session.connection.close()
    first.engine._maintenance.close()
    second = Account(tmp_path)
    assert second.rows('SELECT * FROM "Odd ""name"') == [["1.50", "1"]]
    assert second.rows("DESC TABLE \"Odd \"\"name\"")[0][:4] == ["A", "NUMBER(10,2)", "COLUMN", "N"]
    assert [row[1] for row in second.rows("SHOW GRANTS TO ROLE r")] == ["SELECT"]
    second.run('INSERT INTO "Odd ""name" (a) VALUES (2)')
    assert len(second.rows('SELECT * FROM "Odd ""name"')) == 2
    second.close()


def test_what_duckdb_says_of_other_transactions_is_tried_again():
    reverted = 'Failed to commit: Failed to alter table "t1" because the underlying table state was reverted by a concurrent transaction'
    for text in ("Conflict on update!", "Catalog write-write conflict on alter", "altered by another transaction", reverted):
        assert is_conflict(duckdb.TransactionException(f"TransactionContext Error: {text}"))
    assert not is_conflict(duckdb.ConstraintException("Constraint Error: violates conflict"))
    assert not is_conflict(duckdb.CatalogException("Table t does not exist"))


def test_loads_and_alter_table_from_several_sessions_at_once(account):
    account.run("CREATE TABLE shared (k INT, v VARCHAR)")
    failures = []

    def work(number):
        session = account.another_session()
        try:
            for turn in range(3):
                session.execute(f"CREATE TEMPORARY TABLE batch{number} (k VARCHAR, v VARCHAR)")
                session.execute("BEGIN")
                session.load_text_rows(session.resolve_table([f"BATCH{number}"]), None, [["1", "2"], [f"{number}.{turn}"] * 2], {})
                session.execute(f"MERGE INTO shared t USING (SELECT k::INT k, v FROM batch{number}) s ON t.k = s.k "
                                "WHEN MATCHED THEN UPDATE SET v = s.v WHEN NOT MATCHED THEN INSERT (k, v) VALUES (s.k, s.v)")
                session.execute("COMMIT")
                session.execute(f"DROP TABLE batch{number}")
                session.execute(f"ALTER TABLE shared ADD COLUMN c{number}_{turn} INT DEFAULT 3")
        except SnowflakeError as error:
            failures.append(error)
        finally:
            session.close()

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not failures
    assert account.rows("SELECT COUNT(*), COUNT(DISTINCT k) FROM shared") == [["2", "2"]]
    assert len(account.rows("DESC TABLE shared")) == 14


def test_what_became_of_a_transaction_can_be_asked_for(numbers):
    other = numbers.another_session()
    fates = {"COMMIT": "committed", "ROLLBACK": "rolled back", "CREATE TABLE other (a INT)": "committed"}
    for end, fate in fates.items():
        numbers.run("BEGIN NAME mine", "DELETE FROM n WHERE id=1")
        number = numbers.cell("SELECT CURRENT_TRANSACTION()")
        describe = f"DESC TRANSACTION {number}"
        assert numbers.rows(describe, other)[0][5] == "running"
        numbers.run(end)
        row = numbers.rows(describe, other)[0]
        assert [row[index] for index in (0, 3, 5)] == [number, "MINE", fate] and row[6] is not None
    numbers.refuse("DESCRIBE TRANSACTION 1", "002003")


def test_the_user_of_a_transaction_may_end_it_from_another_session(numbers):
    other = numbers.another_session()
    numbers.run("BEGIN", "DELETE FROM n")
    number = numbers.cell("SELECT CURRENT_TRANSACTION()")
    for _ in range(2):
        numbers.rows(f"SELECT SYSTEM$ABORT_TRANSACTION({number})", other)
    assert numbers.rows(f"DESCRIBE TRANSACTION {number}", other)[0][5] == "rolled back"
    numbers.run("COMMIT")
    assert state(numbers) == BEFORE
