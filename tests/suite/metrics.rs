//! What programs read of a run on stderr: METRIC lines of both programs, one JSON object each, whose counts are the rows.

use serde_json::{Value, json};
use test_support::heroku_simulator::{HerokuSimulator, Scenario};
use test_support::messages::{record_line, schema_line, state_line};

use crate::programs::{snowflake, tap, tap_settings, target};

/// The payloads of METRIC lines with this name.
fn metrics(stderr: &str, name: &str) -> Vec<Value> {
    let payloads = stderr
        .lines()
        .filter_map(|line| line.split_once("METRIC: "))
        .map(|(_, payload)| serde_json::from_str::<Value>(payload).expect("a JSON object"));
    payloads
        .filter(|payload| payload.get("metric") == Some(&json!(name)))
        .collect()
}

/// The values of a stream's metrics.
fn of_stream(metrics: &[Value], stream: &str) -> Vec<Value> {
    let is_of = |metric: &&Value| metric.pointer("/tags/stream") == Some(&json!(stream));
    metrics
        .iter()
        .filter(is_of)
        .map(|metric| metric["value"].clone())
        .collect()
}

fn messages() -> String {
    let schema = |stream: &str| schema_line(stream, &json!({ "id": { "type": "integer" } }), &["id"]);
    let records = |stream: &str, count: u64| -> String {
        (0..count).map(|id| record_line(stream, &json!({ "id": id }))).collect()
    };
    schema("orders")
        + &schema("apps")
        + &records("orders", 5)
        + &records("apps", 3)
        + &state_line(&json!({ "seen": 8 }))
}

#[test]
fn every_batch_of_the_target_says_its_rows_and_its_time() {
    let snowflake = snowflake();
    let program = target()
        .config(&snowflake.target_settings())
        .config(&json!({ "batch_size_rows": 2 }));
    let output = program.stdin(messages()).run().expect_code(0);
    let counts = metrics(&output.stderr, "record_count");
    assert_eq!(of_stream(&counts, "orders"), [2, 2, 1].map(|count| json!(count)));
    assert_eq!(of_stream(&counts, "apps"), [2, 1].map(|count| json!(count)));
    let times = metrics(&output.stderr, "batch_processing_time");
    assert_eq!(times.len(), 5);
    assert!(
        times
            .iter()
            .all(|time| time["type"] == "timer" && time["value"].as_f64() > Some(0.0))
    );
}

/// What an orchestrator adds up.
#[test]
fn the_tap_says_how_many_records_of_each_stream_it_printed() {
    let heroku = HerokuSimulator::start(Scenario::default());
    let output = tap().config(&tap_settings(&heroku)).run().expect_code(0);
    let counts = metrics(&output.stderr, "record_count");
    let printed = |stream: &str| output.records(stream).len() as u64;
    assert!(printed("apps") > 0);
    for stream in ["apps", "dynos", "releases"] {
        let said: u64 = of_stream(&counts, stream).iter().filter_map(Value::as_u64).sum();
        assert_eq!(said, printed(stream), "{stream}");
    }
    assert!(!metrics(&output.stderr, "sync_duration").is_empty());
}
