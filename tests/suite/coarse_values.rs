//! Values finer, larger or other than their column: refused, kept or changed as the user says, never cut unseen.

use serde_json::{Value, json};
use test_support::local_snowflake::LocalSnowflake;
use test_support::messages::{record_line, schema_line};
use test_support::program_output::ProgramOutput;

use crate::programs::{load_with, snowflake};

fn date_time() -> Value {
    json!({ "type": ["null", "string"], "format": "date-time" })
}

fn load_value(snowflake: &LocalSnowflake, settings: &Value, schema: &Value, id: u32, value: &str) -> ProgramOutput {
    let properties = json!({ "id": { "type": "integer" }, "v": schema });
    let record = record_line("t", &json!({ "id": id, "v": value }));
    load_with(snowflake, settings, schema_line("t", &properties, &["id"]) + &record)
}

/// The values of V in order, NULL as `-`.
fn values(snowflake: &LocalSnowflake) -> String {
    let rows = snowflake.query("SELECT COALESCE(TO_VARCHAR(V), '-') FROM T ORDER BY ID");
    let cells: Vec<String> = rows.into_iter().filter_map(|mut row| row.remove(0)).collect();
    cells.join(" | ")
}

#[test]
fn requirement_08_what_is_finer_than_a_nanosecond_is_not_cut() {
    let snowflake = snowflake();
    let fine = "2026-01-01T00:00:00.1234567891Z";
    let refused = load_value(&snowflake, &json!({}), &date_time(), 1, fine).expect_code(4);
    refused.assert_last_words("target-snowflake", "datetime_error_treatment");
    let zeros = "2026-01-01T00:00:00.12345678900000Z";
    let _done = load_value(&snowflake, &json!({}), &date_time(), 1, zeros).expect_code(0);
    let null = json!({ "datetime_error_treatment": "null" });
    let _done = load_value(&snowflake, &null, &date_time(), 2, fine).expect_code(0);
    assert_eq!(values(&snowflake), "2026-01-01 00:00:00.123456789 | -");
}

#[test]
fn requirement_08_bad_dates_can_be_rejected_alone() {
    let snowflake = snowflake();
    let settings = json!({ "datetime_error_treatment": "reject" });
    let _done = load_value(&snowflake, &settings, &date_time(), 1, "20107-01-01T00:00:00Z").expect_code(0);
    assert_eq!(snowflake.value("SELECT COUNT(*) FROM T"), "0");
    assert_eq!(
        snowflake.value("SELECT TABLE_NAME || PARSE_JSON(RECORD):v FROM _SDC_REJECTED"),
        "T20107-01-01T00:00:00Z"
    );
    let number = json!({ "type": "integer" });
    let refused = load_value(&snowflake, &settings, &number, 1, "no number").expect_code(4);
    refused.assert_last_words("target-snowflake", "on_invalid_record");
}

/// Snowflake cuts digits that a TIMESTAMP(3) does not have.
#[test]
fn a_coarse_column_is_made_finer_or_refuses() {
    let made = |snowflake: &LocalSnowflake| {
        let _made = snowflake.query("CREATE OR REPLACE TABLE T (ID NUMBER(38, 0), V TIMESTAMP_NTZ(3))");
        let _made = snowflake.query("INSERT INTO T VALUES (1, '2026-01-01 00:00:00.123')");
    };
    let (snowflake, fine) = (snowflake(), "2026-01-01T00:00:00.123456Z");
    made(&snowflake);
    let _done = load_value(&snowflake, &json!({}), &date_time(), 2, fine).expect_code(0);
    let refined = "2026-01-01 00:00:00.123000000 | 2026-01-01 00:00:00.123456000";
    assert_eq!(values(&snowflake), refined);

    made(&snowflake);
    let keeps = json!({ "type_changes": "widen" });
    let refused = load_value(&snowflake, &keeps, &date_time(), 2, fine).expect_code(4);
    refused.assert_last_words("target-snowflake", "at most 3 digits");
    let _done = load_value(&snowflake, &keeps, &date_time(), 2, "2026-01-01T00:00:00.5Z").expect_code(0);
    assert_eq!(
        values(&snowflake),
        "2026-01-01 00:00:00.123000000 | 2026-01-01 00:00:00.500000000"
    );
}

/// Ended the run without a word before.
#[test]
fn a_date_time_or_any_text_is_what_the_user_wants() {
    let schema =
        json!({ "anyOf": [{ "type": "string", "format": "date-time" }, { "type": "string" }, { "type": "null" }] });
    let first = snowflake();
    let done = load_value(&first, &json!({}), &schema, 1, "2026-01-01T00:00:00Z").expect_code(0);
    assert!(done.stderr.contains("dates or any text"), "{}", done.stderr);
    let refused = load_value(&first, &json!({}), &schema, 2, "soon").expect_code(4);
    refused.assert_last_words("target-snowflake", "datetime_or_text");
    let reject = json!({ "on_invalid_record": "reject" });
    let _done = load_value(&first, &reject, &schema, 2, "soon").expect_code(0);
    assert_eq!(first.value("SELECT COUNT(*) FROM _SDC_REJECTED"), "1");
    assert_eq!(values(&first), "2026-01-01 00:00:00.000000000");

    let _dropped = first.query("DROP TABLE T");
    let text = json!({ "datetime_or_text": "text" });
    let _done = load_value(&first, &text, &schema, 1, "soon").expect_code(0);
    assert_eq!(values(&first), "soon");
}

/// The column was VARCHAR whatever `maximum_text_bytes` said, and COPY refused the row in every run.
#[test]
fn requirement_07_texts_of_more_than_16_megabytes_have_room() {
    let snowflake = snowflake();
    let text = json!({ "type": "string" });
    let _done = load_value(&snowflake, &json!({}), &text, 1, "short").expect_code(0);
    let long = "é".repeat(9_000_000);
    let refused = load_value(&snowflake, &json!({}), &text, 2, &long).expect_code(4);
    refused.assert_last_words("target-snowflake", "value_too_large");
    let settings = json!({ "maximum_text_bytes": 20_000_000 });
    let refused = load_value(
        &snowflake,
        &json!({ "maximum_text_bytes": 20_000_000, "type_changes": "fail" }),
        &text,
        2,
        &long,
    );
    let _refused = refused.expect_code(1);
    let _done = load_value(&snowflake, &settings, &text, 2, &long).expect_code(0);
    assert_eq!(snowflake.value("SELECT LENGTH(V) FROM T WHERE ID = 2"), "9000000");
    let shown = snowflake.query("SHOW COLUMNS LIKE 'V' IN TABLE T");
    assert!(shown.iter().flatten().flatten().any(|cell| cell.contains("134217728")));
}
