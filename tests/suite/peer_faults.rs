//! What other targets are known to do wrong with STATE and signals, each named after where it was reported. Ours does not.
//! More of them, under their requirements, are in `state_after_commit.rs`.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use test_support::http_exchange::exchange;
use test_support::local_snowflake::{LocalSnowflake, LocalSnowflakeOptions};
use test_support::messages::{record_line, schema_line, state_line};
use test_support::running_program::RunningProgram;

use crate::programs::{load, load_with, requests, snowflake, target};

const PATIENCE: Duration = Duration::from_secs(60);

fn schemas() -> String {
    let properties = json!({ "id": { "type": "integer" } });
    schema_line("a", &properties, &["id"]) + &schema_line("b", &properties, &["id"])
}

fn row(stream: &str, id: u32) -> String {
    record_line(stream, &json!({ "id": id }))
}

fn with_faults(rules: Value) -> LocalSnowflake {
    LocalSnowflake::start(&LocalSnowflakeOptions {
        faults: Some(rules),
        ..LocalSnowflakeOptions::default()
    })
}

/// A target that is fed and stays open.
fn started(snowflake: &LocalSnowflake, settings: &Value, messages: &str) -> RunningProgram {
    let mut running = target().config(&snowflake.target_settings()).config(settings).start();
    assert!(running.write(messages.as_bytes()));
    running
}

fn next_state(running: &mut RunningProgram) -> Value {
    let line = running.next_line(PATIENCE).expect("a state while input stays open");
    serde_json::from_str(&line).expect("a JSON line")
}

