//! What the client relies on and only documentation or other drivers say.

use std::time::Instant;

use snowflake_client::Session;

use crate::account::Account;

fn begun(account: &Account, name: &str) -> (Session, String) {
    let session = account.session_in_schema();
    account.rows(&session, "BEGIN");
    account.rows(&session, &format!("INSERT INTO {name} VALUES (1)"));
    let transaction = account.value(&session, "SELECT CURRENT_TRANSACTION()");
    assert!(
        transaction.bytes().all(|byte| byte.is_ascii_digit()),
        "{transaction:?} is not a number"
    );
    (session, transaction)
}

/// What an appended batch is decided by when its COMMIT gets no answer.
pub(crate) fn states_of_transactions(account: &Account) {
    let other = account.session_in_schema();
    account.rows(&other, "CREATE TABLE STATES (N NUMBER)");
    let state = |transaction: &str| {
        let described = account.try_rows(&other, &format!("DESCRIBE TRANSACTION {transaction}"));
        let described = described.unwrap_or_else(|failure| panic!("DESCRIBE TRANSACTION: {failure}"));
        let row = described.rows().next().expect("a row");
        row.get("state").expect("a column `state`").to_lowercase()
    };
    for (end, expected) in [("COMMIT", "committed"), ("ROLLBACK", "rolled back")] {
        let (session, transaction) = begun(account, "STATES");
        assert_eq!(state(&transaction), "running");
        account.rows(&session, end);
        assert_eq!(state(&transaction), expected);
        account.block_on(session.close());
        assert_eq!(state(&transaction), expected, "of a session that is closed");
    }
    let (session, transaction) = begun(account, "STATES");
    account.block_on(session.close());
    assert_eq!(state(&transaction), "rolled back", "by the end of the session");
    let (_open, transaction) = begun(account, "STATES");
    account.rows(&other, &format!("SELECT SYSTEM$ABORT_TRANSACTION({transaction})"));
    assert_eq!(state(&transaction), "rolled back", "by SYSTEM$ABORT_TRANSACTION");
    assert_eq!(account.value(&other, "SELECT COUNT(*) FROM STATES"), "1");
}

/// The numbers by which failures are told apart, and hints found.
pub(crate) fn codes_of_refusals(account: &Account) {
    let session = account.session_in_schema();
    account.rows(&session, "CREATE TABLE CODES (N NUMBER(3, 0), T VARCHAR(3))");
    account.rows(&session, "INSERT INTO CODES VALUES (1, 'a')");
    let duplicates = "MERGE INTO CODES USING (SELECT 1 AS N, 'b' AS T UNION ALL SELECT 1, 'c') S ON CODES.N = S.N \
                      WHEN MATCHED THEN UPDATE SET T = S.T";
    let expected = [
        ("SELECT * FROM THERE_IS_NO_SUCH_TABLE", "002003"),
        ("SELEC 1", "001003"),
        ("SELECT THERE_IS_NO_SUCH_COLUMN FROM CODES", "000904"),
        ("SELECT TO_NUMBER('x')", "100038"),
        ("SELECT PARSE_JSON('{')", "100069"),
        ("INSERT INTO CODES SELECT 1, 'abcd'", "100078"),
        (duplicates, "100090"),
    ];
    let problems: Vec<String> = expected
        .iter()
        .filter_map(|(sql, code)| match account.try_rows(&session, sql) {
            Ok(_) => Some(format!("{sql}: not refused")),
            Err(failure) if failure.code() == Some(code) => None,
            Err(failure) => Some(format!("{sql}: {code} expected, {failure}")),
        })
        .collect();
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

/// Longer than 45 seconds on an account, where SYSTEM$WAIT takes its time; a lock that is held does it on this machine.
pub(crate) fn a_long_statement(account: &Account) {
    let session = account.session_in_schema();
    let started = Instant::now();
    if account.is_local() {
        let holder = account.session_in_schema();
        account.rows(&session, "CREATE TABLE HELD (N NUMBER)");
        account.rows(&session, "INSERT INTO HELD VALUES (1)");
        account.rows(&holder, "BEGIN");
        account.rows(&holder, "UPDATE HELD SET N = 2");
        let update = account.spawn(&session, "UPDATE HELD SET N = N + 1");
        std::thread::sleep(std::time::Duration::from_secs(1));
        account.rows(&holder, "COMMIT");
        account.block_on(update).expect("it ends").expect("it is not refused");
        assert_eq!(account.value(&session, "SELECT N FROM HELD"), "3");
    } else {
        account.value(&session, "SELECT SYSTEM$WAIT(70)");
        assert!(started.elapsed().as_secs() >= 70, "it did not wait");
    }
}
