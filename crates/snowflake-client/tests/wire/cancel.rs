//! `abort-request`: every statement that runs is stopped, also those nobody waits for any more.

use std::time::Duration;

use serde_json::json;
use snowflake_client::{ErrorKind, Session, StatementOptions};

use crate::scripted_server::{ABORT, Answer, LOG_IN, QUERY, ScriptedServer, logged_in};

/// Whoever set a time limit wants an answer, also when the server does not hear the wish to cancel.
#[tokio::test]
async fn a_time_limit_ends_the_wait_although_cancelling_is_not_answered() {
    let server = ScriptedServer::start(|request, _| match request.path.as_str() {
        LOG_IN => logged_in(),
        _ => Answer::done(json!(null)).after(Duration::from_secs(3600)),
    })
    .await;
    let mut config = server.config();
    config.time_limits.cancel = Duration::from_millis(200);
    let session = Session::log_in(&config).await.unwrap();
    let options = StatementOptions {
        time_limit: Some(Duration::from_millis(100)),
        ..StatementOptions::default()
    };
    let statement = session.execute("COPY INTO a", &options);
    let ended = tokio::time::timeout(Duration::from_secs(60), statement).await.unwrap();
    assert_eq!(ended.unwrap_err().kind(), ErrorKind::Cancelled);
    assert_eq!(server.requests_to(ABORT).len(), 1);
}

#[tokio::test]
async fn all_running_statements_are_cancelled_by_their_request_ids() {
    let server = ScriptedServer::start(|request, asked_before| match request.path.as_str() {
        LOG_IN => logged_in(),
        QUERY => Answer::refused("000604", "SQL execution canceled").after(Duration::from_millis(400)),
        // The first wish comes before the statement is known to run.
        ABORT if asked_before == 0 => Answer::refused("000605", "Identified SQL statement is not currently executing."),
        _ => Answer::done(json!(null)),
    })
    .await;
    let session = server.log_in().await;
    let waiting = tokio::spawn({
        let session = session.clone();
        async move { session.execute("MERGE INTO a", &StatementOptions::default()).await }
    });
    let options = StatementOptions::default();
    let abandoned = session.execute("COPY INTO b", &options);
    assert!(
        tokio::time::timeout(Duration::from_millis(100), abandoned)
            .await
            .is_err()
    );
    session.cancel_running().await;

    assert_eq!(waiting.await.unwrap().unwrap_err().kind(), ErrorKind::Cancelled);
    let mut cancelled: Vec<_> = server
        .requests_to(ABORT)
        .iter()
        .map(|request| (request.json()["requestId"].as_str().unwrap().to_owned(), request.sql()))
        .collect();
    let mut submitted: Vec<_> = server
        .requests_to(QUERY)
        .iter()
        .map(|request| (request.query("requestId").unwrap().to_owned(), request.sql()))
        .collect();
    cancelled.sort();
    cancelled.dedup();
    submitted.sort();
    assert_eq!(cancelled, submitted);

    let before = server.requests_to(ABORT).len();
    session.cancel_running().await;
    assert_eq!(server.requests_to(ABORT).len(), before, "nothing runs any more");
}