/// Waits until the server has got a statement.
fn wait_for(snowflake: &LocalSnowflake, sql: &str) {
    let deadline = Instant::now() + PATIENCE;
    while !requests(snowflake).contains(sql) {
        assert!(Instant::now() < deadline, "no {sql} came");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Every rule of the server has acted.
fn assert_all_acted(snowflake: &LocalSnowflake) {
    let url = format!("http://127.0.0.1:{}/__local/faults", snowflake.port());
    let rules = exchange("GET", &url, &[], b"").expect("the server's faults").json();
    let rules = rules.get("rules").and_then(Value::as_array).expect("rules");
    assert!(!rules.is_empty());
    for rule in rules {
        assert_ne!(rule.get("acted"), Some(&json!(0)), "{rule}");
    }
}

/// MeltanoLabs' target drains its sinks in the signal's handler, also when it is draining them already.
#[test]
fn meltanolabs_signal_while_a_batch_is_being_loaded() {
    let snowflake = with_faults(json!([{ "sql": "^COPY", "hold_seconds": 1 }]));
    let settings = json!({ "load_method": "append-only", "batch_size_rows": 3, "batch_wait_limit_seconds": 3600 });
    let rows: String = (1..=5).map(|id| row("a", id)).collect();
    let messages = schemas() + &rows + &state_line(&json!({ "seen": 5 }));
    let running = started(&snowflake, &settings, &messages);
    wait_for(&snowflake, "COPY INTO");
    running.signal("TERM");
    let output = running.wait(PATIENCE).expect_code(0);
    assert_eq!(output.stdout_lines(), [r#"{"seen":5}"#]);
    assert_eq!(
        snowflake.value("SELECT COUNT(*) || ' ' || COUNT(DISTINCT ID) FROM A"),
        "5 5"
    );
    assert_all_acted(&snowflake);
}

/// Its Snowpipe mode prints STATE when rows are handed over, which is before they are in the table.
#[test]
fn meltanolabs_snowpipe_state_before_the_commit() {
    let snowflake = with_faults(json!([{ "sql": "^COMMIT", "delay_seconds": 1.5 }]));
    let messages = schemas() + &row("a", 1) + &state_line(&json!({ "seen": 1 }));
    let mut running = started(&snowflake, &json!({ "batch_wait_limit_seconds": 1 }), &messages);
    assert_eq!(next_state(&mut running), json!({ "seen": 1 }));
    assert_eq!(
        snowflake.value("SELECT COUNT(*) FROM A"),
        "1",
        "STATE came before its row"
    );
    assert_eq!(running.wait(PATIENCE).expect_code(0).stdout_lines().len(), 1);
    assert_all_acted(&snowflake);
}

/// SDK issue 1064: hours of rows were safe, but their STATE was only kept for the end, which a later stream never reached.
#[test]
fn sdk_1064_state_of_safe_rows_when_a_later_stream_fails() {
    let snowflake = with_faults(json!([{
        "sql": "MERGE INTO .*\"B\"", "times": 0,
        "reply": { "success": false, "code": "100038", "message": "Numeric value is not recognized", "data": { "errorCode": "100038", "sqlState": "22018" } },
    }]));
    let messages = schemas()
        + &row("a", 1)
        + &state_line(&json!({ "safe": 1 }))
        + &row("b", 1)
        + &state_line(&json!({ "safe": 2 }));
    let output = load_with(&snowflake, &json!({}), messages);
    assert_eq!(output.code, Some(1), "{}", output.stderr);
    assert_eq!(output.stdout_lines(), [r#"{"safe":1}"#]);
    assert_eq!(snowflake.value("SELECT COUNT(*) FROM A"), "1");
    assert_all_acted(&snowflake);
}

/// SDK issues 187 and 1750: the whole message was printed; nothing was, when there were no rows.
#[test]
fn sdk_187_1750_the_bare_state_also_without_rows() {
    let snowflake = snowflake();
    let output = load(&snowflake, schemas() + &state_line(&json!([{ "any": "shape" }])));
    assert_eq!(output.stdout_lines(), [r#"[{"any":"shape"}]"#]);
}

/// datamill issue 16: a stream that has long ended kept back the STATE of the one that goes on, and its batches grew.
#[test]
fn datamill_16_an_idle_stream_holds_nothing_back() {
    let snowflake = snowflake();
    let settings = json!({ "batch_size_rows": 2, "batch_wait_limit_seconds": 3600 });
    let messages = schemas() + &row("a", 1) + &row("a", 2) + &state_line(&json!({ "a": 2 }));
    let mut running = started(&snowflake, &settings, &messages);
    assert_eq!(next_state(&mut running), json!({ "a": 2 }));
    for round in 1..=3 {
        let messages = row("b", 2 * round) + &row("b", 2 * round + 1) + &state_line(&json!({ "a": 2, "b": round }));
        assert!(running.write(messages.as_bytes()));
        assert_eq!(next_state(&mut running), json!({ "a": 2, "b": round }));
    }
    let _ended = running.wait(PATIENCE).expect_code(0);
}

/// Meltano issue 8316: PipelineWise's target copied bookmarks of flushed streams only, so that a stream that was new, or
/// had no rows in the end, never got one. Neither did states of another shape.
#[test]
fn meltano_8316_the_bookmark_of_a_new_stream_comes_out() {
    let snowflake = snowflake();
    let old = json!({ "bookmarks": { "a": { "at": 1 } } });
    let new =
        json!({ "bookmarks": { "a": { "at": 2 }, "b": { "at": 7 }, "c": { "rows": 0 } }, "currently_syncing": null });
    let messages = state_line(&old) + &schemas() + &row("a", 1) + &row("b", 1) + &state_line(&new);
    let output = load_with(&snowflake, &json!({ "batch_size_rows": 1 }), messages);
    assert_eq!(output.last_state(), Some(new.clone()));
    assert_eq!(
        output.stdout_lines().last().map(String::as_str),
        Some(new.to_string().as_str())
    );
}

/// PipelineWise issue 238: a run without rows printed the STATE of rows that it had once flushed, not the last one.
#[test]
fn pipelinewise_238_the_last_state_and_not_the_last_flushed_one() {
    let snowflake = snowflake();
    let messages = schemas() + &row("a", 1) + &state_line(&json!({ "n": 1 })) + &state_line(&json!({ "n": 2 }));
    let output = load(&snowflake, messages);
    assert_eq!(output.last_state(), Some(json!({ "n": 2 })));
}
