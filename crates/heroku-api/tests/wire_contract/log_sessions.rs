//! Log sessions: what is asked, that the token stays home, and what happens when the stream host refuses or breaks off.

use std::time::Duration;

use heroku_api::{ErrorKind, LogContentType, LogSessionRequest};
use serde_json::{Value, json};

use crate::script::{Answer, Script};

fn session() -> Answer {
    Answer::json(201, r#"{"id":"s","logplex_url":"{url}/stream?token=signed"}"#)
}

fn lines() -> Answer {
    Answer::json(200, "one\ntwo\n").header("Content-Type", "text/html")
}

#[tokio::test]
async fn the_stream_is_opened_at_once_and_without_the_token() {
    let script = Script::start(vec![session(), lines().header("X-Heroku-Warning", "discarded")]).await;
    let mut stream = script
        .client()
        .open_logs("shop", &LogSessionRequest::default())
        .await
        .unwrap();
    assert_eq!(stream.content_type(), LogContentType::Plain);
    assert_eq!(stream.warning(), Some("discarded"));
    assert_eq!(stream.next_chunk().await.unwrap().as_deref(), Some(&b"one\ntwo\n"[..]));
    assert_eq!(stream.next_chunk().await.unwrap(), None);
    let seen = script.seen();
    assert_eq!(seen[0].line, "POST /apps/shop/log-sessions");
    assert_eq!(seen[0].header("accept"), Some("application/vnd.heroku+json; version=3"));
    assert_eq!(
        serde_json::from_str::<Value>(&seen[0].body).unwrap(),
        json!({"lines": 1500, "tail": false})
    );
    assert_eq!(seen[1].line, "GET /stream?token=signed");
    assert_eq!(seen[1].header("accept"), Some("text/event-stream"));
    assert_eq!(seen[1].header("authorization"), None);
    assert_eq!(seen[1].header("user-agent"), Some("wire-test/1"));
}

#[tokio::test]
async fn fir_is_asked_for_no_history_and_answers_with_events() {
    let events = Answer::json(200, "data: one\n\n").header("Content-Type", "text/event-stream; charset=utf-8");
    let script = Script::start(vec![session(), events]).await;
    let request = LogSessionRequest {
        lines: None,
        tail: true,
        ..LogSessionRequest::default()
    };
    let stream = script.client().open_logs("shop", &request).await.unwrap();
    assert_eq!(stream.content_type(), LogContentType::EventStream);
    assert_eq!(script.seen()[0].body, "{}");
}

#[tokio::test]
async fn an_expired_address_is_asked_for_anew_once() {
    let expired = || Answer::json(403, "");
    let script = Script::start(vec![session(), expired(), session(), lines()]).await;
    script
        .client()
        .open_logs("shop", &LogSessionRequest::default())
        .await
        .unwrap();
    let script = Script::start(vec![session(), expired(), session(), Answer::json(404, "")]).await;
    let problem = script
        .client()
        .open_logs("shop", &LogSessionRequest::default())
        .await
        .unwrap_err();
    assert_eq!(problem.kind(), ErrorKind::LogStreamRefused);
    assert_eq!(script.seen().len(), 4);
    assert!(!format!("{problem} {problem:?}").contains("signed"), "{problem}");
}

#[tokio::test]
async fn what_was_read_before_a_cut_is_kept() {
    let script = Script::start(vec![session(), lines().cut()]).await;
    let mut stream = script
        .client()
        .open_logs("shop", &LogSessionRequest::default())
        .await
        .unwrap();
    assert_eq!(stream.next_chunk().await.unwrap().as_deref(), Some(&b"one\ntwo\n"[..]));
    let problem = stream.next_chunk().await.unwrap_err();
    assert_eq!(problem.kind(), ErrorKind::LogStreamIncomplete);
    assert!(
        !format!("{problem} {problem:?} {stream:?}").contains("signed"),
        "{problem}"
    );
}

#[tokio::test]
async fn a_silent_stream_is_not_waited_for_forever() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let silent = format!(
        r#"{{"logplex_url":"http://{}/?token=signed"}}"#,
        listener.local_addr().unwrap()
    );
    let script = Script::start(vec![Answer::json(201, &silent); 3]).await;
    let request = LogSessionRequest {
        idle_timeout: Duration::from_millis(20),
        ..LogSessionRequest::default()
    };
    let problem = script.client().open_logs("shop", &request).await.unwrap_err();
    assert_eq!(problem.kind(), ErrorKind::Network);
    assert!(!format!("{problem} {problem:?}").contains("signed"), "{problem}");
    assert_eq!(script.seen().len(), 3);
}

#[tokio::test]
async fn an_answer_without_address_is_said_without_its_content() {
    let script = Script::start(vec![Answer::json(201, r#"{"logplex_url":"not a url?token=signed"}"#)]).await;
    let problem = script
        .client()
        .open_logs("shop", &LogSessionRequest::default())
        .await
        .unwrap_err();
    assert_eq!(problem.kind(), ErrorKind::Protocol);
    assert!(!format!("{problem} {problem:?}").contains("signed"), "{problem}");
}
