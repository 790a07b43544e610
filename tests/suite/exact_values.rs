//! What went in as JSON comes back through Snowflake's official connector, to the last character.

use serde_json::{Value, json};
use test_support::messages::{raw_record_line, record_line, schema_line};
use test_support::python_connector::run_with_connector;

use crate::programs::{load, load_with, snowflake};

/// Fetches one column in the order of ID, each value as Python's `repr` shows it.
fn column(port: u16, table: &str, column: &str) -> Vec<String> {
    let script = format!(
        "rows = connection.cursor().execute('SELECT \"{column}\" FROM \"{table}\" ORDER BY ID').fetchall()\n\
         print(json.dumps([repr(row[0]) if not isinstance(row[0], str) else row[0] for row in rows]))"
    );
    let fetched = run_with_connector(port, &script).expect("the official connector reads the table");
    serde_json::from_value(fetched).expect("a list of texts")
}

/// Loads one property's values, given as raw JSON, and reads them back.
fn round_trip(property: &Value, values: &[&str]) -> Vec<String> {
    let snowflake = snowflake();
    let mut messages = schema_line("t", &json!({ "id": { "type": "integer" }, "v": property }), &["id"]);
    for (id, value) in values.iter().enumerate() {
        messages += &raw_record_line("t", &format!(r#"{{"id":{id},"v":{value}}}"#));
    }
    let _done = load(&snowflake, messages);
    column(snowflake.port(), "T", "V")
}

#[test]
fn requirement_07_strings_keep_every_character() {
    let texts = [
        "",
        " ",
        "\\N",
        "NULL",
        "null",
        "a,b",
        "\"quoted\"",
        "\"\"",
        "back\\slash\\",
        "line\nbreak\r\nand\ttab",
        "nul \0 inside",
        "emoji 🏮 and 漢字 and e\u{301}",
        "\u{feff}byte order mark",
        "'single' and $$ and ; -- and /* */",
        "trailing space ",
        "\u{1}\u{7f}\u{85}\u{2028}",
    ];
    let raw: Vec<String> = texts.iter().map(|text| json!(text).to_string()).collect();
    let raw: Vec<&str> = raw.iter().map(String::as_str).collect();
    assert_eq!(round_trip(&json!({ "type": "string" }), &raw), texts);
}

#[test]
fn requirement_07_an_empty_string_is_not_null() {
    let got = round_trip(&json!({ "type": ["null", "string"] }), &[r#""""#, "null", r#""\\N""#]);
    assert_eq!(got, ["", "None", "\\N"]);
}

#[test]
fn requirement_06_integers_keep_38_digits() {
    let values = [
        "99999999999999999999999999999999999999",
        "-99999999999999999999999999999999999999",
        "0",
        "9007199254740993",
    ];
    assert_eq!(round_trip(&json!({ "type": "integer" }), &values), values);
}

#[test]
fn requirement_06_decimals_keep_every_digit_their_schema_promises() {
    let values = ["123456789012345678901234567890.12345678", "-0.00000001", "1.10000000"];
    let got = round_trip(&json!({ "type": "number", "multipleOf": 0.000_000_01 }), &values);
    let expected = [
        "Decimal('123456789012345678901234567890.12345678')",
        "Decimal('-1E-8')",
        "Decimal('1.10000000')",
    ];
    assert_eq!(got, expected);
}

#[test]
fn deep_json_keeps_its_shape_and_its_numbers() {
    let deep = format!("{}1.10{}", "{\"a\":[".repeat(60), "]}".repeat(60));
    let values = [
        r#"{"k":"\"q\" \\ \n 🏮","n":12345678901234567890123456789012345678,"e":{},"l":[null,true,""]}"#,
        &deep,
        "null",
    ];
    let got = round_trip(&json!({ "type": ["null", "object"] }), &values);
    let parsed: Value = serde_json::from_str(got.first().expect("a row")).expect("a JSON text");
    assert_eq!(parsed.get("k"), Some(&json!("\"q\" \\ \n 🏮")));
    assert_eq!(parsed.get("l"), Some(&json!([null, true, ""])));
    assert!(
        got.first()
            .is_some_and(|text| text.contains("12345678901234567890123456789012345678"))
    );
    assert_eq!(got.get(1).map(|text| text.matches("\"a\"").count()), Some(60));
    assert_eq!(got.get(2).map(String::as_str), Some("None"));
}

/// Snowflake makes doubles of them: digits went and `1e400` came back as infinity.
#[test]
fn numbers_that_variant_would_round_keep_their_digits_in_a_string() {
    let long = "1234567890123456789012345678901234567890123";
    let document = format!(r#"{{"n":{long},"x":1e400,"p":1.2345678901234567890e5,"q":1.50,"d":2.5e-7}}"#);
    let schema = json!({ "type": ["object", "number"] });
    let expected =
        format!(r#"{{"d":2.500000000000000e-07,"n":"{long}","p":123456.7890123456789,"q":1.5,"x":"1e400"}}"#);
    let compact = |text: &String| text.replace([' ', '\n'], "");
    let got = round_trip(&schema, &[&document, "1e400"]);
    assert_eq!(
        got.iter().map(compact).collect::<Vec<_>>(),
        [expected, "\"1e400\"".to_owned()]
    );

    let snowflake = snowflake();
    let message = schema_line("t", &json!({ "id": { "type": "integer" }, "v": schema }), &["id"])
        + &raw_record_line("t", &format!(r#"{{"id":1,"v":{document}}}"#));
    let refused = load_with(&snowflake, &json!({ "variant_numbers": "refuse" }), message.clone()).expect_code(4);
    refused.assert_last_words("target-snowflake", "variant_numbers");
    let rounded = load_with(
        &snowflake,
        &json!({ "variant_numbers": "round" }),
        message.replace("1e400", "1e39"),
    );
    let rounded = rounded.expect_code(0);
    assert!(rounded.stderr.contains("more digits than a double keeps"));
}

#[test]
fn requirement_08_times_are_exact_from_year_1_to_9999() {
    let values = [
        r#""1862-11-05T06:07:08.000009Z""#,
        r#""1582-10-04T23:59:59Z""#,
        r#""0001-01-01T00:00:00Z""#,
        r#""9999-12-31T23:59:59.999999Z""#,
        r#""2026-03-04T11:20:31.004217+05:30""#,
        r#""2026-03-04 11:20:31""#,
    ];
    let got = round_trip(&json!({ "type": "string", "format": "date-time" }), &values);
    let expected = [
        "datetime.datetime(1862, 11, 5, 6, 7, 8, 9)",
        "datetime.datetime(1582, 10, 4, 23, 59, 59)",
        "datetime.datetime(1, 1, 1, 0, 0)",
        "datetime.datetime(9999, 12, 31, 23, 59, 59, 999999)",
        "datetime.datetime(2026, 3, 4, 5, 50, 31, 4217)",
        "datetime.datetime(2026, 3, 4, 11, 20, 31)",
    ];
    assert_eq!(got, expected);
    let dates = round_trip(
        &json!({ "type": "string", "format": "date" }),
        &[r#""1899-12-31""#, r#""9999-12-31""#],
    );
    assert_eq!(dates, ["datetime.date(1899, 12, 31)", "datetime.date(9999, 12, 31)"]);
}

/// The documented policy for years that Snowflake cannot hold.
#[test]
fn requirement_08_a_year_after_9999_is_refused_replaced_or_null_as_the_setting_says() {
    let messages = || {
        schema_line(
            "t",
            &json!({ "id": { "type": "integer" }, "v": { "type": ["null", "string"], "format": "date-time" } }),
            &["id"],
        ) + &record_line("t", &json!({ "id": 1, "v": "20107-01-01T00:00:00Z" }))
    };
    let snowflake = snowflake();
    let refused = load_with(&snowflake, &json!({}), messages());
    assert_ne!(refused.code, Some(0));
    refused.assert_last_words("target-snowflake", "datetime_error_treatment");
    for (treatment, expected) in [
        ("max", "datetime.datetime(9999, 12, 31, 23, 59, 59, 999999)"),
        ("null", "None"),
    ] {
        let _done = load_with(
            &snowflake,
            &json!({ "datetime_error_treatment": treatment }),
            messages(),
        )
        .expect_code(0);
        assert_eq!(column(snowflake.port(), "T", "V"), [expected]);
    }
}
