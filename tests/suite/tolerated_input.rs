//! What real taps and configurations of other targets send, although no document allows it: all of it is understood.

use serde_json::{Value, json};
use test_support::local_snowflake::LocalSnowflake;
use test_support::messages::{activate_version_line, raw_record_line, record_line, schema_line, state_line};

use crate::programs::{load, snowflake, target};

fn raw_schema_line(stream: &str, schema: &Value, key_properties: &Value) -> String {
    let message = json!({ "type": "SCHEMA", "stream": stream, "schema": schema, "key_properties": key_properties });
    format!("{message}\n")
}

/// `NAME TYPE` of every column that a property has made.
fn columns(snowflake: &LocalSnowflake, table: &str) -> Vec<String> {
    let columns = snowflake.query(&format!("DESC TABLE {table}")).into_iter();
    let cell = |cell: Option<&Option<String>>| cell.cloned().flatten().unwrap_or_default();
    let columns = columns.map(|row| format!("{} {}", cell(row.first()), cell(row.get(1))));
    columns.filter(|column| !column.starts_with("_SDC_")).collect()
}

fn rows(snowflake: &LocalSnowflake, sql: &str) -> Vec<String> {
    let cell = |cell: Option<String>| cell.unwrap_or_else(|| "-".to_owned());
    let rows = snowflake.query(sql).into_iter();
    rows.map(|row| row.into_iter().map(cell).collect::<Vec<_>>().join("|"))
        .collect()
}

#[test]
fn requirement_23_odd_schemas_make_tables_that_hold_everything() {
    let person = json!({ "$ref": "#/definitions/person" });
    let definitions = json!({ "person": { "type": "object", "properties": { "friend": person } } });
    let properties = json!({
        "anything": {},
        "nothing": { "type": "null" },
        "odd": { "type": "date-time" },
        "twice": { "type": ["string", "integer", "null"] },
        "person": person,
        "any": { "anyOf": [{ "type": "null" }, { "type": "integer" }] },
        "one": { "oneOf": [{ "type": "string" }, { "type": "array" }] },
        "all": { "allOf": [{ "type": "string", "format": "date" }, { "maxLength": 10 }] },
    });
    let record = r#"{"anything":[1.50],"nothing":null,"odd":"x","twice":7,"person":{"friend":{"friend":{}}},"any":8,
        "one":["é"],"all":"2026-02-03"}"#
        .replace('\n', "");
    let snowflake = snowflake();
    for (stream, kind) in [
        ("typed", json!("object")),
        ("odd", json!("date-time")),
        ("bare", Value::Null),
    ] {
        let mut schema = json!({ "type": kind, "definitions": definitions, "properties": properties });
        if let (Value::Null, Some(schema)) = (kind, schema.as_object_mut()) {
            let _no_type = schema.remove("type");
        }
        let _done = load(
            &snowflake,
            raw_schema_line(stream, &schema, &json!([])) + &raw_record_line(stream, &record),
        );
        let found = columns(&snowflake, stream);
        let expected = [
            "ANYTHING VARCHAR(16777216)",
            "NOTHING VARCHAR(16777216)",
            "ODD VARCHAR(16777216)",
            "TWICE VARCHAR(16777216)",
            "PERSON VARIANT",
            "ANY NUMBER(38,0)",
            "ONE VARIANT",
            "ALL DATE",
        ];
        assert_eq!(found, expected, "{stream}");
        let sql = format!(
            "SELECT ANYTHING, NOTHING, ODD, TWICE, TO_JSON(PERSON), \"ANY\", TO_JSON(ONE), \"ALL\"::VARCHAR FROM {stream}"
        );
        let expected = r#"[1.50]|-|x|7|{"friend":{"friend":{}}}|8|["é"]|2026-02-03"#;
        assert_eq!(rows(&snowflake, &sql), [expected], "{stream}");
    }
}

#[test]
fn requirement_23_odd_messages_are_understood() {
    let snowflake = snowflake();
    let properties = json!({ "Id": { "type": "integer" }, "v": { "type": "string" } });
    let schema = json!({ "properties": properties });
    let mut messages = activate_version_line("later", 5) + "\n  \t\n";
    for (stream, keys) in [
        ("later", json!("Id")),
        ("other_case", json!(["ID"])),
        ("none", Value::Null),
    ] {
        messages += &raw_schema_line(stream, &schema, &keys);
        for value in ["a", "b"] {
            messages += &record_line(stream, &json!({ "Id": 1, "v": value, "not in the schema": 1 }));
        }
    }
    messages += "{\"type\":\"SCHEMA\",\"stream\":\"absent\",\"schema\":{\"properties\":{\"v\":{}}},\"bookmark_properties\":[\"lsn\"]}\n";
    messages += "{\"record\":{\"v\":\"first\",\"v\":\"last\"},\"stream\":\"absent\",\"type\":\"record\"}\r\n";
    messages += "{\"type\":\"HEARTBEAT\",\"value\":1}\n\n";
    messages += state_line(&json!({ "seen": 1 })).trim_end();
    let output = load(&snowflake, messages);
    assert_eq!(output.last_state(), Some(json!({ "seen": 1 })));
    assert_eq!(rows(&snowflake, "SELECT ID, V FROM LATER"), ["1|b"]);
    assert_eq!(rows(&snowflake, "SELECT ID, V FROM OTHER_CASE"), ["1|b"]);
    assert_eq!(
        rows(&snowflake, "SELECT ID, V FROM \"NONE\" ORDER BY V"),
        ["1|a", "1|b"]
    );
    assert_eq!(rows(&snowflake, "SELECT V FROM ABSENT"), ["last"]);
}

