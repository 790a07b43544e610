//! `send` against a listener of our own: what is tried again, how often, after which pause, and what is said at the end.
#![cfg(test)]

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use http_retry::{
    Attempt, Reply, RetryCause, RetryError, RetryPolicy, RetryReason, TransportKind, Verdict, send, usual_judge,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

/// Answers each connection with the next of `answers`, byte for byte, and closes it; the last one serves for ever.
async fn server(answers: &[&str]) -> (String, Arc<AtomicU32>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!(
        "http://127.0.0.1:{}/path?signature=secret",
        listener.local_addr().unwrap().port()
    );
    let answers: Vec<String> = answers.iter().map(|answer| (*answer).to_owned()).collect();
    let asked = Arc::new(AtomicU32::new(0));
    let counter = Arc::clone(&asked);
    tokio::spawn(async move {
        loop {
            let (mut connection, _) = listener.accept().await.unwrap();
            let number = counter.fetch_add(1, Ordering::SeqCst) as usize;
            let answer = answers[number.min(answers.len() - 1)].clone();
            tokio::spawn(async move {
                let mut request = [0; 4096];
                let _ = connection.read(&mut request).await;
                if answer == "SILENCE" {
                    tokio::time::sleep(Duration::from_secs(60)).await;
                }
                let _ = connection.write_all(answer.as_bytes()).await;
            });
        }
    });
    (url, asked)
}

const GOOD: &str = "HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nbody";
const CUT: &str = "HTTP/1.1 200 OK\r\ncontent-length: 400\r\n\r\nbo";
const BUSY: &str = "HTTP/1.1 503 Busy\r\ncontent-length: 6\r\n\r\nsecret";
const RESET: &str = "";

fn policy() -> RetryPolicy {
    RetryPolicy {
        backoff_base: Duration::from_millis(1),
        backoff_cap: Duration::from_millis(3),
        jitter_seed: Some(1),
        ..RetryPolicy::default()
    }
}

async fn get(url: &str, policy: &RetryPolicy) -> Result<Reply, RetryError> {
    let client = reqwest::Client::new();
    send(policy, |_| client.get(url), usual_judge).await
}

#[tokio::test]
async fn lost_connections_cut_bodies_and_busy_servers_are_tried_again_and_told_to_the_builder() {
    let (url, _) = server(&[RESET, CUT, BUSY, GOOD]).await;
    let client = reqwest::Client::new();
    let attempts = Mutex::new(Vec::new());
    let build = |attempt: &Attempt| {
        attempts.lock().unwrap().push((attempt.number, attempt.last_reason));
        client.get(&url)
    };
    let reply = send(&policy(), build, usual_judge).await.unwrap();
    assert_eq!(reply.body, b"body");
    let expected = [
        (1, None),
        (2, Some(RetryReason::Transport(TransportKind::Send))),
        (3, Some(RetryReason::Transport(TransportKind::Body))),
        (4, Some(RetryReason::Status(503))),
    ];
    assert_eq!(attempts.into_inner().unwrap(), expected);
    assert_eq!(expected[1].1.unwrap().status_or_zero(), 0);
    assert_eq!(expected[3].1.unwrap().status_or_zero(), 503);
}

#[tokio::test]
async fn other_replies_are_the_callers() {
    let (url, asked) = server(&["HTTP/1.1 404 No\r\ncontent-length: 0\r\n\r\n"]).await;
    assert_eq!(get(&url, &policy()).await.unwrap().status, 404);
    assert_eq!(asked.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn the_last_failure_is_one_line_without_query_and_keeps_the_reply() {
    let (url, asked) = server(&[BUSY]).await;
    let failure = get(&url, &policy()).await.unwrap_err();
    assert_eq!(asked.load(Ordering::SeqCst), 6);
    let line = format!("{failure} {failure:?}");
    assert!(
        line.contains("/path: status 503 (attempt 6 of 6, 0.0 s of 120 s)"),
        "{line}"
    );
    assert!(!line.contains("secret"), "{line}");
    assert_eq!(failure.reply().unwrap().body, b"secret");
    assert!(!format!("{:?}", failure.reply()).contains("secret"));

    let hidden = RetryPolicy {
        attempts: 1,
        path_is_secret: true,
        ..policy()
    };
    let line = get(&url, &hidden).await.unwrap_err().to_string();
    assert!(!line.contains("path"), "{line}");
}

#[tokio::test]
async fn no_listener_is_named_without_the_word_that_alarms() {
    let port = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let policy = RetryPolicy {
        attempts: 1,
        ..policy()
    };
    let line = get(&format!("http://127.0.0.1:{port}/x"), &policy)
        .await
        .unwrap_err()
        .to_string();
    assert_eq!(
        line.replace(&port.to_string(), "PORT"),
        "GET http://127.0.0.1:PORT/x: no connection: connection refused (attempt 1 of 1, 0.0 s of 120 s)"
    );
}

#[tokio::test]
async fn a_silent_server_ends_the_attempt_and_the_total_time_ends_it_all() {
    let (url, asked) = server(&["SILENCE"]).await;
    let policy = RetryPolicy {
        attempt_timeout: Duration::from_millis(100),
        total_time: Duration::from_millis(350),
        attempts: 100,
        ..policy()
    };
    let started = Instant::now();
    let failure = get(&url, &policy).await.unwrap_err();
    assert!(matches!(failure.cause(), RetryCause::Transport(cause) if cause.kind() == TransportKind::Timeout));
    assert!(started.elapsed() < Duration::from_secs(3));
    assert!((3..=4).contains(&asked.load(Ordering::SeqCst)));
}

#[tokio::test]
async fn a_wait_that_is_asked_for_is_kept_and_one_beyond_the_total_time_is_not_begun() {
    let asks_for = |seconds: u32| format!("HTTP/1.1 429 Slow\r\nretry-after: {seconds}\r\ncontent-length: 0\r\n\r\n");
    let (url, _) = server(&[&asks_for(1), GOOD]).await;
    let started = Instant::now();
    get(&url, &policy()).await.unwrap();
    assert!(started.elapsed() >= Duration::from_secs(1));

    let (url, asked) = server(&[&asks_for(3600), GOOD]).await;
    let failure = get(&url, &policy()).await.unwrap_err();
    assert_eq!(failure.reply().unwrap().status, 429);
    assert_eq!(asked.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn the_judge_decides_also_about_a_good_reply_and_its_own_pause() {
    let (url, asked) = server(&[GOOD]).await;
    let client = reqwest::Client::new();
    let policy = RetryPolicy {
        attempts: 3,
        backoff_base: Duration::from_secs(60),
        ..policy()
    };
    let failure = send(&policy, |_| client.get(&url), |_| Verdict::RetryIn(Duration::ZERO))
        .await
        .unwrap_err();
    assert_eq!((failure.attempts(), asked.load(Ordering::SeqCst)), (3, 3));
    let failure = send(&policy, |_| client.get(&url), |_| Verdict::GiveUp)
        .await
        .unwrap_err();
    assert_eq!(failure.attempts(), 1);
}

#[tokio::test]
async fn what_cannot_be_built_or_is_too_long_is_given_up_at_once() {
    let client = reqwest::Client::new();
    let unbuildable = || client.get("http://127.0.0.1:1/").header("x-token", "secret\n");
    let failure = send(&policy(), |_| unbuildable(), usual_judge).await.unwrap_err();
    assert_eq!(failure.attempts(), 1);
    assert!(!failure.to_string().contains("secret"));

    let (url, asked) = server(&[GOOD]).await;
    let failure = get(
        &url,
        &RetryPolicy {
            reply_limit_bytes: 3,
            ..policy()
        },
    )
    .await
    .unwrap_err();
    assert!(failure.to_string().contains("reply longer than allowed"));
    assert_eq!(asked.load(Ordering::SeqCst), 1);
    assert!(
        get(
            &url,
            &RetryPolicy {
                reply_limit_bytes: 4,
                ..policy()
            }
        )
        .await
        .is_ok()
    );
}
