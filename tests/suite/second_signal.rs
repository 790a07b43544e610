//! The first signal drains what was read (`state_after_commit.rs`); the second cancels what runs, undoes what was begun,
//! takes the staged files away, logs out, and lets nothing begin. A COMMIT on its way is waited for.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use test_support::http_exchange::exchange;
use test_support::local_snowflake::{LocalSnowflake, LocalSnowflakeOptions};
use test_support::messages::{record_line, schema_line, state_line};
use test_support::program_output::ProgramOutput;
use test_support::running_program::RunningProgram;

use crate::early_staging::noise;
use crate::programs::{forget_requests, requests, snowflake, target};

/// `count` rows from `first` on, and a STATE.
fn rows(stream: &str, first: u64, count: u64) -> String {
    let mut text = String::new();
    for id in first..first + count {
        text += &record_line(stream, &json!({ "id": id }));
    }
    text + &state_line(&json!({ "read": first + count }))
}

fn schema(stream: &str) -> String {
    schema_line(stream, &json!({ "id": { "type": "integer" } }), &["id"])
}

fn start(snowflake: &LocalSnowflake, input: &str) -> RunningProgram {
    let settings = json!({ "batch_size_rows": 3, "parallelism": 2, "retry_base_milliseconds": 20 });
    let mut running = target().config(&snowflake.target_settings()).config(&settings).start();
    assert!(running.write(input.as_bytes()));
    running
}