/// A row loaded with the names that PipelineWise's and datamill's targets have for the settings.
#[test]
fn requirement_20_a_configuration_of_another_target_loads() {
    let snowflake = snowflake();
    let messages = || {
        schema_line("shop-orders", &json!({ "id": { "type": "integer" } }), &["id"])
            + &record_line("shop-orders", &json!({ "id": 1 }))
    };
    let port = snowflake.port();
    let local = json!({ "host": "127.0.0.1", "port": port, "protocol": "http" });
    let pipelinewise = json!({
        "account": "local", "dbname": "DEMO", "user": "demo", "password": "demo", "warehouse": "DEMO_WH", "role": "SYSADMIN",
        "schema_mapping": { "shop": { "target_schema": "pipelinewise" } }, "add_metadata_columns": true,
        "batch_size_rows": 20000, "parallelism": 0, "parallelism_max": 8, "primary_key_required": true,
        "data_flattening_max_level": 1, "disable_table_cache": false, "file_format": "RAW.CSV", "no_such_setting": 1,
    });
    let datamill = json!({
        "snowflake_account": "local", "snowflake_database": "DEMO", "snowflake_username": "demo",
        "snowflake_password": "demo", "snowflake_warehouse": "DEMO_WH", "snowflake_schema": "SHOP",
        "snowflake_authenticator": "snowflake", "invalid_records_threshold": 5, "invalid_records_detect": true,
        "max_batch_rows": 1000, "logging_level": "INFO", "disable_collection": true,
    });
    for (settings, table) in [(pipelinewise, "PIPELINEWISE.ORDERS"), (datamill, "SHOP.ORDERS")] {
        let output = target()
            .config(&settings)
            .config(&local)
            .stdin(messages())
            .run()
            .expect_code(0);
        let found = rows(
            &snowflake,
            &format!("SELECT ID FROM {table} WHERE _SDC_BATCHED_AT IS NOT NULL"),
        );
        assert_eq!(found, ["1"], "{table}:\n{}", output.stderr);
    }
}

/// The time is the tap's, not the record's: the row is worth more than it.
#[test]
fn a_time_extracted_that_is_no_time_is_null_and_told_once() {
    let snowflake = snowflake();
    let mut messages = schema_line("t", &json!({ "id": { "type": "integer" } }), &["id"]);
    for (id, time) in [
        (1, "yesterday"),
        (2, "2026-13-01T00:00:00Z"),
        (3, "2026-01-02T03:04:05Z"),
        (4, ""),
    ] {
        let message = json!({ "type": "RECORD", "stream": "t", "record": { "id": id }, "time_extracted": time });
        messages += &format!("{message}\n");
    }
    let output = load(&snowflake, messages);
    let sql = "SELECT ID, TO_VARCHAR(_SDC_EXTRACTED_AT, 'YYYY-MM-DD HH24:MI:SS') FROM T ORDER BY ID";
    assert_eq!(rows(&snowflake, sql), ["1|-", "2|-", "3|2026-01-02 03:04:05", "4|-"]);
    assert_eq!(output.stderr.matches("time_extracted").count(), 1, "{}", output.stderr);
}

#[test]
fn messages_are_read_from_a_file() {
    let snowflake = snowflake();
    let messages = schema_line("orders", &json!({ "id": { "type": "integer" } }), &["id"])
        + &record_line("orders", &json!({ "id": 1 }))
        + &state_line(&json!({ "seen": 1 }));
    for option in ["--input", "--file-input"] {
        let program = target().config(&snowflake.target_settings());
        let path = program.file("messages.singer", &messages);
        let output = program
            .argument(option)
            .argument(&path)
            .stdin("nothing of this")
            .run()
            .expect_code(0);
        assert_eq!(output.last_state(), Some(json!({ "seen": 1 })));
        assert_eq!(snowflake.value("SELECT COUNT(*) FROM ORDERS"), "1");
    }
    let missing = target()
        .config(&snowflake.target_settings())
        .argument("--input")
        .argument("/nowhere/messages");
    let line = missing.run().expect_code(2);
    line.assert_last_words("target-snowflake", "/nowhere/messages");
}
