//! SIGKILL in the middle of 200,000 records, then again from the last STATE: each key once, with its last value.

use std::fmt::Write as _;
use std::time::Duration;

use serde_json::{Value, json};
use test_support::messages::{schema_line, state_line};

use crate::programs::{load_with, snowflake, target};

const RECORDS: u64 = 200_000;
/// Every key comes twice, far apart, so that both batches of a key and a batch with both are in the input.
const KEYS: u64 = 150_000;

/// The messages from record `first` on, with a STATE after every 5,000.
fn messages(first: u64) -> String {
    let properties = json!({
        "id": { "type": "integer" }, "value": { "type": "integer" }, "note": { "type": ["null", "string"] },
    });
    let mut text = schema_line("orders", &properties, &["id"]);
    for number in first..RECORDS {
        let id = number % KEYS;
        let _always_fits = writeln!(
            text,
            r#"{{"type":"RECORD","stream":"orders","record":{{"id":{id},"value":{number},"note":"order \"{id}\", line\n{number}"}}}}"#
        );
        if (number + 1) % 5_000 == 0 {
            text += &state_line(&json!({ "next": number + 1 }));
        }
    }
    text
}

fn next_of(line: &str) -> u64 {
    let state: Value = serde_json::from_str(line).expect("a state is JSON");
    state
        .get("next")
        .and_then(Value::as_u64)
        .expect("the state of this test")
}

#[test]
fn each_key_is_there_once_with_its_last_value() {
    let snowflake = snowflake();
    let settings = json!({ "batch_size_rows": 20_000 });
    let mut running = target().config(&snowflake.target_settings()).config(&settings).start();
    running.feed_in_background(messages(0).into_bytes());
    let first = running
        .next_line(Duration::from_secs(120))
        .expect("a state while the input is read");
    let mut next = next_of(&first);
    running.kill();
    let killed = running.wait(Duration::from_secs(20));
    if let Some(last) = killed.stdout_lines().last() {
        next = next_of(last);
    }
    assert!(next < RECORDS, "it was killed too late to prove anything");
    let committed = snowflake
        .value("SELECT COUNT(*) FROM ORDERS")
        .parse::<u64>()
        .expect("a count");
    assert!(
        committed >= next.min(KEYS),
        "state {next} came out before its rows: {committed}"
    );

    let output = target()
        .config(&snowflake.target_settings())
        .config(&settings)
        .timeout(Duration::from_secs(300))
        .stdin(messages(next))
        .run()
        .expect_code(0);
    assert_eq!(output.last_state(), Some(json!({ "next": RECORDS })));
    assert_eq!(
        snowflake.query("SELECT COUNT(*), COUNT(DISTINCT ID), SUM(VALUE) FROM ORDERS"),
        [[KEYS, KEYS, (RECORDS - KEYS..RECORDS).sum()].map(|number| Some(number.to_string()))]
    );
    let wrong = "SELECT COUNT(*) FROM ORDERS WHERE NOTE <> 'order \"' || ID || '\", line\n' || VALUE OR NOTE IS NULL";
    assert_eq!(snowflake.value(wrong), "0");
}

#[test]
fn requirement_14_nothing_stays_on_the_stage() {
    let snowflake = snowflake();
    let output = load_with(
        &snowflake,
        &json!({ "batch_size_rows": 1_000 }),
        messages(RECORDS - 5_000),
    )
    .expect_code(0);
    assert_eq!(output.last_state(), Some(json!({ "next": RECORDS })));
    assert_eq!(snowflake.query("LIST @~"), Vec::<Vec<Option<String>>>::new());
}
