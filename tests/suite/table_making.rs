//! Tables that are made, found or exchanged while something goes wrong, and what they say of themselves.

use serde_json::{Value, json};
use test_support::local_snowflake::{LocalSnowflake, LocalSnowflakeOptions};
use test_support::messages::{record_line, schema_line};

use crate::programs::{load, load_with, requests, snowflake};

fn with_faults(faults: Value) -> LocalSnowflake {
    LocalSnowflake::start(&LocalSnowflakeOptions {
        faults: Some(faults),
        ..LocalSnowflakeOptions::default()
    })
}

fn row(id: u32, value: &str) -> String {
    let properties = json!({ "id": { "type": "integer" }, "v": { "type": "string", "description": "what it says" } });
    schema_line("t", &properties, &["id"]) + &record_line("t", &json!({ "id": id, "v": value }))
}

/// So often a statement that contains this was sent.
fn count(snowflake: &LocalSnowflake, statement: &str) -> usize {
    requests(snowflake).matches(statement).count()
}

/// The next session found the table and thought that somebody else had made it.
#[test]
fn requirement_16_grants_are_given_though_the_session_is_lost_after_create() {
    let lost = json!({ "data": null, "code": "390111", "message": "Session no longer exists.", "success": false });
    let snowflake = with_faults(json!([
        { "sql": "^GRANT USAGE", "reply": lost },
        { "sql": "^GRANT SELECT", "reply": lost },
    ]));
    let _made = snowflake.query("CREATE ROLE READER");
    let settings = json!({
        "default_target_schema": "NEW", "default_target_schema_select_permissions": ["reader"], "retry_base_milliseconds": 1
    });
    let _done = load_with(&snowflake, &settings, row(1, "a")).expect_code(0);
    let granted = snowflake.query("SHOW GRANTS TO ROLE READER");
    let privileges: Vec<&str> = granted.iter().filter_map(|row| row.get(1)?.as_deref()).collect();
    assert_eq!(privileges.len(), 2, "{privileges:?}");
}

/// `IF NOT EXISTS` succeeded, and the other's columns were taken for the stream's.
#[test]
fn a_table_that_somebody_makes_meanwhile_is_found_and_fitted() {
    let nothing = json!({ "data": { "rowtype": [], "rowset": [], "total": 0, "returned": 0, "queryResultFormat": "json" },
        "code": null, "message": null, "success": true });
    let snowflake = with_faults(json!([{ "sql": "^SHOW TABLES", "reply": nothing }]));
    let _made = snowflake.query("CREATE TABLE T (ID NUMBER(5, 0) NOT NULL)");
    let _done = load(&snowflake, row(123_456, "a"));
    assert_eq!(snowflake.value("SELECT ID || V FROM T"), "123456a");
}

/// A swap that was sent twice swaps back: the old rows were then kept, the new ones dropped, and the run ended well.
#[test]
fn new_rows_are_never_dropped_for_old_ones() {
    let done = json!({ "data": { "rowtype": [{ "name": "status", "type": "text", "nullable": true }],
        "rowset": [["Statement executed successfully."]], "total": 1, "returned": 1, "queryResultFormat": "json" },
        "code": null, "message": null, "success": true });
    let snowflake = with_faults(json!([{ "sql": "SWAP WITH", "reply": done }]));
    let _made = snowflake.query("CREATE TABLE T (ID NUMBER(38, 0), V VARCHAR) COMMENT = 'ours'");
    let _made = snowflake.query("INSERT INTO T VALUES (1, 'old')");
    let settings = json!({ "load_method": "overwrite" });
    let messages = row(2, "new") + "{\"type\":\"STATE\",\"value\":{\"at\":2}}\n";
    let output = load_with(&snowflake, &settings, messages.clone()).expect_code(1);
    output.assert_last_words("target-snowflake", "old rows");
    assert_eq!(output.last_state(), None);
    assert_eq!(snowflake.value("SELECT V FROM T"), "old");
    let output = load_with(&snowflake, &settings, messages).expect_code(0);
    assert_eq!(output.last_state(), Some(json!({ "at": 2 })));
    assert_eq!(snowflake.value("SELECT V FROM T"), "new");
    let shown = snowflake.query("SHOW TABLES");
    let comments: Vec<&str> = shown.iter().filter_map(|row| row.get(5)?.as_deref()).collect();
    assert_eq!(comments, ["ours"], "one table, without a mark");
}

