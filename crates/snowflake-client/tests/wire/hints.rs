//! The twenty codes that loaders meet most: each is told with Snowflake's numbers and with what to do next.

use serde_json::json;
use snowflake_client::{ErrorKind, Session, StatementOptions};

use crate::scripted_server::{Answer, LOG_IN, ScriptedServer, logged_in};

/// Code, what it becomes, and a word of the advice.
const OF_STATEMENTS: [(&str, ErrorKind, &str); 14] = [
    ("000604", ErrorKind::Cancelled, "query history"),
    ("000606", ErrorKind::Statement, "warehouse"),
    ("000625", ErrorKind::Statement, "one program at a time"),
    ("000904", ErrorKind::Statement, "column"),
    ("001003", ErrorKind::Statement, "report"),
    ("002003", ErrorKind::Statement, "check the name"),
    ("003001", ErrorKind::Statement, "privilege"),
    ("090073", ErrorKind::Statement, "resource monitor"),
    ("100038", ErrorKind::Statement, "type of its column"),
    ("100069", ErrorKind::Statement, "JSON"),
    ("100078", ErrorKind::Statement, "widen"),
    ("100080", ErrorKind::Statement, "number of columns"),
    ("100090", ErrorKind::Statement, "same key"),
    ("100132", ErrorKind::Statement, "digits"),
];
const OF_LOG_INS: [(&str, ErrorKind, &str); 6] = [
    ("390100", ErrorKind::Credentials, "password"),
    ("390144", ErrorKind::Credentials, "RSA_PUBLIC_KEY_FP"),
    ("390189", ErrorKind::Configuration, "GRANT ROLE"),
    ("390201", ErrorKind::Configuration, "database"),
    ("390422", ErrorKind::Credentials, "network policy"),
    ("394400", ErrorKind::Credentials, "expired"),
];

#[tokio::test]
async fn each_comes_with_its_numbers_and_what_to_do_next() {
    for (code, kind, advice) in OF_STATEMENTS {
        let server = ScriptedServer::start(move |request, _| match request.path.as_str() {
            LOG_IN => logged_in(),
            _ => Answer::refused(code, "Some words."),
        })
        .await;
        let failure = server.execute("COPY INTO t").await.unwrap_err();
        assert_eq!((failure.kind(), failure.code()), (kind, Some(code)));
        let line = failure.to_string();
        let expected = format!("COPY INTO refused: Some words. (code {code}, SQL state 42000, query 01-query)");
        assert_eq!(line, expected);
        assert!(
            failure.hint().unwrap_or_default().contains(advice),
            "{code}: {:?}",
            failure.hint()
        );
    }
    for (code, kind, advice) in OF_LOG_INS {
        let server = ScriptedServer::start(move |_, _| Answer::refused(code, "Some words.")).await;
        let failure = Session::log_in(&server.config()).await.unwrap_err();
        assert_eq!((failure.kind(), failure.code()), (kind, Some(code)));
        assert!(
            failure.hint().unwrap_or_default().contains(advice),
            "{code}: {:?}",
            failure.hint()
        );
    }
}

#[tokio::test]
async fn a_code_without_advice_is_told_all_the_same() {
    let server = ScriptedServer::start(|request, _| match request.path.as_str() {
        LOG_IN => logged_in(),
        _ => Answer::done(json!({"rowset": [], "rowtype": []})),
    })
    .await;
    let session = server.log_in().await;
    session.execute("SELECT 1", &StatementOptions::default()).await.unwrap();
    let refusing = ScriptedServer::start(|request, _| match request.path.as_str() {
        LOG_IN => logged_in(),
        _ => Answer::refused("001757", "Unsupported subquery type"),
    })
    .await;
    let failure = refusing.execute("SELECT 1").await.unwrap_err();
    assert_eq!((failure.code(), failure.hint()), (Some("001757"), None));
}
