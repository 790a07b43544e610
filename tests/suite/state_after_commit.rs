//! No STATE leaves the target before the rows ahead of it are in their tables.

use std::time::Duration;

use serde_json::{Value, json};
use test_support::local_snowflake::{LocalSnowflake, LocalSnowflakeOptions};
use test_support::messages::{record_line, schema_line, state_line};

use crate::programs::{load, load_with, snowflake, target};

fn schemas() -> String {
    let properties = json!({ "id": { "type": "integer" } });
    ["a", "b"]
        .iter()
        .map(|stream| schema_line(stream, &properties, &["id"]))
        .collect()
}

/// PipelineWise's target prints the first STATE whole when stream A is flushed, while B's only row is in memory.
#[test]
fn requirement_01_a_full_batch_of_one_stream_does_not_release_the_state_of_another() {
    let snowflake = snowflake();
    let mut running = target()
        .config(&snowflake.target_settings())
        .config(&json!({ "batch_size_rows": 10, "batch_wait_limit_seconds": 3600 }))
        .start();
    let mut messages = schemas();
    messages += &record_line("b", &json!({ "id": 1 }));
    messages += &state_line(&json!({ "bookmarks": { "a": 0, "b": 1 } }));
    for id in 1..=10 {
        messages += &record_line("a", &json!({ "id": id }));
    }
    assert!(running.write(messages.as_bytes()));
    let a_is_loaded = || {
        snowflake
            .try_query("SELECT COUNT(*) FROM A")
            .is_ok_and(|rows| rows == [[Some("10".to_owned())]])
    };
    for _ in 0..600 {
        if a_is_loaded() {
            break;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    assert!(
        a_is_loaded(),
        "stream a's full batch was not loaded while input stayed open"
    );
    running.kill();
    let output = running.wait(Duration::from_secs(20));
    assert_eq!(
        output.stdout_lines(),
        Vec::<String>::new(),
        "b's row was never committed"
    );
}

/// A target that is killed while it tidies up has said by then what is committed: nobody sends it again.
#[test]
fn a_state_does_not_wait_for_what_is_tidied_up_behind_its_rows() {
    let snowflake = LocalSnowflake::start(&LocalSnowflakeOptions {
        faults: Some(json!([{ "sql": "^DROP TABLE", "delay_seconds": 50 }])),
        ..LocalSnowflakeOptions::default()
    });
    let mut running = target()
        .config(&snowflake.target_settings())
        .config(&json!({ "batch_size_rows": 1 }))
        .start();
    let schema = schema_line("a", &json!({ "id": { "type": "integer" } }), &[]);
    let messages = schema + &record_line("a", &json!({ "id": 7 })) + &state_line(&json!({ "seen": 7 }));
    assert!(running.write(messages.as_bytes()));
    let line = running.next_line(Duration::from_secs(30)).expect("a state");
    assert_eq!(line.trim(), r#"{"seen":7}"#);
    assert_eq!(snowflake.value("SELECT ID FROM A"), "7");
    running.kill();
}

#[test]
fn the_last_state_comes_out_without_any_record() {
    let snowflake = snowflake();
    let state = json!({ "bookmarks": { "a": { "updated_at": "2026-01-01" } }, "extra": [1, 2.50] });
    let output = load(&snowflake, state_line(&state));
    assert_eq!(output.last_state(), Some(state));
}

#[test]
fn nothing_received_is_nothing_printed() {
    let output = load(&snowflake(), "");
    assert_eq!(output.stdout, b"");
}

#[test]
fn requirement_12_the_timer_fires_while_no_input_comes() {
    let snowflake = snowflake();
    let mut running = target()
        .config(&snowflake.target_settings())
        .config(&json!({ "batch_wait_limit_seconds": 1 }))
        .start();
    let messages = schemas() + &record_line("a", &json!({ "id": 7 })) + &state_line(&json!({ "seen": 7 }));
    assert!(running.write(messages.as_bytes()));
    let line = running
        .next_line(Duration::from_secs(60))
        .expect("a state before the end of input");
    assert_eq!(
        serde_json::from_str::<Value>(&line).expect("a JSON line"),
        json!({ "seen": 7 })
    );
    assert_eq!(snowflake.value("SELECT ID FROM A"), "7");
    let _ended = running.wait(Duration::from_secs(60)).expect_code(0);
}

#[test]
fn a_signal_loads_what_is_complete_and_prints_its_state() {
    let snowflake = snowflake();
    let mut running = target()
        .config(&snowflake.target_settings())
        .config(&json!({ "batch_wait_limit_seconds": 3600 }))
        .start();
    let messages = schemas() + &record_line("a", &json!({ "id": 1 })) + &state_line(&json!({ "seen": 1 }));
    assert!(running.write(messages.as_bytes()));
    // The table is made when the SCHEMA is read, so the lines behind it are read soon after.
    for _ in 0..600 {
        if snowflake.try_query("SELECT COUNT(*) FROM B").is_ok() {
            break;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    std::thread::sleep(Duration::from_millis(300));
    running.signal("TERM");
    let output = running.wait(Duration::from_secs(60)).expect_code(0);
    assert_eq!(output.last_state(), Some(json!({ "seen": 1 })));
    assert_eq!(snowflake.value("SELECT ID FROM A"), "1");
}

#[test]
fn a_failing_stream_does_not_hold_back_the_safe_state_of_the_rows_before_it() {
    let snowflake = snowflake();
    let mut messages = schemas();
    messages += &record_line("a", &json!({ "id": 1 }));
    messages += &state_line(&json!({ "safe": true }));
    messages += &record_line("b", &json!({ "id": "not a number" }));
    messages += &state_line(&json!({ "safe": false }));
    let output = load_with(&snowflake, &json!({}), messages);
    assert_ne!(output.code, Some(0));
    assert_eq!(output.last_state(), Some(json!({ "safe": true })));
    assert_eq!(snowflake.value("SELECT COUNT(*) FROM A"), "1");
    output.assert_last_words("target-snowflake", "id");
    assert!(
        !output.stderr.contains("not a number"),
        "a record value is in a message"
    );
}
