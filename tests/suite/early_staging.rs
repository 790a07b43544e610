//! A batch of several files, staged while the rest is read: faults at its uploads and its COPY change nothing.

use std::fmt::Write as _;

use serde_json::json;
use test_support::http_exchange::exchange;
use test_support::local_snowflake::{LocalSnowflake, LocalSnowflakeOptions};
use test_support::messages::{schema_line, state_line};

use crate::programs::load_with;

const RECORDS: u64 = 40_000;

/// Text that does not compress to less than half, so that some thousand records fill a file.
pub(crate) fn noise(seed: u64) -> String {
    let mut text = String::with_capacity(600);
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    while text.len() < 592 {
        // xorshift64, Marsaglia 2003.
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        let _always_fits = write!(text, "{state:016x}");
    }
    text
}

#[test]
fn uploads_and_copy_fail_once_and_every_row_is_there_once() {
    let options = LocalSnowflakeOptions {
        faults: Some(json!([
            { "method": "PUT", "path": "^/local-stages/", "nth": 2, "reset": true },
            { "method": "PUT", "path": "^/local-stages/", "nth": 4, "expire_credentials": true },
            { "sql": "^PUT", "nth": 3, "status": 503 },
            { "path": "query-request", "sql": "^COPY", "execute": true, "reset": true },
            { "sql": "^MERGE", "expire_session": true },
        ])),
        ..LocalSnowflakeOptions::default()
    };
    let snowflake = LocalSnowflake::start(&options);
    let properties = json!({ "id": { "type": "integer" }, "noise": { "type": "string" } });
    let mut messages = schema_line("big", &properties, &["id"]);
    for id in 0..RECORDS {
        let record = noise(id);
        let _always_fits = writeln!(
            messages,
            r#"{{"type":"RECORD","stream":"big","record":{{"id":{id},"noise":"{record}"}}}}"#
        );
    }
    messages += &state_line(&json!({ "read": RECORDS }));
    let settings = json!({ "batch_size_rows": RECORDS / 4 * 3, "retry_base_milliseconds": 10 });
    let output = load_with(&snowflake, &settings, messages).expect_code(0);
    assert_eq!(output.last_state(), Some(json!({ "read": RECORDS })));
    assert_eq!(
        snowflake.query("SELECT COUNT(*), COUNT(DISTINCT ID), SUM(ID), MIN(LENGTH(NOISE)) FROM BIG"),
        [[RECORDS, RECORDS, RECORDS * (RECORDS - 1) / 2, 592].map(|number| Some(number.to_string()))]
    );
    assert_eq!(snowflake.query("LIST @~"), Vec::<Vec<Option<String>>>::new());
    let url = format!("http://127.0.0.1:{}/__local/faults", snowflake.port());
    let rules = exchange("GET", &url, &[], b"").expect("the server's faults").json();
    let acted: Vec<Option<u64>> = rules
        .get("rules")
        .and_then(serde_json::Value::as_array)
        .expect("a list of rules")
        .iter()
        .map(|rule| rule.get("acted").and_then(serde_json::Value::as_u64))
        .collect();
    assert_eq!(acted, [Some(1); 5], "a fault that never happened proves nothing");
}
