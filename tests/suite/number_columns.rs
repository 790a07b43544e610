//! Which columns numbers get and keep: exact ones where the schema says so, and no more text than needed when it changes.

use serde_json::{Value, json};
use test_support::local_snowflake::LocalSnowflake;
use test_support::messages::{raw_record_line, schema_line};

use crate::programs::{load_with, snowflake};

/// Loads one value of `v` into the row `id` and expects that to end with `code`.
#[track_caller]
fn load_value(snowflake: &LocalSnowflake, settings: &Value, schema: &Value, id: u32, value: &str, code: i32) {
    let properties = json!({ "id": { "type": "integer" }, "v": schema });
    let record = raw_record_line("t", &format!("{{\"id\":{id},\"v\":{value}}}"));
    let _done = load_with(snowflake, settings, schema_line("t", &properties, &["id"]) + &record).expect_code(code);
}

fn run(snowflake: &LocalSnowflake, schema: &Value, id: u32, value: &str) {
    load_value(snowflake, &json!({}), schema, id, value, 0);
}

/// The type of V as SHOW COLUMNS names it, and its values in order.
fn column(snowflake: &LocalSnowflake) -> String {
    let shown = snowflake.query("SHOW COLUMNS LIKE 'V' IN TABLE T");
    let described = shown.first().and_then(|row| row.get(3)?.clone()).expect("a column V");
    let described: Value = serde_json::from_str(&described).expect("a type in JSON");
    let values = snowflake.query("SELECT V FROM T ORDER BY ID");
    let values: Vec<String> = values.into_iter().filter_map(|mut row| row.remove(0)).collect();
    let kind = described.get("type").and_then(Value::as_str).unwrap_or_default();
    let scale = described
        .get("scale")
        .map_or_else(String::new, |scale| format!(" {scale}"));
    format!("{kind}{scale}: {}", values.join(" "))
}

fn cents() -> Value {
    json!({ "type": "number", "multipleOf": 0.01 })
}

/// It became VARCHAR, whatever it held.
#[test]
fn an_integer_column_becomes_float_when_that_loses_nothing() {
    let (integer, number) = (json!({ "type": "integer" }), json!({ "type": "number" }));
    let first = snowflake();
    run(&first, &integer, 1, "123456789012345");
    run(&first, &number, 2, "0.5");
    assert_eq!(column(&first), "REAL: 123456789012345 0.5");
    run(&first, &integer, 3, "7");
    assert_eq!(
        column(&first),
        "REAL: 123456789012345 0.5 7",
        "fractions among integers stay"
    );

    let _dropped = first.query("DROP TABLE T");
    run(&first, &integer, 1, "12345678901234567890");
    run(&first, &number, 2, "0.5");
    assert_eq!(column(&first), "TEXT: 12345678901234567890 0.5");
}

/// It became VARCHAR, because 38 digits and two more are forty.
#[test]
fn an_integer_column_becomes_decimal_when_its_values_leave_room() {
    let first = snowflake();
    run(
        &first,
        &json!({ "type": "integer" }),
        1,
        "123456789012345678901234567890123456",
    );
    run(&first, &cents(), 2, "0.25");
    assert_eq!(column(&first), "FIXED 2: 123456789012345678901234567890123456.00 0.25");

    let _dropped = first.query("DROP TABLE T");
    run(
        &first,
        &json!({ "type": "integer" }),
        1,
        "12345678901234567890123456789012345678",
    );
    run(&first, &cents(), 2, "0.25");
    assert_eq!(column(&first), "TEXT: 12345678901234567890123456789012345678 0.25");

    // Whole digits that a schema promises have no room beside a long fraction; the record was refused.
    let _dropped = first.query("DROP TABLE T");
    let decimal = |digits: &str| json!({ "type": "string", "format": format!("decimal({digits})") });
    run(&first, &decimal("38,30"), 1, "\"12345678.125\"");
    run(&first, &decimal("20,4"), 2, "\"1234567890123456.25\"");
    assert_eq!(column(&first), "TEXT: 12345678.125 1234567890123456.25");
}

/// MeltanoLabs' target makes DOUBLE of every number; digits beyond fifteen were lost in it, with one warning.
#[test]
fn a_float_column_becomes_exact_when_the_schema_is() {
    let snowflake = snowflake();
    let _made = snowflake.query("CREATE TABLE T (ID NUMBER(38, 0), V DOUBLE COMMENT 'net')");
    let _made = snowflake.query("INSERT INTO T VALUES (1, 12.34), (2, NULL)");
    run(&snowflake, &cents(), 3, "12345678901234567890.12");
    assert_eq!(column(&snowflake), "FIXED 2: 12.34 12345678901234567890.12");
    let comment = snowflake.query("SHOW COLUMNS LIKE 'V' IN TABLE T").remove(0).remove(8);
    assert_eq!(comment.as_deref(), Some("net"), "what the column says of itself stays");

    // As it is under every policy that does not change types.
    let _made = snowflake.query("CREATE OR REPLACE TABLE T (ID NUMBER(38, 0), V DOUBLE)");
    for policy in ["widen", "version", "split", "fail"] {
        load_value(&snowflake, &json!({ "type_changes": policy }), &cents(), 1, "12.34", 0);
        assert_eq!(column(&snowflake), "REAL: 12.34", "{policy}");
    }
    let _made = snowflake.query("INSERT INTO T (ID, V) VALUES (2, 0.333)");
    run(&snowflake, &cents(), 3, "0.5");
    assert_eq!(column(&snowflake), "TEXT: 12.34 0.333 0.5");
}

