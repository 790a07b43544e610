//! What `heroku logs` printed, piped through both programs, is rows with every field right.

use serde_json::json;
use test_support::local_snowflake::LocalSnowflake;

use crate::programs::{load, snowflake, tap};

const LOG: &str = include_str!("../data/heroku-logs.txt");

/// Loads a log as `heroku logs … | tap-heroku | target-snowflake` does.
fn load_log(snowflake: &LocalSnowflake, log: &str) {
    let extracted = tap()
        .config(&json!({ "log_files": ["-"], "logs": { "app": "lantern-shop" } }))
        .stdin(log)
        .run()
        .expect_code(0);
    load(snowflake, extracted.stdout);
}

#[test]
fn router_lines_become_typed_requests() {
    let snowflake = snowflake();
    load_log(&snowflake, LOG);
    let rows = snowflake.query(
        "SELECT TO_VARCHAR(TIMESTAMP, 'YYYY-MM-DD HH24:MI:SS.FF6'), STATUS, SERVICE_MS, CONNECT_MS, BYTES, PATH, DYNO, METHOD, CODE \
         FROM ROUTER_REQUESTS ORDER BY TIMESTAMP",
    );
    let shown: Vec<String> = rows
        .into_iter()
        .map(|row| {
            let cells: Vec<String> = row
                .into_iter()
                .map(|cell| cell.unwrap_or_else(|| "NULL".to_owned()))
                .collect();
            cells.join(" ")
        })
        .collect();
    let expected = [
        "2026-03-04 11:20:31.004217 200 18 1 13 /assets/lantern.css web.5 GET NULL",
        "2026-03-04 11:20:31.118034 201 1204 0 20375 /orders?from=cart&n=2 web.6 POST NULL",
        "2026-03-04 11:20:32.500000 503 30000 1 0 /report web.1 GET H12",
        "2026-03-04 11:20:33.250001 503 NULL NULL NULL / NULL GET H10",
    ];
    assert_eq!(shown, expected);
}

#[test]
fn every_line_is_kept_and_metrics_are_numbers() {
    let snowflake = snowflake();
    load_log(&snowflake, LOG);
    assert_eq!(snowflake.value("SELECT COUNT(*) FROM LOG_LINES"), "8");
    assert_eq!(
        snowflake.value("SELECT MESSAGE FROM LOG_LINES WHERE PROCESS = 'worker.1'"),
        "[Worker(host:91c2d5ce-66f0-4e63-8d7e-5a3a0c1f7b02 pid:4)] 5 jobs processed at 31.6842 j/s, 0 failed ..."
    );
    assert_eq!(
        snowflake.value("SELECT COUNT(DISTINCT APP_NAME) || MIN(APP_NAME) FROM LOG_LINES"),
        "1lantern-shop"
    );
    assert_eq!(
        snowflake.value("SELECT MEMORY_TOTAL_MB FROM DYNO_METRICS WHERE MEMORY_TOTAL_MB IS NOT NULL"),
        "184.25"
    );
    assert_eq!(
        snowflake.value("SELECT LOAD_AVG_5M FROM DYNO_METRICS WHERE LOAD_AVG_1M IS NOT NULL"),
        "0.11"
    );
}

#[test]
fn the_same_log_twice_is_the_same_rows() {
    let snowflake = snowflake();
    let doubled_line = "2026-03-04T11:21:00+00:00 app[web.1]: tick\n";
    let log = format!("{LOG}{doubled_line}{doubled_line}");
    load_log(&snowflake, &log);
    load_log(&snowflake, &log);
    assert_eq!(snowflake.value("SELECT COUNT(*) FROM LOG_LINES"), "10");
}
