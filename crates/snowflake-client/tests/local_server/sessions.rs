//! Sessions against the local Snowflake server: heartbeats that fail, statements that outlive many polls, results whose
//! parts are refused.

use std::time::Duration;

use serde_json::{Value, json};
use snowflake_client::{Session, StatementOptions};
use test_support::http_exchange::exchange;
use test_support::local_snowflake::LocalSnowflake;

use crate::{config_of_demo, server};

async fn rows(session: &Session, sql: &str) -> Vec<Vec<Option<String>>> {
    session.execute(sql, &StatementOptions::default()).await.unwrap().rows
}

fn administer(server: &LocalSnowflake, method: &str, what: &str, body: &Value) -> Value {
    let url = format!("http://127.0.0.1:{}/__local/{what}", server.port());
    let headers = [("Content-Type", "application/json")];
    let body = if body.is_null() {
        String::new()
    } else {
        body.to_string()
    };
    exchange(method, &url, &headers, body.as_bytes()).unwrap().json()
}

fn acted(server: &LocalSnowflake) -> u64 {
    administer(server, "GET", "faults", &Value::Null)["rules"][0]["acted"]
        .as_u64()
        .unwrap()
}

#[tokio::test]
async fn a_heartbeat_may_fail_once_in_any_way() {
    let server = server(&[]);
    let faults = [
        json!({"reset": true}),
        json!({"reset": true, "execute": true}),
        json!({"cut_after_bytes": 15}),
        json!({"status": 503}),
        json!({"status": 429, "headers": {"retry-after": "0"}}),
        json!({"delay_seconds": 0.5}),
        json!({"hold_seconds": 0.5}),
        json!({"expire_session": true}),
        json!({"expire_master": true}),
    ];
    for mut fault in faults {
        administer(&server, "DELETE", "faults", &Value::Null);
        fault["path"] = json!("^/session/heartbeat$");
        administer(&server, "POST", "faults", &fault);
        let mut config = config_of_demo(&server);
        config.time_limits.attempt = Duration::from_millis(300);
        config.time_limits.heartbeat = Duration::from_millis(20);
        let session = Session::log_in(&config).await.unwrap();
        // Until the beat after the one that failed.
        for _ in 0..500 {
            let beats = administer(&server, "GET", "faults", &Value::Null)["rules"][0]["matched"].as_u64();
            if beats > Some(1) || fault.get("expire_master").is_some() && beats == Some(1) {
                break;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        assert_eq!(acted(&server), 1, "{fault}");
        assert_eq!(rows(&session, "SELECT 1").await, [[Some("1".to_owned())]], "{fault}");
        session.close().await;
    }
}

#[tokio::test]
async fn a_statement_may_outlive_many_polls() {
    let server = server(&["--wait-seconds", "0.05"]);
    let (holder, waiter) = (
        Session::log_in(&config_of_demo(&server)).await.unwrap(),
        Session::log_in(&config_of_demo(&server)).await.unwrap(),
    );
    rows(&holder, "CREATE TABLE T (N NUMBER)").await;
    rows(&holder, "INSERT INTO T VALUES (1)").await;
    rows(&holder, "BEGIN").await;
    rows(&holder, "UPDATE T SET N = 2").await;
    let update = tokio::spawn({
        let waiter = waiter.clone();
        async move { rows(&waiter, "UPDATE T SET N = N + 10").await }
    });
    let polls = || {
        let log = administer(&server, "GET", "requests", &Value::Null);
        let log = log["requests"].as_array().unwrap().clone();
        log.iter()
            .filter(|entry| entry["path"].as_str().unwrap().ends_with("/result"))
            .count()
    };
    while polls() < 4 {
        assert!(!update.is_finished(), "it did not wait for the lock");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    rows(&holder, "COMMIT").await;
    update.await.unwrap();
    assert_eq!(rows(&waiter, "SELECT N FROM T").await, [[Some("12".to_owned())]]);
}

#[tokio::test]
async fn a_result_whose_part_is_refused_is_asked_for_again() {
    let server = server(&["--chunk-bytes", "200"]);
    let session = Session::log_in(&config_of_demo(&server)).await.unwrap();
    for number in 0..8 {
        rows(&session, &format!("CREATE TABLE T_{number} (A NUMBER)")).await;
    }
    for fault in [
        json!({"expire_chunk": true}),
        json!({"status": 403}),
        json!({"expire_chunk": true, "times": 2}),
    ] {
        let mut rule = fault.clone();
        rule["path"] = json!("^/local-results/");
        administer(&server, "DELETE", "faults", &Value::Null);
        administer(&server, "POST", "faults", &rule);
        let shown = session.execute("SHOW TABLES", &StatementOptions::default()).await;
        if fault["times"] == 2 {
            // Once: a part that is always refused has another reason.
            assert!(
                shown
                    .unwrap_err()
                    .to_string()
                    .contains("a result chunk answers with status 403")
            );
        } else {
            assert_eq!(shown.unwrap().rows.len(), 8, "{fault}");
            assert_eq!(acted(&server), 1, "{fault}");
        }
    }
}