/// Waits until the server's log has a request with these words in its JSON.
fn wait_for(snowflake: &LocalSnowflake, what: &str) {
    let deadline = Instant::now() + Duration::from_secs(60);
    while !requests(snowflake).contains(what) {
        assert!(Instant::now() < deadline, "no {what} came: {}", requests(snowflake));
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Method, path or statement's first words, and status, in order.
fn told(snowflake: &LocalSnowflake) -> Vec<String> {
    let log: Value = serde_json::from_str(&requests(snowflake)).expect("the log is JSON");
    let entries = log
        .get("requests")
        .and_then(Value::as_array)
        .expect("a list of requests");
    let text = |entry: &Value, name: &str| entry.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    entries
        .iter()
        .map(|entry| {
            let sql = text(entry, "sql");
            let words: Vec<&str> = sql.split_whitespace().take(1).collect();
            let what = if words.is_empty() {
                text(entry, "path")
            } else {
                words.join(" ")
            };
            format!("{what} {}", entry.get("status").cloned().unwrap_or_default())
        })
        .collect()
}

fn staged(snowflake: &LocalSnowflake) -> Vec<Vec<Option<String>>> {
    snowflake.query("LIST @~")
}

/// Sends the second signal and waits for the end. How soon is the limit of the wait: what it interrupts lasts longer.
fn stop_twice(snowflake: &LocalSnowflake, running: RunningProgram) -> ProgramOutput {
    running.signal("TERM");
    std::thread::sleep(Duration::from_millis(300));
    forget_requests(snowflake);
    running.signal("INT");
    let output = running.wait(Duration::from_secs(20)).expect_code(1);
    output.assert_last_words("target-snowflake", "asked to stop again");
    output
}

fn check_that_nothing_began(told: &[String]) {
    for begun in ["/session/v1/login-request", "BEGIN", "COPY", "MERGE", "COMMIT"] {
        let found = told.iter().any(|request| request.starts_with(begun));
        assert!(!found, "{begun} after the second signal: {told:#?}");
    }
    assert_eq!(told.last().map(String::as_str), Some("/session 200"), "{told:#?}");
}

#[test]
fn a_statement_that_waits_is_cancelled_and_nothing_is_left() {
    let snowflake = snowflake();
    let mut running = start(&snowflake, &(schema("orders") + &rows("orders", 0, 3)));
    let first = running.next_line(Duration::from_secs(60));
    assert_eq!(first.as_deref(), Some(r#"{"read":3}"#));
    // Somebody else holds the table, so MERGE waits as long as nobody ends it.
    for sql in ["BEGIN", "UPDATE ORDERS SET ID = ID"] {
        let _status = snowflake.query(sql);
    }
    forget_requests(&snowflake);
    assert!(running.write(rows("orders", 3, 3).as_bytes()));
    wait_for(&snowflake, "MERGE");
    let output = stop_twice(&snowflake, running);
    let told = told(&snowflake);
    assert!(told.contains(&"/queries/v1/abort-request 200".to_owned()), "{told:#?}");
    assert!(told.contains(&"ROLLBACK 200".to_owned()), "{told:#?}");
    check_that_nothing_began(&told);
    assert_eq!(output.last_state(), Some(json!({ "read": 3 })));
    assert_eq!(staged(&snowflake), Vec::<Vec<Option<String>>>::new());
    let _status = snowflake.query("COMMIT");
    assert_eq!(snowflake.value("SELECT COUNT(*) FROM ORDERS"), "3");
}

fn with_faults(faults: Value) -> LocalSnowflake {
    LocalSnowflake::start(&LocalSnowflakeOptions {
        faults: Some(faults),
        ..LocalSnowflakeOptions::default()
    })
}

#[test]
fn an_upload_that_hangs_is_left_and_its_file_removed() {
    let held = json!([{ "method": "PUT", "path": "^/local-stages/", "hold_seconds": 50 }]);
    let snowflake = with_faults(held);
    let running = start(&snowflake, &(schema("orders") + &rows("orders", 0, 3)));
    wait_for(&snowflake, "/local-stages/");
    let output = stop_twice(&snowflake, running);
    let told = told(&snowflake);
    assert!(told.contains(&"REMOVE 200".to_owned()), "{told:#?}");
    check_that_nothing_began(&told);
    assert_eq!(output.stdout, b"");
    assert_eq!(staged(&snowflake), Vec::<Vec<Option<String>>>::new());
}

#[test]
fn a_session_that_is_about_to_be_replaced_is_not() {
    let lost = json!([
        { "sql": "^COPY", "reply": { "data": null, "code": "390111", "message": "gone", "success": false } },
        { "path": "login-request", "nth": 2, "name": "a second log-in", "delay_seconds": 50 },
    ]);
    let snowflake = with_faults(lost);
    let running = start(&snowflake, &(schema("orders") + &rows("orders", 0, 3)));
    wait_for(&snowflake, "a second log-in");
    let output = stop_twice(&snowflake, running);
    assert_eq!(told(&snowflake), [""; 0], "there is no session to clean up with");
    assert!(
        output.stderr.contains("files may be left in @~/target-snowflake/"),
        "{}",
        output.stderr
    );
}

#[test]
fn a_commit_on_its_way_is_waited_for_and_its_state_printed() {
    let held = json!([{ "sql": "^COMMIT", "hold_seconds": 3 }]);
    let snowflake = with_faults(held);
    let running = start(&snowflake, &(schema("orders") + &rows("orders", 0, 3)));
    wait_for(&snowflake, "COMMIT");
    let output = stop_twice(&snowflake, running);
    assert_eq!(output.last_state(), Some(json!({ "read": 3 })));
    assert_eq!(snowflake.value("SELECT COUNT(*) FROM ORDERS"), "3");
    assert_eq!(staged(&snowflake), Vec::<Vec<Option<String>>>::new());
}

/// Files of a batch that is staged ahead are there when another stream ends the run.
#[test]
fn files_that_were_staged_ahead_are_removed_when_the_run_fails() {
    let forbidden = json!([{ "sql": "^MERGE INTO.*ORDERS", "times": 0,
        "reply": { "data": {}, "code": "003001", "message": "no privilege", "success": false } }]);
    let snowflake = with_faults(forbidden);
    let mut input = schema_line(
        "big",
        &json!({ "id": { "type": "integer" }, "noise": { "type": "string" } }),
        &["id"],
    );
    input += &schema("orders");
    for id in 0..30_000 {
        let _always_fits = writeln!(
            input,
            r#"{{"type":"RECORD","stream":"big","record":{{"id":{id},"noise":"{}"}}}}"#,
            noise(id)
        );
    }
    let settings = json!({ "batch_size_rows": 1_000_000, "retry_base_milliseconds": 20 });
    let mut running = target().config(&snowflake.target_settings()).config(&settings).start();
    assert!(running.write(input.as_bytes()));
    wait_for(&snowflake, "/local-stages/");
    assert!(running.write((rows("orders", 0, 3) + &rows("big", 60_000, 1)).as_bytes()));
    let output = running.wait(Duration::from_secs(60)).expect_code(1);
    assert!(output.stderr.contains("003001"), "{}", output.stderr);
    assert_eq!(staged(&snowflake), Vec::<Vec<Option<String>>>::new());
    let url = format!("http://127.0.0.1:{}/__local/objects", snowflake.port());
    let objects = exchange("GET", &url, &[], b"").expect("the objects").text();
    assert!(!objects.contains("target-snowflake"), "{objects}");
}
