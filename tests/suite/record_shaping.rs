//! Which records are loaded, in which shape and under which names: validation, rejected records, flattening, stream maps,
//! VARIANT streams, identifiers and schema routing.

use serde_json::{Value, json};
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
fn requirement_18_rejected_records_lie_in_their_table_with_the_reason() {
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
    let settings = json!({ "on_invalid_record": "reject", "type_changes": "fail" });
    let output = load_with(&snowflake, &settings, people());
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

/// Loads a stream twice with each of these settings: the second run finds its table again.
#[track_caller]
fn lies_in(cases: &[(Value, &str, &str)]) {
    let snowflake = snowflake();
    let _created = snowflake.query("CREATE ROLE R");
    let mut log_in = snowflake.target_settings();
    let _schema = log_in
        .as_object_mut()
        .and_then(|all| all.remove("default_target_schema"));
    let stream = "shop-orderLines";
    let messages = schema_line(stream, &json!({ "orderId": { "type": "integer" } }), &["orderId"])
        + &record_line(stream, &json!({ "orderId": 1 }));
    for (settings, table, column) in cases {
        for _run in 0..2 {
            let run = target().config(&log_in).config(settings).stdin(messages.clone());
            let _output = run.run().expect_code(0);
        }
        let found = rows(&snowflake, &format!(r#"SELECT "{column}" FROM {table}"#));
        assert_eq!(found, ["1"], "{settings}");
        let _dropped = snowflake.query(&format!("DROP TABLE {table}"));
    }
}

#[test]
fn requirement_09_names_are_spelled_as_the_user_wants() {
    lies_in(&[
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
    ]);
}

#[test]
fn requirement_10_tables_lie_in_the_schema_and_under_the_name_that_settings_say() {
    let mapping = json!({ "shop": { "target_schema": "bought", "target_schema_select_permissions": ["R"] } });
    lies_in(&[
        (
            json!({ "use_raw_stream_names": true }),
            r#""SHOP"."SHOP_ORDERLINES""#,
            "ORDERID",
        ),
        (
            json!({ "table_prefix": "raw_", "table_suffix": "_v1" }),
            r#""SHOP"."RAW_ORDERLINES_V1""#,
            "ORDERID",
        ),
        (
            json!({ "schema_mapping": mapping }),
            r#""BOUGHT"."ORDERLINES""#,
            "ORDERID",
        ),
        (
            json!({ "schema_mapping": mapping, "default_target_schema": "all_of_it" }),
            r#""ALL_OF_IT"."ORDERLINES""#,
            "ORDERID",
        ),
    ]);
}

#[test]
fn two_streams_in_one_table_are_both_named() {
    let messages =
        schema_line("a-orders", &json!({ "id": {} }), &[]) + &schema_line("b-orders", &json!({ "id": {} }), &[]);
    let snowflake = snowflake();
    let output = load_with(&snowflake, &json!({ "default_target_schema": "s" }), messages).expect_code(4);
    output.assert_last_words("target-snowflake", r#"streams "a-orders" and "b-orders""#);
}

fn orders() -> String {
    let properties = json!({
        "id": { "type": "integer" },
        "buyer": { "type": ["null", "object"], "properties": {
            "mail": { "type": "string" },
            "address": { "type": "object", "properties": { "city": { "type": "string" }, "zip": { "type": "string" } } },
            "tags": { "type": "array", "items": { "type": "string" } },
        } },
    });
    let first = json!({ "id": 1, "buyer": {
        "mail": "a@b.c", "address": { "city": "Ghent", "zip": "9000" }, "tags": ["x", "y"] } });
    schema_line("orders", &properties, &["id"])
        + &record_line("orders", &first)
        + &record_line("orders", &json!({ "id": 2, "buyer": null }))
}

#[test]
fn nested_objects_become_columns_down_to_the_depth() {
    for (settings, city) in [
        (
            json!({ "flattening_enabled": true, "flattening_max_depth": 1 }),
            "BUYER__ADDRESS:city::VARCHAR",
        ),
        (
            json!({ "flattening_enabled": true, "flattening_max_depth": 9 }),
            "BUYER__ADDRESS__CITY",
        ),
        (json!({ "data_flattening_max_level": 2 }), "BUYER__ADDRESS__CITY"),
        (
            json!({ "flattening_enabled": true, "flattening_max_depth": 2, "flattening_separator": "_" }),
            "BUYER_ADDRESS_CITY",
        ),
    ] {
        let snowflake = snowflake();
        let _output = load_with(&snowflake, &settings, orders()).expect_code(0);
        let separator = if city.starts_with("BUYER__") { "__" } else { "_" };
        let sql = format!(
            "SELECT ID, BUYER{separator}MAIL, {city}, BUYER{separator}TAGS[1]::VARCHAR FROM ORDERS ORDER BY ID"
        );
        assert_eq!(rows(&snowflake, &sql), ["1|a@b.c|Ghent|y", "2|-|-|-"], "{settings}");
    }
}

#[test]
fn flattened_names_that_meet_are_refused_and_values_that_are_not_objects_rejected() {
    let snowflake = snowflake();
    let on = json!({ "flattening_enabled": true, "flattening_max_depth": 2, "on_invalid_record": "reject" });
    let nested = json!({ "type": "object", "properties": { "b": { "type": "integer" } } });
    let both = schema_line("t", &json!({ "a__b": { "type": "integer" }, "a": nested }), &[]);
    let output = load_with(&snowflake, &on, both).expect_code(4);
    output.assert_last_words("target-snowflake", r#""a__b" and "a.b" would both be "a__b""#);
    let messages = schema_line("u", &json!({ "id": { "type": "integer" }, "a": nested }), &["id"])
        + &record_line("u", &json!({ "id": 1, "a": "text" }))
        + &record_line("u", &json!({ "id": 2, "a": { "b": 5 } }));
    let _output = load_with(&snowflake, &on, messages).expect_code(0);
    assert_eq!(rows(&snowflake, "SELECT ID, A__B FROM U"), ["2|5"]);
    assert_eq!(
        rows(&snowflake, "SELECT REASON FROM _SDC_REJECTED"),
        [r#"line 2: key "a": flattening needs an object, found a string"#]
    );
    let place = json!({ "type": "object", "properties": { "city": { "type": "string" } } });
    let people = json!({ "type": "SCHEMA", "stream": "v", "key_properties": ["id"], "schema": {
        "definitions": { "place": place },
        "properties": {
            "id": { "type": "integer" },
            "home": { "anyOf": [{ "$ref": "#/definitions/place" }, { "type": "null" }] },
            "work": { "$ref": "#/definitions/place" },
        },
        "anyOf": [{ "required": ["home"] }, { "required": ["work"] }],
        "allOf": [{ "properties": { "id": { "minimum": 1 } } }],
    } });
    let messages = format!("{people}\n")
        + &record_line("v", &json!({ "id": 1, "home": { "city": "Ghent" } }))
        + &record_line("v", &json!({ "id": 2, "home": null, "work": { "city": "Gouda" } }))
        + &record_line("v", &json!({ "id": 0, "work": { "city": "Gouda" } }))
        + &record_line("v", &json!({ "id": 3, "work": { "city": 7 } }));
    let maps = json!({ "stream_maps": { "v": { "id": "id" } } });
    for settings in [json!({}), maps] {
        let _output = target()
            .config(&snowflake.target_settings())
            .config(&on)
            .config(&settings)
            .stdin(messages.clone())
            .run()
            .expect_code(0);
    }
    assert_eq!(
        rows(&snowflake, "SELECT ID, HOME__CITY, WORK__CITY FROM V ORDER BY ID"),
        ["0|-|Gouda", "1|Ghent|-", "2|-|Gouda"]
    );
    let rejected = "SELECT COUNT(*) FROM _SDC_REJECTED WHERE TABLE_NAME = 'V'";
    assert_eq!(
        rows(&snowflake, rejected),
        ["3"],
        "id 3 twice, id 0 once: a map makes the id anew, so no rule is left for it"
    );
}

#[test]
fn stream_maps_rename_drop_copy_hash_and_fill() {
    let snowflake = snowflake();
    let maps = json!({ "stream_maps": {
        "people": { "__alias__": "persons", "name": "md5(self)", "age": null, "years": "age", "origin": "'hr'", "weight": 1.5 },
        "people_again": { "__source__": "people", "__else__": null, "name": "name" },
        "secret*": null,
    } });
    let people = schema_line(
        "people",
        &json!({ "id": { "type": "integer" }, "name": { "type": "string" }, "age": { "type": "integer" } }),
        &["id"],
    ) + &record_line("people", &json!({ "id": 1, "name": "a@b.c", "age": 41 }))
        + &schema_line("secrets", &json!({ "id": {} }), &[])
        + &record_line("secrets", &json!({ "id": 1 }))
        + &state_line(&json!({ "done": true }));
    let output = load_with(&snowflake, &maps, people).expect_code(0);
    assert_eq!(output.last_state(), Some(json!({ "done": true })));
    assert_eq!(
        rows(&snowflake, "SELECT ID, NAME, YEARS, ORIGIN, WEIGHT FROM PERSONS"),
        ["1|5d60d4e28066df254d5452f92c910092|41|hr|1.5"]
    );
    assert_eq!(rows(&snowflake, "SELECT ID, NAME FROM PEOPLE_AGAIN"), ["1|a@b.c"]);
    for missing in [
        "SELECT AGE FROM PERSONS",
        "SELECT 1 FROM SECRETS",
        "SELECT 1 FROM PEOPLE",
    ] {
        assert!(snowflake.try_query(missing).is_err(), "{missing}");
    }
}

#[test]
fn what_needs_an_expression_language_is_refused_at_the_start() {
    let snowflake = snowflake();
    let maps = json!({ "stream_maps": { "people": { "full": "first + ' ' + last", "__filter__": "age > 17" } } });
    let output = load_with(&snowflake, &maps, people()).expect_code(2);
    for words in ["`people`, `full`", "`people`, `__filter__`", "meltano-map-transformer"] {
        output.assert_last_words("target-snowflake", words);
    }
}

#[test]
fn a_stream_without_a_schema_is_loaded_whole() {
    let snowflake = snowflake();
    let messages = "{\"type\":\"SCHEMA\",\"stream\":\"events\",\"schema\":{},\"key_properties\":[\"id\"]}\n".to_owned()
        + &record_line(
            "events",
            &json!({ "id": "e1", "payload": { "deep": [1, { "x": "y" }] } }),
        )
        + &record_line("events", &json!({ "id": "e1", "payload": { "deep": [2] } }))
        + &schema_line("plain", &json!({ "v": { "type": "integer" } }), &[])
        + &record_line("plain", &json!({ "v": 3 }));
    let settings = json!({ "load_as_variant": ["ev*"] });
    let _output = load_with(&snowflake, &settings, messages).expect_code(0);
    let sql = "SELECT ID, RECORD:payload.deep[0]::NUMBER, _SDC_RECEIVED_AT IS NOT NULL FROM EVENTS";
    assert_eq!(rows(&snowflake, sql), ["e1|2|1"]);
    assert_eq!(rows(&snowflake, "SELECT V FROM PLAIN"), ["3"]);
}

#[test]
fn uuids_keep_their_dashes_unless_the_table_has_none() {
    let uuid = "7b5d2f0e-8f8e-4d0a-9d2e-0a1b2c3d4e5f";
    let messages = || {
        schema_line("t", &json!({ "id": { "type": "string", "format": "uuid" } }), &["id"])
            + &record_line("t", &json!({ "id": uuid }))
    };
    let snowflake = snowflake();
    let _output = load_with(&snowflake, &json!({}), messages()).expect_code(0);
    assert_eq!(rows(&snowflake, "SELECT ID FROM T"), [uuid]);
    let native = json!({ "uuid_format": "native", "table_suffix": "_native" });
    let _output = load_with(&snowflake, &native, messages()).expect_code(0);
    assert_eq!(rows(&snowflake, "SELECT ID FROM T_NATIVE"), [uuid.replace('-', "")]);
}
