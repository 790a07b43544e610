//! A batch of added rows whose COMMIT gets no answer, and whose session is lost: Snowflake is asked in another session
//! what became of the transaction. Rows that are merged need none of that.

use serde_json::{Value, json};
use test_support::local_snowflake::{LocalSnowflake, LocalSnowflakeOptions};
use test_support::messages::{record_line, schema_line, state_line};
use test_support::program_output::ProgramOutput;

use crate::programs::{load_with, requests};

fn input() -> String {
    let mut text = schema_line("events", &json!({ "id": { "type": "integer" } }), &[]);
    for id in 0..3 {
        text += &record_line("events", &json!({ "id": id }));
    }
    text + &state_line(&json!({ "read": 3 }))
}

fn lost() -> Value {
    json!({ "data": null, "code": "390111", "message": "Session no longer exists.", "success": false })
}

/// Faults after which nobody knows, unless Snowflake says: COMMIT happens, and neither its answer nor the session is left.
fn committed() -> Vec<Value> {
    vec![
        json!({ "sql": "^COMMIT", "reset": true, "execute": true }),
        json!({ "sql": "^COMMIT", "nth": 2, "reply": lost() }),
    ]
}

fn load(faults: &[Value]) -> (LocalSnowflake, ProgramOutput) {
    let snowflake = LocalSnowflake::start(&LocalSnowflakeOptions {
        faults: Some(Value::from(faults.to_vec())),
        ..LocalSnowflakeOptions::default()
    });
    let output = load_with(&snowflake, &json!({ "retry_base_milliseconds": 20 }), input());
    (snowflake, output)
}

fn rows(snowflake: &LocalSnowflake) -> String {
    snowflake.value("SELECT COUNT(*) || ' ' || COUNT(DISTINCT ID) FROM EVENTS")
}

#[test]
fn what_was_committed_is_not_sent_again() {
    let (snowflake, output) = load(&committed());
    assert_eq!(output.expect_code(0).last_state(), Some(json!({ "read": 3 })));
    assert_eq!(rows(&snowflake), "3 3");
    assert_eq!(snowflake.query("LIST @~"), Vec::<Vec<Option<String>>>::new());
}

/// The session is not heard of any more and its transaction is still open: it is ended, and the batch sent again.
#[test]
fn what_still_runs_is_ended_and_sent_again() {
    let (snowflake, output) = load(&[
        json!({ "sql": "^COMMIT", "reply": lost() }),
        json!({ "path": "^/session$", "status": 503, "times": 20 }),
    ]);
    assert_eq!(output.expect_code(0).last_state(), Some(json!({ "read": 3 })));
    assert_eq!(rows(&snowflake), "3 3");
    assert!(
        requests(&snowflake).contains("ABORT_TRANSACTION"),
        "it was not running: nothing is proved"
    );
}

#[test]
fn when_it_cannot_be_found_out_the_run_stops_and_says_so() {
    let mut faults = committed();
    let refused = json!({ "data": {}, "code": "003001", "message": "no privilege", "success": false });
    faults.push(json!({ "sql": "^DESCRIBE TRANSACTION", "times": 0, "reply": refused }));
    let (snowflake, output) = load(&faults);
    output.assert_last_words("target-snowflake", "it is unknown whether a batch was committed");
    assert_eq!(output.expect_code(1).stdout, b"");
    assert_eq!(rows(&snowflake), "3 3");
}