/// Every lane whose turn came ran the statements again.
#[test]
fn sql_before_a_run_runs_once_also_when_it_fails() {
    let snowflake = snowflake();
    let _made = snowflake.query("CREATE TABLE RUNS (N NUMBER)");
    let settings = json!({ "before_run_sql": "INSERT INTO RUNS VALUES (1); SELECT NOT_THERE", "batch_size_rows": 1 });
    let streams: String = (0..6)
        .map(|number| row(number, "a").replace("\"t\"", &format!("\"t{number}\"")))
        .collect();
    let _failed = load_with(&snowflake, &settings, streams).expect_code(1);
    assert_eq!(snowflake.value("SELECT COUNT(*) FROM RUNS"), "1");
}

#[test]
fn requirement_21_columns_say_what_they_are() {
    let snowflake = snowflake();
    let _made = snowflake.query("CREATE TABLE T (ID NUMBER(38, 0) COMMENT 'own words', V VARCHAR)");
    let _done = load(&snowflake, row(1, "a"));
    let comments = || {
        let shown = snowflake.query("SHOW COLUMNS IN TABLE T");
        let texts = shown.into_iter().take(2).filter_map(|mut row| row.remove(8));
        texts.collect::<Vec<_>>().join(", ")
    };
    assert_eq!(comments(), "own words, what it says");
    let _done = load(&snowflake, row(2, "a"));
    assert_eq!(count(&snowflake, "COMMENT 'what it says'"), 1, "once is enough");

    let bare = self::snowflake();
    let _made = bare.query("CREATE TABLE T (ID NUMBER(38, 0), V VARCHAR)");
    let _done = load_with(&bare, &json!({ "comments": false }), row(1, "a")).expect_code(0);
    assert_eq!(count(&bare, "what it says"), 0);
}

#[test]
fn requirement_21_tables_of_iceberg_are_made_and_changed() {
    let snowflake = snowflake();
    let settings = json!({
        "iceberg_create": true, "iceberg_external_volume": "lake", "iceberg_base_location": "raw/{{schema}}/{{table}}",
        "type_changes": "cast",
    });
    let properties = |amount: Value| {
        json!({ "id": { "type": "integer" }, "doc": { "type": "object" }, "at": { "type": "string", "format": "date-time" },
            "day": { "type": "string", "format": "date" }, "hour": { "type": "string", "format": "time" }, "amount": amount })
    };
    let record = json!({ "id": 1, "doc": { "a": [1, "x"] }, "at": "2026-01-01T00:00:00.123456Z", "day": "2026-01-01",
        "hour": "01:02:03.5", "amount": 7 });
    let messages =
        |amount: Value, record: &Value| schema_line("t", &properties(amount), &["id"]) + &record_line("t", record);
    let _done = load_with(&snowflake, &settings, messages(json!({ "type": "integer" }), &record)).expect_code(0);
    let cents = json!({ "type": "number", "multipleOf": 0.01 });
    let _done = load_with(&snowflake, &settings, messages(cents.clone(), &record)).expect_code(0);
    assert_eq!(
        snowflake.value("SELECT DOC || '|' || AT || '|' || HOUR || '|' || AMOUNT FROM T"),
        "{\"a\":[1,\"x\"]}|2026-01-01 00:00:00.123456000|01:02:03|7.00"
    );
    assert!(requests(&snowflake).contains("BASE_LOCATION = 'raw/PUBLIC/T'"));
    let shown = snowflake.query("SHOW TABLES");
    assert!(
        shown.iter().flatten().flatten().any(|cell| cell == "Y"),
        "an Iceberg table"
    );

    let mut fine = record.clone();
    fine["at"] = json!("2026-01-01T00:00:00.1234567Z");
    let refused = load_with(&snowflake, &settings, messages(cents.clone(), &fine)).expect_code(4);
    refused.assert_last_words("target-snowflake", "datetime_error_treatment");
    // Also without the setting: the table is what it is.
    let more = json!({ "id": { "type": "integer" }, "more": { "type": "array" }, "then": { "type": "string", "format": "time" } });
    let more =
        schema_line("t", &more, &["id"]) + &record_line("t", &json!({ "id": 2, "more": [1], "then": "01:02:03" }));
    let _done = load(&snowflake, more);
    assert_eq!(snowflake.value("SELECT MORE FROM T WHERE ID = 2"), "[1]");
    let overwrite = json!({ "load_method": "overwrite" });
    let refused = load_with(&snowflake, &overwrite, messages(cents, &record)).expect_code(1);
    refused.assert_last_words("target-snowflake", "load_method");
}

#[test]
fn an_sql_type_in_the_schema_is_told_of_once() {
    let snowflake = snowflake();
    let properties = json!({ "id": { "type": "integer", "x-sql-datatype": "smallint" } });
    let schema = schema_line("t", &properties, &["id"]);
    let done = load(
        &snowflake,
        schema.clone() + &schema + &record_line("t", &json!({ "id": 1 })),
    );
    assert_eq!(done.stderr.matches("x-sql-datatype").count(), 1, "{}", done.stderr);
}
