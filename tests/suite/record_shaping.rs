//! Which records are loaded, in which shape and under which names: validation, rejected records, flattening, stream maps,
//! VARIANT streams, identifiers and schema routing.

use serde_json::json;
use test_support::local_snowflake::LocalSnowflake;
use test_support::messages::{record_line, schema_line, state_line};

use crate::programs::{load_with, snowflake, target};

/// Rows of a query, cells joined with `|`, NULL as `-`.
fn rows(snowflake: &LocalSnowflake, sql: &str) -> Vec<String> {
    let cell = |cell: Option<String>| cell.unwrap_or_else(|| "-".to_owned());
    let rows = snowflake.query(sql).into_iter();
    rows.map(|row| row.into_iter().map(cell).collect::<Vec<_>>().join("|"))
        .collect()
}

fn people() -> String {
    let properties = json!({
        "id": { "type": "integer" },
        "name": { "type": ["null", "string"], "maxLength": 5 },
        "age": { "type": ["null", "integer"], "minimum": 0 },
    });
    schema_line("people", &properties, &["id"])
        + &record_line("people", &json!({ "id": 1, "name": "Ann", "age": 30 }))
        + &record_line("people", &json!({ "id": 2, "name": "too long", "age": 31 }))
        + &record_line("people", &json!({ "id": 3, "name": "Bob", "age": -1 }))
        + &record_line("people", &json!({ "id": 4, "name": "Cy", "age": "32" }))
        + &record_line("people", &json!({ "id": 5, "name": null }))
        + &state_line(&json!({ "seen": 5 }))
}

#[test]
fn an_invalid_record_ends_the_run_with_its_line_and_key() {
    let snowflake = snowflake();
    let output = load_with(&snowflake, &json!({}), people()).expect_code(4);
    output.assert_last_words("target-snowflake", "line 3");
    output.assert_last_words("target-snowflake", "\"name\"");
    output.assert_hides(&["too long"]);
    assert_eq!(
        output.stdout_lines().len(),
        0,
        "no STATE passes a record that is not loaded"
    );
    assert_eq!(rows(&snowflake, "SELECT ID FROM PEOPLE"), ["1"]);
}

#[test]
fn rejected_records_lie_in_their_table_with_the_reason() {
    let snowflake = snowflake();
    let settings = json!({ "on_invalid_record": "reject" });
    let output = load_with(&snowflake, &settings, people()).expect_code(0);
    output.assert_hides(&["too long"]);
    assert_eq!(output.last_state(), Some(json!({ "seen": 5 })));
    assert_eq!(
        rows(&snowflake, "SELECT ID, NAME, AGE FROM PEOPLE ORDER BY ID"),
        ["1|Ann|30", "5|-|-"]
    );
    let rejected = rows(
        &snowflake,
        "SELECT TABLE_NAME, REASON, PARSE_JSON(RECORD):id::NUMBER FROM _SDC_REJECTED \
         WHERE _SDC_REJECTED_AT > '2020-01-01' ORDER BY 3",
    );
    let expected = [
        r#"PEOPLE|line 3: key "name" breaks "maxLength" of the schema|2"#,
        r#"PEOPLE|line 4: key "age" breaks "minimum" of the schema|3"#,
        r#"PEOPLE|line 5: key "age": the schema says integer or null, found a string|4"#,
    ];
    assert_eq!(rejected, expected);
}

/// STATE waits for the rejected rows as for all others: when their table cannot be loaded, it does not come out.
#[test]
fn no_state_passes_a_rejected_record_that_is_not_in_its_table() {
    let snowflake = snowflake();
    let _created = snowflake.query("CREATE TABLE _SDC_REJECTED (REASON NUMBER(38, 0))");
    let output = load_with(&snowflake, &json!({ "on_invalid_record": "reject" }), people());
    assert_ne!(output.code, Some(0));
    assert_eq!(output.stdout_lines().len(), 0);
}

#[test]
fn skipped_records_are_counted_and_a_threshold_ends_the_run() {
    let snowflake = snowflake();
    let output = load_with(&snowflake, &json!({ "on_invalid_record": "skip" }), people()).expect_code(0);
    assert_eq!(rows(&snowflake, "SELECT ID FROM PEOPLE ORDER BY ID"), ["1", "5"]);
    assert!(output.stderr.contains("3 invalid records"));
    assert!(snowflake.try_query("SELECT * FROM _SDC_REJECTED").is_err());
    let output = load_with(&snowflake, &json!({ "invalid_records_threshold": 2 }), people()).expect_code(4);
    output.assert_last_words("target-snowflake", "invalid_records_threshold");
    assert_eq!(rows(&snowflake, "SELECT COUNT(*) FROM _SDC_REJECTED"), ["2"]);
}

