//! A lost session: replaced when nothing is lost with it, and told when something is. Locks that too many wait for.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::json;
use snowflake_client::{ErrorKind, Session, StatementOptions};

use crate::scripted_server::{Answer, LOG_IN, QUERY, RENEW, Recorded, ScriptedServer};

/// Each log-in gives the next token.
fn log_in_number(number: usize) -> Answer {
    Answer::done(json!({
        "token": format!("session-token-{number}"), "masterToken": format!("master-token-{number}"), "sessionId": number,
    }))
}

fn has_token(request: &Recorded, number: usize) -> bool {
    request
        .header("authorization")
        .contains(&format!("session-token-{number}\""))
}

fn row() -> Answer {
    Answer::done(json!({"rowset": [["1"]], "rowtype": []}))
}

/// A server whose first session ends when a statement contains `LOSE`.
async fn server_that_loses(code: &'static str) -> ScriptedServer {
    let log_ins = AtomicUsize::new(0);
    ScriptedServer::start(move |request, _| match request.path.as_str() {
        LOG_IN => log_in_number(log_ins.fetch_add(1, Ordering::SeqCst) + 1),
        RENEW => Answer::refused("390114", "Master token expired."),
        _ if has_token(request, 1) && request.path == QUERY && request.sql().contains("LOSE") => {
            Answer::refused(code, "Session no longer exists.")
        }
        _ => row(),
    })
    .await
}

async fn run(session: &Session, sql: &str) -> Result<(), ErrorKind> {
    let outcome = session.execute(sql, &StatementOptions::default()).await;
    outcome.map(drop).map_err(|failure| failure.kind())
}

#[tokio::test]
async fn a_session_that_held_nothing_is_replaced_and_the_statement_runs_in_the_new_one() {
    // The last one: expired, and the master token of no use any more.
    for code in ["390111", "390113", "390114", "390115", "390112"] {
        let server = server_that_loses(code).await;
        let session = server.log_in().await;
        run(&session, "BEGIN").await.unwrap();
        run(&session, "COMMIT").await.unwrap();
        run(&session, "CREATE TEMPORARY TABLE t (n NUMBER)").await.unwrap();
        run(&session, "DROP TABLE IF EXISTS t").await.unwrap();
        run(&session, "INSERT INTO u SELECT 'LOSE'").await.unwrap();
        assert_eq!(server.requests_to(LOG_IN).len(), 2, "{code}");
        let sent = server.requests_to(QUERY);
        let [.., first, second] = sent.as_slice() else { panic!() };
        assert!(has_token(first, 1) && has_token(second, 2));
        assert_ne!(
            first.query("requestId"),
            second.query("requestId"),
            "another session, another request"
        );
        session.close().await;
        assert!(has_token(&server.requests_to("/session")[0], 2));
    }
}

#[tokio::test]
async fn a_loss_is_told_when_the_session_held_something() {
    let cases = [
        ["BEGIN", "INSERT INTO t SELECT 'LOSE'"],
        ["CREATE TEMPORARY TABLE t (n NUMBER)", "INSERT INTO t SELECT 'LOSE'"],
        ["ALTER SESSION SET TIMEZONE = 'UTC'", "SELECT 'LOSE'"],
        ["SELECT 1", "COMMIT /* LOSE */"],
    ];
    for [first, second] in cases {
        let server = server_that_loses("390111").await;
        let session = server.log_in().await;
        run(&session, first).await.unwrap();
        assert_eq!(run(&session, second).await, Err(ErrorKind::SessionLost), "{second}");
        assert_eq!(server.requests_to(LOG_IN).len(), 1);
    }
}

#[tokio::test]
async fn a_statement_that_may_have_run_is_not_run_again() {
    for (sql, is_replaced) in [("MERGE INTO t", false), ("SHOW TABLES", true)] {
        let log_ins = AtomicUsize::new(0);
        let server = ScriptedServer::start(move |request, asked_before| match request.path.as_str() {
            LOG_IN => log_in_number(log_ins.fetch_add(1, Ordering::SeqCst) + 1),
            // The answer to the first attempt is lost, and then the session.
            QUERY if asked_before == 0 => row().cut(),
            _ if has_token(request, 1) => Answer::refused("390111", "Session no longer exists."),
            _ => row(),
        })
        .await;
        let session = server.log_in().await;
        assert_eq!(run(&session, sql).await.is_ok(), is_replaced, "{sql}");
        assert_eq!(server.requests_to(LOG_IN).len(), if is_replaced { 2 } else { 1 });
    }
}

#[tokio::test]
async fn many_statements_replace_one_session_once() {
    let server = server_that_loses("390111").await;
    let session = server.log_in().await;
    let statements = (0..4).map(|_| {
        let session = session.clone();
        tokio::spawn(async move { run(&session, "SELECT 'LOSE'").await })
    });
    for statement in statements.collect::<Vec<_>>() {
        statement.await.unwrap().unwrap();
    }
    assert_eq!(server.requests_to(LOG_IN).len(), 2);
}

#[tokio::test]
async fn without_autocommit_every_statement_belongs_to_a_transaction() {
    let server = server_that_loses("390111").await;
    let mut config = server.config();
    config.session_parameters.insert("AUTOCOMMIT".to_owned(), json!(false));
    let session = Session::log_in(&config).await.unwrap();
    assert_eq!(run(&session, "SELECT 'LOSE'").await, Err(ErrorKind::SessionLost));
}

#[tokio::test]
async fn a_new_log_in_that_is_refused_stays_a_lost_session() {
    let server = ScriptedServer::start(|request, asked_before| match request.path.as_str() {
        LOG_IN if asked_before == 0 => log_in_number(1),
        LOG_IN => Answer::refused("390100", "Incorrect username or password was specified."),
        _ => Answer::refused("390111", "Session no longer exists."),
    })
    .await;
    let failure = server.execute("SELECT 1").await.unwrap_err();
    assert_eq!(
        (failure.kind(), failure.code()),
        (ErrorKind::SessionLost, Some("390111"))
    );
    assert!(failure.to_string().contains("log-in refused"), "{failure}");
}

#[tokio::test]
async fn a_crowded_lock_is_waited_for_a_few_times() {
    for (refusals, is_ok) in [(2, true), (99, false)] {
        let server = ScriptedServer::start(move |request, asked_before| match request.path.as_str() {
            LOG_IN => log_in_number(1),
            _ if asked_before < refusals => Answer::refused("000625", "Statement aborted: too many waiters"),
            _ => row(),
        })
        .await;
        let mut config = server.config();
        config.time_limits.backoff = (Duration::from_millis(1), Duration::from_millis(2));
        let session = Session::log_in(&config).await.unwrap();
        assert_eq!(run(&session, "MERGE INTO t").await.is_ok(), is_ok);
        let sent = server.requests_to(QUERY);
        assert_eq!(sent.len(), if is_ok { 3 } else { 5 });
        // Under the same id the refusal would only be repeated.
        assert_ne!(sent[0].query("requestId"), sent[1].query("requestId"));
    }
}
