//! `newest_row_by`: a record that comes late never takes the place of a newer row.

use serde_json::{Value, json};
use test_support::messages::{record_line, schema_line};

use crate::programs::{load_with, snowflake};

fn messages(records: &[Value]) -> String {
    let properties = json!({ "id": { "type": "integer" }, "at": { "type": ["null", "string"], "format": "date-time" }, "v": { "type": "string" } });
    let lines = records.iter().map(|record| record_line("t", record));
    schema_line("t", &properties, &["id"]) + &lines.collect::<String>()
}

fn record(id: u32, second: Option<u32>, value: &str) -> Value {
    let at = second.map(|second| format!("2026-01-01T00:00:{second:02}Z"));
    json!({ "id": id, "at": at, "v": value })
}

#[test]
fn requirement_04_an_older_record_never_replaces_a_newer_row() {
    let snowflake = snowflake();
    let settings = json!({ "newest_row_by": { "t": "at" } });
    let run = |records: &[Value]| {
        let _done = load_with(&snowflake, &settings, messages(records)).expect_code(0);
        snowflake.value("SELECT LISTAGG(V, ' ') WITHIN GROUP (ORDER BY ID) FROM T")
    };
    // In one batch, the newest and not the last; of equals the last.
    let first = [
        record(1, Some(5), "five"),
        record(1, Some(3), "three"),
        record(2, Some(1), "a"),
        record(2, Some(1), "b"),
        record(3, None, "never"),
    ];
    assert_eq!(run(&first), "five b never");
    assert_eq!(
        run(&[record(1, Some(4), "late"), record(1, None, "unknown")]),
        "five b never"
    );
    assert_eq!(
        run(&[
            record(1, Some(5), "same"),
            record(2, Some(2), "newer"),
            record(3, Some(0), "known")
        ]),
        "same newer known"
    );
}

#[test]
fn what_says_how_new_a_row_is_must_be_there_and_have_an_order() {
    let snowflake = snowflake();
    for (property, code) in [("_sdc_sequence", 0), ("_sdc_extracted_at", 0), ("nothing", 4)] {
        let settings = json!({ "newest_row_by": { "*": property } });
        let output = load_with(&snowflake, &settings, messages(&[record(1, Some(1), "a")])).expect_code(code);
        assert_eq!(output.stderr.contains("newest_row_by"), code != 0, "{property}");
    }
}

/// As texts, 9 is more than 10 and a row would go back; and a row whose old time lies in another column has no time.
#[test]
fn how_new_a_row_is_keeps_its_order_when_its_column_changes() {
    let snowflake = snowflake();
    let run = |policy: &str, at: Value, value: &str| {
        let schema = if at.is_string() {
            json!({ "type": "string", "format": "date-time" })
        } else {
            json!({ "type": "integer" })
        };
        let properties = json!({ "id": { "type": "integer" }, "at": schema, "v": { "type": "string" } });
        let record = json!({ "id": 1, "at": at, "v": value });
        let messages = schema_line("t", &properties, &["id"]) + &record_line("t", &record);
        let settings = json!({ "newest_row_by": { "t": "at" }, "type_changes": policy });
        load_with(&snowflake, &settings, messages)
    };
    for policy in ["version", "split"] {
        let _made = snowflake.query("CREATE OR REPLACE TABLE T (ID NUMBER(38, 0), AT DATE, V VARCHAR)");
        let _made = snowflake.query("INSERT INTO T VALUES (1, '2026-01-02', 'kept')");
        let _late = run(policy, json!("2026-01-01T23:59:59Z"), "late").expect_code(0);
        assert_eq!(snowflake.value("SELECT V FROM T"), "kept", "{policy}");
        let refused = run(policy, json!(9), "late").expect_code(1);
        refused.assert_last_words("target-snowflake", "another order");
        assert_eq!(snowflake.value("SELECT V FROM T"), "kept", "{policy}");
    }
}
