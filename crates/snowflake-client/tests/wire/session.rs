//! Renewal, loss, heartbeat and end of a session.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde_json::json;
use snowflake_client::{ErrorKind, Session, StatementOptions};

use crate::scripted_server::{Answer, LOG_IN, QUERY, RENEW, ScriptedServer, logged_in};

const HEARTBEAT: &str = "/session/heartbeat";

fn renewed() -> Answer {
    Answer::done(json!({"sessionToken": "session-token-2", "masterToken": "master-token-2", "sessionId": 4711}))
}

fn has_first_token(request: &crate::scripted_server::Recorded) -> bool {
    request.header("authorization").contains("session-token-1")
}

#[tokio::test]
async fn an_expired_token_is_renewed_once_for_all_and_each_statement_replayed() {
    let server = ScriptedServer::start(|request, _| match request.path.as_str() {
        LOG_IN => logged_in(),
        // Slow enough for every statement to meet the expired token before the new one is there.
        RENEW => renewed().after(Duration::from_millis(200)),
        _ if has_first_token(request) => Answer::refused("390112", "Your session has expired."),
        _ => Answer::done(json!({"rowset": [["1"]], "rowtype": []})),
    })
    .await;
    let session = server.log_in().await;
    let statements = (0..4).map(|number| {
        let session = session.clone();
        tokio::spawn(async move {
            session
                .execute(&format!("SELECT {number}"), &StatementOptions::default())
                .await
                .unwrap()
        })
    });
    for statement in statements.collect::<Vec<_>>() {
        statement.await.unwrap();
    }
    let renewals = server.requests_to(RENEW);
    assert_eq!(renewals.len(), 1);
    assert_eq!(
        renewals[0].header("authorization"),
        "Snowflake Token=\"master-token-1\""
    );
    assert_eq!(
        renewals[0].json(),
        json!({"oldSessionToken": "session-token-1", "requestType": "RENEW"})
    );
    let queries = server.requests_to(QUERY);
    assert_eq!(queries.len(), 8);
    for first in queries.iter().filter(|request| has_first_token(request)) {
        let again =
            |request: &&crate::scripted_server::Recorded| request.query("requestId") == first.query("requestId");
        let both: Vec<_> = queries.iter().filter(again).collect();
        assert_eq!(both.len(), 2);
        assert_eq!(both[0].body, both[1].body);
    }
}

#[tokio::test]
async fn a_token_that_expires_during_a_poll_is_renewed_and_the_poll_repeated() {
    let server = ScriptedServer::start(|request, _| match request.path.as_str() {
        LOG_IN => logged_in(),
        RENEW => renewed(),
        QUERY => Answer::running("/queries/1/result"),
        _ if has_first_token(request) => Answer::new(401, ""),
        _ => Answer::done(json!({"rowset": [["7"]], "rowtype": []})),
    })
    .await;
    assert_eq!(server.execute("SELECT 7").await.unwrap().single(), Some("7"));
    assert_eq!(server.requests_to(QUERY).len(), 1);
}

#[tokio::test]
async fn a_session_that_cannot_go_on_is_told_as_lost() {
    for code in ["390104", "390111", "390113", "390114", "390115"] {
        let server = ScriptedServer::start(move |request, _| match request.path.as_str() {
            LOG_IN => logged_in(),
            _ => Answer::refused(code, "Session no longer exists. New login required."),
        })
        .await;
        assert_eq!(
            server.execute("COMMIT").await.unwrap_err().kind(),
            ErrorKind::SessionLost
        );
        assert!(server.requests_to(RENEW).is_empty());
    }
    // The renewal is refused, or does not help.
    for renewal in [|| Answer::refused("390114", "Master token expired."), renewed] {
        let server = ScriptedServer::start(move |request, _| match request.path.as_str() {
            LOG_IN => logged_in(),
            RENEW => renewal(),
            _ => Answer::refused("390112", "Your session has expired."),
        })
        .await;
        assert_eq!(
            server.execute("COMMIT").await.unwrap_err().kind(),
            ErrorKind::SessionLost
        );
        assert!(server.requests_to(QUERY).len() <= 4, "it ends");
    }
}

#[tokio::test]
async fn an_idle_session_is_kept_alive_until_it_is_dropped() {
    let server = ScriptedServer::start(|request, _| match request.path.as_str() {
        LOG_IN => logged_in(),
        RENEW => renewed(),
        _ if has_first_token(request) => Answer::refused("390112", "Your session has expired."),
        _ => Answer::done(json!(null)),
    })
    .await;
    let mut config = server.config();
    config.time_limits.heartbeat = Duration::from_millis(50);
    let session = Session::log_in(&config).await.unwrap();
    tokio::time::sleep(Duration::from_millis(300)).await;
    drop(session);
    let beats = server.requests_to(HEARTBEAT);
    assert!(beats.len() >= 2, "{} heartbeats", beats.len());
    assert_eq!(server.requests_to(RENEW).len(), 1, "a heartbeat renews, too");
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert!(
        server.requests_to(HEARTBEAT).len() <= beats.len() + 1,
        "it ends with the session"
    );
}

#[tokio::test]
async fn an_expired_token_is_renewed_to_log_out() {
    let server = ScriptedServer::start(|request, _| match request.path.as_str() {
        LOG_IN => logged_in(),
        RENEW => renewed(),
        _ if has_first_token(request) => Answer::refused("390112", "Your session has expired."),
        _ => Answer::done(json!(null)),
    })
    .await;
    server.log_in().await.close().await;
    let tokens: Vec<String> = server
        .requests_to("/session")
        .iter()
        .map(|request| request.header("authorization").to_owned())
        .collect();
    let expected = ["session-token-1", "session-token-2"].map(|token| format!("Snowflake Token=\"{token}\""));
    assert_eq!(tokens, expected);
}

#[tokio::test]
async fn close_logs_out_once_and_soon() {
    static IS_SLOW: AtomicBool = AtomicBool::new(false);
    let server = ScriptedServer::start(|request, _| match request.path.as_str() {
        LOG_IN => logged_in(),
        _ if IS_SLOW.load(Ordering::Relaxed) => Answer::done(json!(null)).after(Duration::from_secs(60)),
        _ => Answer::done(json!(null)),
    })
    .await;
    let session = server.log_in().await;
    session.close().await;
    session.close().await;
    let closed = server.requests_to("/session");
    assert_eq!(closed.len(), 1);
    assert_eq!(
        (closed[0].method.as_str(), closed[0].query("delete")),
        ("POST", Some("true"))
    );
    assert_eq!(closed[0].header("authorization"), "Snowflake Token=\"session-token-1\"");
    let failure = session
        .execute("SELECT 1", &StatementOptions::default())
        .await
        .unwrap_err();
    assert_eq!(failure.to_string(), "the session is closed");

    IS_SLOW.store(true, Ordering::Relaxed);
    let mut config = server.config();
    config.time_limits.close = Duration::from_millis(100);
    let session = Session::log_in(&config).await.unwrap();
    tokio::time::timeout(Duration::from_secs(5), session.close())
        .await
        .unwrap();
}
