//! What the network does to a client, and that no secret comes out of it.

use std::time::Duration;

use serde_json::json;
use snowflake_client::{ErrorKind, Session};

use crate::scripted_server::{Answer, LOG_IN, ScriptedServer, logged_in};

#[tokio::test]
async fn no_server_is_one_line_with_the_address() {
    let server = ScriptedServer::start(|_, _| logged_in()).await;
    let mut config = server.config();
    // A port that was free a moment ago.
    let port = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    config.port = Some(port);
    let failure = Session::log_in(&config).await.unwrap_err();
    assert_eq!(failure.kind(), ErrorKind::Network);
    let line = failure.to_string().replace(&port.to_string(), "PORT");
    assert!(
        line.starts_with("log-in: POST http://127.0.0.1:PORT/session/v1/login-request: no connection: connection refused (attempt 8 of 8,"),
        "{line}"
    );
    assert!(failure.hint().unwrap().contains("network"));
}

#[tokio::test]
async fn a_server_that_stays_silent_or_broken_is_given_up() {
    let server = ScriptedServer::start(|request, _| match request.path.as_str() {
        LOG_IN => logged_in(),
        _ => Answer::done(json!(null)).after(Duration::from_secs(30)),
    })
    .await;
    let mut config = server.config();
    config.time_limits.attempt = Duration::from_millis(100);
    config.time_limits.call = Duration::from_millis(350);
    let session = Session::log_in(&config).await.unwrap();
    let failure = session.execute("SELECT 1", &Default::default()).await.unwrap_err();
    assert_eq!(failure.kind(), ErrorKind::Network);
    assert!(failure.to_string().contains("no reply in time"), "{failure}");

    let server = ScriptedServer::start(|_, _| Answer::new(200, "<html>sign in to the proxy</html>")).await;
    let failure = Session::log_in(&server.config()).await.unwrap_err();
    assert_eq!(
        (failure.kind(), failure.to_string().as_str()),
        (ErrorKind::Protocol, "log-in: the reply is not JSON")
    );
}

#[tokio::test]
async fn secrets_are_in_no_text() {
    let server = ScriptedServer::start(|request, _| match request.path.as_str() {
        LOG_IN => logged_in(),
        _ => Answer::new(500, "session-token-1"),
    })
    .await;
    let config = server.config();
    let session = Session::log_in(&config).await.unwrap();
    let failure = session
        .execute("SELECT 'hunter2'", &Default::default())
        .await
        .unwrap_err();
    let everything = format!(
        "{config:?} {session:?} {failure:?} {failure} {:?}",
        session.session_info()
    );
    for secret in ["hunter2", "session-token", "master-token"] {
        assert!(!everything.contains(secret), "{everything}");
    }
}
