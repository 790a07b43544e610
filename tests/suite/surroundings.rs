//! What the account brings with it and no stream can choose: rights, session parameters, time limits, words that are reserved.

use serde_json::{Value, json};
use test_support::local_snowflake::{LocalSnowflake, LocalSnowflakeOptions};
use test_support::messages::{raw_record_line, record_line, schema_line};
use test_support::python_connector::run_with_connector;

use crate::programs::{load_with, snowflake};

fn refusal(code: &str, message: &str) -> Value {
    json!({ "success": false, "code": code, "message": message, "data": { "errorCode": code, "sqlState": "42501" } })
}

/// MeltanoLabs issue 18: the schema was there, and CREATE SCHEMA IF NOT EXISTS was sent all the same and refused.
#[test]
fn requirement_16_no_right_to_make_schemas_is_needed_where_the_schema_exists() {
    let refused = "SQL access control error: Insufficient privileges to operate on database 'DEMO'";
    let snowflake = LocalSnowflake::start(&LocalSnowflakeOptions {
        faults: Some(json!([
            { "sql": "CREATE (OR REPLACE )?SCHEMA", "times": 0, "reply": refusal("003001", refused) },
            { "sql": "^SHOW DATABASES", "times": 0, "reply": refusal("003001", refused) },
        ])),
        ..LocalSnowflakeOptions::default()
    });
    let messages =
        schema_line("t", &json!({ "id": { "type": "integer" } }), &["id"]) + &record_line("t", &json!({ "id": 1 }));
    let _done = load_with(
        &snowflake,
        &json!({ "default_target_schema": "PUBLIC" }),
        messages.clone(),
    )
    .expect_code(0);
    assert_eq!(snowflake.value("SELECT ID FROM PUBLIC.T"), "1");
    let output = load_with(&snowflake, &json!({ "default_target_schema": "MISSING" }), messages).expect_code(1);
    for words in ["MISSING", "003001", "privilege"] {
        output.assert_last_words("target-snowflake", words);
    }
}

/// The server's accounts begin in Los Angeles, as Snowflake's do; the user's own statements move the session further.
#[test]
fn requirement_08_no_time_depends_on_the_sessions_zone_or_formats() {
    let snowflake = snowflake();
    let move_session = "ALTER SESSION SET TIMEZONE = 'Asia/Kolkata', DATE_INPUT_FORMAT = 'DD-MM-YYYY', \
                        TIMESTAMP_INPUT_FORMAT = 'DD-MM-YYYY', TIME_INPUT_FORMAT = 'SS:MI:HH24'";
    let properties = json!({
        "id": { "type": "integer" }, "at": { "type": "string", "format": "date-time" },
        "day": { "type": "string", "format": "date" }, "clock": { "type": "string", "format": "time" },
    });
    let mut messages = schema_line("t", &properties, &["id"]);
    for (id, at) in [
        "2026-03-08T02:30:00.123456789Z",
        "2026-03-08T02:30:00.5+05:30",
        "2026-07-01 00:00:00",
    ]
    .iter()
    .enumerate()
    {
        let record = json!({ "id": id, "at": at, "day": "2026-03-04", "clock": "01:02:03.000000004" });
        messages += &record_line("t", &record);
    }
    for (timestamp_type, zone) in [
        ("TIMESTAMP_NTZ", ""),
        ("TIMESTAMP_TZ", " TZH:TZM"),
        ("TIMESTAMP_LTZ", " TZH:TZM"),
    ] {
        let settings = json!({ "timestamp_type": timestamp_type, "before_run_sql": move_session, "parallelism": 1 });
        let _done = load_with(&snowflake, &settings, messages.clone()).expect_code(0);
        let script = format!(
            "connection.cursor().execute(\"ALTER SESSION SET TIMEZONE = 'UTC'\")\n\
             rows = connection.cursor().execute(\"SELECT TO_CHAR(AT, 'YYYY-MM-DD HH24:MI:SS.FF9{zone}'), TO_CHAR(DAY), \
             TO_CHAR(CLOCK, 'HH24:MI:SS.FF9') FROM T ORDER BY ID\").fetchall()\nprint(json.dumps(rows))"
        );
        let rows = run_with_connector(snowflake.port(), &script).expect("rows");
        let offset = |hours: &str| {
            if zone.is_empty() {
                String::new()
            } else {
                format!(" {hours}")
            }
        };
        // TZ keeps the clock that the tap wrote; the others show the same moment in UTC.
        let second = match timestamp_type {
            "TIMESTAMP_TZ" => "2026-03-08 02:30:00.500000000 +05:30".to_owned(),
            _ => format!("2026-03-07 21:00:00.500000000{}", offset("+00:00")),
        };
        let utc = |clock: &str| format!("{clock}{}", offset("+00:00"));
        let row = |at: String| json!([at, "2026-03-04", "01:02:03.000000004"]);
        let expected = json!([
            row(utc("2026-03-08 02:30:00.123456789")),
            row(second),
            row(utc("2026-07-01 00:00:00.000000000")),
        ]);
        assert_eq!(rows, expected, "{timestamp_type}");
        let _dropped = snowflake.query("DROP TABLE T");
    }
}

#[test]
fn requirement_22_a_statement_beyond_its_time_ends_the_run() {
    let snowflake = snowflake();
    let settings = json!({ "statement_timeout_seconds": 1, "before_run_sql": "CALL SYSTEM$WAIT(20)" });
    let messages =
        schema_line("t", &json!({ "id": { "type": "integer" } }), &["id"]) + &record_line("t", &json!({ "id": 1 }));
    let output = load_with(&snowflake, &settings, messages).expect_code(1);
    output.assert_last_words("target-snowflake", "000630");
    assert_eq!(output.stdout, b"");
}

/// MeltanoLabs issues 48, 51, 230, 242, 254: reserved words, dashes and blanks as names of streams, columns and keys.
#[test]
fn requirement_09_any_word_can_be_a_name() {
    let snowflake = snowflake();
    let words = [
        "order",
        "select",
        "table",
        "group",
        "values",
        "from",
        "null",
        "true",
        "constraint",
        "current_date",
        "a b",
        "a-b",
        "a.b",
        "a::b",
        "it's",
        "say \"hi\"",
        "1st",
        "$1",
        "_",
        "%",
        "a\\b",
        "ünï",
        "表",
    ];
    let properties: serde_json::Map<String, Value> = words
        .iter()
        .map(|word| ((*word).to_owned(), json!({ "type": "string" })))
        .collect();
    let mut messages = String::new();
    for stream in ["order", "select", "table", "a-values", "in the dark"] {
        messages += &schema_line(stream, &Value::Object(properties.clone()), &words);
        let record: serde_json::Map<String, Value> = words
            .iter()
            .map(|word| ((*word).to_owned(), json!(format!("{word} of {stream}"))))
            .collect();
        messages += &raw_record_line(stream, &Value::Object(record).to_string()).repeat(2);
    }
    // Twice: the second run meets its own tables, and merges.
    for _run in 0..2 {
        let _done = load_with(&snowflake, &json!({ "add_record_metadata": false }), messages.clone()).expect_code(0);
    }
    for (table, stream) in [
        ("ORDER", "order"),
        ("SELECT", "select"),
        ("TABLE", "table"),
        ("VALUES", "a-values"),
        ("IN_THE_DARK", "in the dark"),
    ] {
        let rows = snowflake.query(&format!("SELECT * FROM \"{table}\""));
        let expected: Vec<Option<String>> = words.iter().map(|word| Some(format!("{word} of {stream}"))).collect();
        assert_eq!(rows, [expected], "{table}");
    }
}