#[test]
fn without_validation_only_what_columns_cannot_hold_is_refused() {
    let snowflake = snowflake();
    let settings = json!({ "validate_records": false, "on_invalid_record": "reject" });
    let messages = people() + &record_line("people", &json!({ "id": 6, "age": [] }));
    let _output = load_with(&snowflake, &settings, messages).expect_code(0);
    assert_eq!(
        rows(&snowflake, "SELECT ID FROM PEOPLE ORDER BY ID"),
        ["1", "2", "3", "4", "5"]
    );
    assert_eq!(rows(&snowflake, "SELECT COUNT(*) FROM _SDC_REJECTED"), ["1"]);
}

#[test]
fn values_too_large_are_refused_rejected_or_cut_but_never_silently() {
    let snowflake = snowflake();
    let messages = || {
        schema_line(
            "t",
            &json!({ "id": { "type": "integer" }, "v": { "type": "string" } }),
            &["id"],
        ) + &record_line("t", &json!({ "id": 1, "v": "é".repeat(600) }))
            + &record_line("t", &json!({ "id": 2, "v": "short" }))
    };
    let limited = |policy: &str| json!({ "maximum_text_bytes": 1001, "value_too_large": policy });
    let output = load_with(&snowflake, &json!({ "maximum_text_bytes": 1001 }), messages()).expect_code(4);
    output.assert_last_words("target-snowflake", "1200 bytes");
    let _output = load_with(&snowflake, &limited("reject"), messages()).expect_code(0);
    assert_eq!(rows(&snowflake, "SELECT ID FROM T"), ["2"]);
    assert_eq!(rows(&snowflake, "SELECT TABLE_NAME FROM _SDC_REJECTED"), ["T"]);
    let output = load_with(&snowflake, &limited("truncate"), messages()).expect_code(0);
    assert!(output.stderr.contains("were cut"));
    assert_eq!(rows(&snowflake, "SELECT LENGTH(V) FROM T ORDER BY ID"), ["500", "5"]);
}

#[test]
fn names_are_spelled_as_the_user_wants() {
    let messages = || {
        schema_line(
            "shop-orderLines",
            &json!({ "orderId": { "type": "integer" } }),
            &["orderId"],
        ) + &record_line("shop-orderLines", &json!({ "orderId": 1 }))
    };
    for (settings, table, column) in [
        (json!({}), r#""SHOP"."ORDERLINES""#, "ORDERID"),
        (
            json!({ "identifier_case": "lower" }),
            r#""SHOP"."orderlines""#,
            "orderid",
        ),
        (
            json!({ "identifier_case": "preserve" }),
            r#""shop"."orderLines""#,
            "orderId",
        ),
        (
            json!({ "normalise_casing": true }),
            r#""SHOP"."ORDER_LINES""#,
            "ORDER_ID",
        ),
        (
            json!({ "use_raw_stream_names": true }),
            r#""SHOP"."SHOP_ORDERLINES""#,
            "ORDERID",
        ),
        (
            json!({ "table_prefix": "raw_" }),
            r#""SHOP"."RAW_ORDERLINES""#,
            "ORDERID",
        ),
        (
            json!({ "schema_mapping": { "shop": { "target_schema": "bought", "target_schema_select_permissions": ["R"] } } }),
            r#""BOUGHT"."ORDERLINES""#,
            "ORDERID",
        ),
        (
            json!({ "default_target_schema": "all_of_it" }),
            r#""ALL_OF_IT"."ORDERLINES""#,
            "ORDERID",
        ),
    ] {
        let snowflake = snowflake();
        let mut log_in = snowflake.target_settings();
        let _schema = log_in
            .as_object_mut()
            .and_then(|all| all.remove("default_target_schema"));
        // Twice: the second run finds its table again.
        for _run in 0..2 {
            let run = target().config(&log_in).config(&settings).stdin(messages());
            let _output = run.run().expect_code(0);
        }
        let found = rows(&snowflake, &format!(r#"SELECT "{column}" FROM {table}"#));
        assert_eq!(found, ["1"], "{settings}");
    }
}

#[test]
fn two_streams_in_one_table_are_both_named() {
    let messages =
        schema_line("a-orders", &json!({ "id": {} }), &[]) + &schema_line("b-orders", &json!({ "id": {} }), &[]);
    let snowflake = snowflake();
    let output = load_with(&snowflake, &json!({ "default_target_schema": "s" }), messages).expect_code(4);
    output.assert_last_words("target-snowflake", r#"streams "a-orders" and "b-orders""#);
}