#[test]
fn requirement_06_numbers_of_more_than_38_digits_are_text_when_the_schema_allows_them() {
    let (snowflake, digits) = (snowflake(), "1234567890123456789012345678901234567890");
    for schema in [
        json!({ "type": "integer", "maximum": 1e50 }),
        json!({ "type": "number", "format": "singer.decimal" }),
        json!({ "type": "number", "format": "x-singer.decimal", "precision": 50, "scale": 2 }),
        json!({ "type": "number", "multipleOf": 1e-38, "maximum": 1e62 }),
    ] {
        run(&snowflake, &schema, 1, digits);
        assert_eq!(column(&snowflake), format!("TEXT: {digits}"), "{schema}");
        let _dropped = snowflake.query("DROP TABLE T");
    }
    load_value(&snowflake, &json!({}), &json!({ "type": "integer" }), 1, digits, 4);
    let reject = json!({ "on_invalid_record": "reject" });
    load_value(&snowflake, &reject, &json!({ "type": "integer" }), 1, digits, 0);
    assert_eq!(snowflake.value("SELECT COUNT(*) FROM _SDC_REJECTED"), "1");
}

/// "number out of range" ended the run.
#[test]
fn a_bound_beyond_every_double_is_a_bound() {
    let snowflake = snowflake();
    let messages =
        "{\"type\":\"SCHEMA\",\"stream\":\"t\",\"key_properties\":[\"id\"],\"schema\":{\"properties\":{\"id\":\
        {\"type\":\"integer\"},\"v\":{\"type\":\"number\",\"maximum\":1e400,\"minimum\":-1e400}}}}\n"
            .to_owned()
            + &raw_record_line("t", "{\"id\":1,\"v\":2.5}");
    let _done = load_with(&snowflake, &json!({}), messages).expect_code(0);
    assert_eq!(column(&snowflake), "REAL: 2.5");
}

#[test]
fn requirement_06_numbers_have_the_type_that_the_user_wants() {
    let number = json!({ "type": "number" });
    let snowflake = snowflake();
    let settings = json!({ "number_type": "number", "number_scale": 4 });
    load_value(
        &snowflake,
        &settings,
        &number,
        1,
        "1234567890123456789012345678901234.5678",
        0,
    );
    load_value(&snowflake, &settings, &number, 2, "0.00001", 4);
    assert_eq!(column(&snowflake), "FIXED 4: 1234567890123456789012345678901234.5678");

    let _dropped = snowflake.query("DROP TABLE T");
    let settings = json!({ "number_type": "decfloat" });
    let digits = "1.2345678901234567890123456789012345678";
    load_value(&snowflake, &settings, &number, 1, &format!("{digits}e-200"), 0);
    load_value(&snowflake, &settings, &number, 2, "1.50", 0);
    load_value(&snowflake, &settings, &number, 3, &format!("{digits}9"), 4);
    load_value(&snowflake, &settings, &number, 4, "1e20000", 4);
    assert_eq!(column(&snowflake), format!("DECFLOAT: {digits}e-200 1.5"));

    // A column that is FLOAT already goes along.
    let _dropped = snowflake.query("DROP TABLE T");
    run(&snowflake, &number, 1, "0.1");
    load_value(&snowflake, &settings, &number, 2, digits, 0);
    assert_eq!(column(&snowflake), format!("DECFLOAT: 0.1 {digits}"));
}

/// An integer that the column of doubles would round was loaded with a warning, although the schema says integer.
#[test]
fn requirement_07_a_float_column_refuses_integers_and_decimals_that_it_would_round() {
    let snowflake = snowflake();
    run(&snowflake, &json!({ "type": "number" }), 1, "0.5");
    let (integer, widen) = (json!({ "type": "integer" }), json!({ "type_changes": "widen" }));
    run(&snowflake, &integer, 2, "9007199254740992");
    for refused in ["12345678901234567890", "9007199254740993", "1234567890123456800"] {
        load_value(&snowflake, &json!({}), &integer, 3, refused, 4);
    }
    run(&snowflake, &integer, 3, "1152921504606846976");
    load_value(&snowflake, &widen, &cents(), 4, "0.01", 0);
    load_value(&snowflake, &widen, &cents(), 5, "12345678901234567890.01", 4);
    assert_eq!(
        column(&snowflake),
        "REAL: 0.5 9007199254740992.0 1.152921504606847e+18 0.01"
    );
}
