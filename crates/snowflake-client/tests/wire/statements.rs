//! `query-request` and polling: what is sent, and that a statement runs once whatever happens to its replies.

use std::time::Duration;

use serde_json::json;
use snowflake_client::{ErrorKind, StatementOptions};

use crate::scripted_server::{Answer, LOG_IN, QUERY, ScriptedServer, logged_in};

const RESULT: &str = "/queries/01-query/result";

fn one_row() -> Answer {
    Answer::done(json!({
        "queryId": "01-query", "queryResultFormat": "json", "sqlState": null,
        "rowtype": [{"name": "N", "type": "fixed", "precision": 38, "scale": 0, "length": null, "nullable": false}],
        "rowset": [["1"]], "total": 1, "returned": 1,
    }))
}

#[tokio::test]
async fn a_statement_on_the_wire() {
    let server = ScriptedServer::start(|request, _| if request.path == LOG_IN { logged_in() } else { one_row() }).await;
    let session = server.log_in().await;
    let mut options = StatementOptions::default();
    options.parameters.insert("QUERY_TAG".to_owned(), json!("batch 7"));
    session.execute("SELECT 1 AS n", &options).await.unwrap();
    session.execute("SELECT 2", &StatementOptions::default()).await.unwrap();

    let requests = server.requests_to(QUERY);
    assert_eq!(requests[0].method.as_str(), "POST");
    assert_eq!(
        requests[0].header("authorization"),
        "Snowflake Token=\"session-token-1\""
    );
    assert_eq!(requests[0].header("accept"), "application/json");
    let mut body = requests[0].json();
    let submitted = body.as_object_mut().unwrap().remove("querySubmissionTime").unwrap();
    assert!(
        submitted.as_u64().unwrap() > 1_700_000_000_000,
        "milliseconds since 1970"
    );
    let expected = json!({
        "sqlText": "SELECT 1 AS n", "asyncExec": false, "sequenceId": 1, "isInternal": false, "describeOnly": false,
        "parameters": {"QUERY_TAG": "batch 7"}, "queryContextDTO": {},
    });
    assert_eq!(body, expected);
    assert_eq!(requests[1].json()["sequenceId"], 2);
    assert_eq!(requests[1].json().get("parameters"), None);
    assert_ne!(requests[0].query("requestId"), requests[1].query("requestId"));
}

#[tokio::test]
async fn a_lost_or_cut_reply_is_asked_for_again_under_the_same_request_id() {
    let server = ScriptedServer::start(|request, asked_before| match (request.path.as_str(), asked_before) {
        (LOG_IN, _) => logged_in(),
        (_, 0) => Answer::new(503, ""),
        (_, 1) => one_row().cut(),
        (_, 2) => Answer::new(200, r#"{"data": {"rowset": [["1"]"#),
        (_, 3) => Answer::new(429, "").header("retry-after", "0"),
        _ => one_row(),
    })
    .await;
    let result = server.execute("SELECT 1").await.unwrap();
    assert_eq!(result.single(), Some("1"));

    let requests = server.requests_to(QUERY);
    assert_eq!(requests.len(), 5);
    let ids: std::collections::BTreeSet<_> = requests.iter().map(|request| request.query("requestId")).collect();
    let attempts: std::collections::BTreeSet<_> =
        requests.iter().map(|request| request.query("request_guid")).collect();
    assert_eq!((ids.len(), attempts.len()), (1, 5));
    let told = |index: usize| {
        (
            requests[index].query("retryCount"),
            requests[index].query("retryReason"),
        )
    };
    assert_eq!(told(0), (None, None));
    assert_eq!(told(1), (Some("1"), Some("503")));
    assert_eq!(told(2), (Some("2"), Some("0")));
    assert_eq!(told(3), (Some("3"), Some("200")));
    assert_eq!(told(4), (Some("4"), Some("429")));
    assert!(requests[1].query("clientStartTime").unwrap().parse::<u64>().unwrap() > 1_700_000_000_000);
    assert!(requests.iter().all(|request| request.body == requests[0].body));
}

#[tokio::test]
async fn a_long_statement_is_polled_with_the_token_at_the_same_server() {
    let server = ScriptedServer::start(|request, asked_before| match (request.path.as_str(), asked_before) {
        (LOG_IN, _) => logged_in(),
        (QUERY, _) => Answer::running(RESULT),
        (RESULT, 0) => Answer::new(200, r#"{"data": null, "code": "333334", "success": true}"#),
        (RESULT, 1) => one_row().cut(),
        _ => one_row(),
    })
    .await;
    let result = server.execute("COPY INTO t").await.unwrap();
    assert_eq!(result.query_id, "01-query");
    assert_eq!(server.requests_to(QUERY).len(), 1);
    let polls = server.requests_to(RESULT);
    assert_eq!(polls.len(), 3);
    assert_eq!(
        (polls[0].method.as_str(), polls[0].header("authorization")),
        ("GET", "Snowflake Token=\"session-token-1\"")
    );
}

#[tokio::test]
async fn a_result_url_elsewhere_gets_no_token() {
    let other = ScriptedServer::start(|_, _| one_row()).await;
    let elsewhere = other.url(RESULT);
    let server = ScriptedServer::start(move |request, _| match request.path.as_str() {
        LOG_IN => logged_in(),
        _ => Answer::running(&elsewhere),
    })
    .await;
    let failure = server.execute("SELECT 1").await.unwrap_err();
    assert_eq!(failure.kind(), ErrorKind::Protocol);
    assert!(other.requests().is_empty());
}

#[tokio::test]
async fn a_refused_statement_is_told_with_its_numbers_and_without_its_text() {
    let server = ScriptedServer::start(|request, _| match request.path.as_str() {
        LOG_IN => logged_in(),
        _ => Answer::refused(
            "002003",
            "SQL compilation error:\nObject 'NOPE' does not exist or not authorized.",
        ),
    })
    .await;
    let failure = server.execute("INSERT INTO nope VALUES ('secret')").await.unwrap_err();
    assert_eq!(failure.kind(), ErrorKind::Statement);
    assert_eq!(
        (failure.code(), failure.sql_state(), failure.query_id()),
        (Some("002003"), Some("42000"), Some("01-query"))
    );
    assert_eq!(
        failure.to_string(),
        "INSERT INTO refused: SQL compilation error: Object 'NOPE' does not exist or not authorized. \
         (code 002003, SQL state 42000, query 01-query)"
    );
    assert_eq!(server.requests_to(QUERY).len(), 1, "a refusal is not tried again");
}

#[tokio::test]
async fn a_statement_that_takes_too_long_for_its_caller_is_cancelled() {
    let server = ScriptedServer::start(|request, _| match request.path.as_str() {
        LOG_IN => logged_in(),
        QUERY => one_row().after(Duration::from_secs(30)),
        _ => Answer::done(json!(null)),
    })
    .await;
    let session = server.log_in().await;
    let options = StatementOptions {
        time_limit: Some(Duration::from_millis(100)),
        ..StatementOptions::default()
    };
    let failure = session.execute("CALL slow()", &options).await.unwrap_err();
    assert_eq!(failure.kind(), ErrorKind::Cancelled);
    let aborted = server.requests_to(crate::scripted_server::ABORT);
    assert_eq!(
        aborted[0].json()["requestId"].as_str(),
        server.requests_to(QUERY)[0].query("requestId")
    );
}
