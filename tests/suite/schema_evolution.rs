//! Tables whose columns are not what a stream's schema wants: nothing fails and nothing is lost, by each policy.

use serde_json::{Value, json};
use test_support::local_snowflake::LocalSnowflake;
use test_support::messages::{raw_record_line, record_line, schema_line};

use crate::programs::{load, load_with, snowflake};

fn run(snowflake: &LocalSnowflake, policy: &str, schema: &Value, record: &Value) {
    let properties = json!({ "id": { "type": "integer" }, "v": schema });
    let messages = schema_line("t", &properties, &["id"]) + &record_line("t", record);
    let _done = load_with(snowflake, &json!({ "type_changes": policy }), messages).expect_code(0);
}

/// A column's values as text, by ID.
fn values(snowflake: &LocalSnowflake, expression: &str) -> Vec<Option<String>> {
    let rows = snowflake.query(&format!("SELECT {expression} FROM T ORDER BY ID"));
    rows.into_iter().map(|mut row| row.remove(0)).collect()
}

fn texts(values: &[Option<&str>]) -> Vec<Option<String>> {
    values.iter().map(|value| value.map(str::to_owned)).collect()
}

fn column_names(snowflake: &LocalSnowflake) -> Vec<String> {
    let columns = snowflake.query("SHOW COLUMNS IN TABLE T");
    columns.into_iter().filter_map(|mut row| row.remove(2)).collect()
}

#[test]
fn requirement_05_a_cast_keeps_every_old_value() {
    let digits = "12345678901234567890123456789012345678";
    let text = |format: &str| json!({ "type": "string", "format": format });
    let cases = [
        (json!({ "type": "integer" }), digits, digits),
        (json!({ "type": "number" }), "0.1234567890123456", "0.1234567890123456"),
        (json!({ "type": "boolean" }), "true", "true"),
        (text("date"), "\"2026-02-28\"", "2026-02-28"),
        (text("time"), "\"01:02:03.5\"", "01:02:03.500000000"),
        (
            text("date-time"),
            "\"2026-02-28T01:02:03.123456Z\"",
            "2026-02-28T01:02:03.123456000",
        ),
    ];
    let snowflake = snowflake();
    for (old_schema, old, expected) in cases {
        cast_keeps(
            &snowflake,
            &old_schema,
            old,
            (&json!({ "type": "string" }), json!("new")),
            expected,
        );
    }
    let boolean = json!({ "type": "boolean" });
    cast_keeps(
        &snowflake,
        &json!({ "type": "integer" }),
        "7",
        (&boolean, json!(true)),
        "7",
    );
}

/// Loads a value of one type and then a `new` one of another into the same column.
fn cast_keeps(snowflake: &LocalSnowflake, old_schema: &Value, old: &str, new: (&Value, Value), expected: &str) {
    let _dropped = snowflake.query("DROP TABLE IF EXISTS T");
    let properties = json!({ "id": { "type": "integer" }, "v": old_schema });
    let record = raw_record_line("t", &format!("{{\"id\": 1, \"v\": {old}}}"));
    let _done = load(snowflake, schema_line("t", &properties, &["id"]) + &record);
    let (new_schema, new) = new;
    let second = new.as_str().map_or_else(|| new.to_string(), str::to_owned);
    run(snowflake, "cast", new_schema, &json!({ "id": 2, "v": new }));
    assert_eq!(
        values(snowflake, "V"),
        texts(&[Some(expected), Some(&second)]),
        "{old_schema}"
    );
}

#[test]
fn requirement_05_anything_can_become_json() {
    let snowflake = snowflake();
    run(
        &snowflake,
        "cast",
        &json!({"type": "integer"}),
        &json!({ "id": 1, "v": 5 }),
    );
    run(
        &snowflake,
        "cast",
        &json!({"type": ["object", "array"]}),
        &json!({ "id": 2, "v": { "a": [1] } }),
    );
    run(
        &snowflake,
        "cast",
        &json!({"type": "string"}),
        &json!({ "id": 3, "v": "text" }),
    );
    assert_eq!(
        values(&snowflake, "TO_JSON(V)"),
        texts(&[Some("5"), Some("{\"a\":[1]}"), Some("\"text\"")])
    );
}

#[test]
fn requirement_05_widening_happens_in_place() {
    let snowflake = snowflake();
    let _made =
        snowflake.query("CREATE TABLE T (ID NUMBER(5, 0) NOT NULL, V VARCHAR(3) NOT NULL, GONE NUMBER(1, 0) NOT NULL)");
    let _made = snowflake.query("INSERT INTO T VALUES (1, 'abc', 7)");
    run(
        &snowflake,
        "widen",
        &json!({"type": "string"}),
        &json!({ "id": 123_456_789, "v": "longer than three" }),
    );
    assert_eq!(
        values(&snowflake, "V"),
        texts(&[Some("abc"), Some("longer than three")])
    );
    assert_eq!(
        values(&snowflake, "GONE"),
        texts(&[Some("7"), None]),
        "a column that is not sent any more stays"
    );
}

#[test]
fn requirement_05_versions_keep_the_old_column_beside_the_new() {
    let snowflake = snowflake();
    run(
        &snowflake,
        "version",
        &json!({"type": "integer"}),
        &json!({ "id": 1, "v": 5 }),
    );
    run(
        &snowflake,
        "version",
        &json!({"type": "string"}),
        &json!({ "id": 2, "v": "text" }),
    );
    assert_eq!(values(&snowflake, "V"), texts(&[None, Some("text")]));
    let kept = column_names(&snowflake)
        .into_iter()
        .find(|name| name.starts_with("V_20"))
        .expect("the old column");
    assert_eq!(values(&snowflake, &kept), texts(&[Some("5"), None]));
}

#[test]
fn requirement_05_split_columns_never_hold_what_is_out_of_date() {
    let snowflake = snowflake();
    let (integer, string) = (json!({"type": "integer"}), json!({"type": "string"}));
    run(&snowflake, "split", &integer, &json!({ "id": 1, "v": 5 }));
    run(&snowflake, "split", &integer, &json!({ "id": 2, "v": 6 }));
    run(&snowflake, "split", &string, &json!({ "id": 2, "v": "six" }));
    assert_eq!(
        values(&snowflake, "V || '/' || COALESCE(V__S, '-')"),
        texts(&[Some("5/-"), None])
    );
    assert_eq!(values(&snowflake, "V__S"), texts(&[None, Some("six")]));
    run(&snowflake, "split", &integer, &json!({ "id": 2, "v": 7 }));
    assert_eq!(values(&snowflake, "V"), texts(&[Some("5"), Some("7")]));
    assert_eq!(values(&snowflake, "V__S"), texts(&[None, None]));
}

/// The second column was not widened, and the run failed.
#[test]
fn requirement_05_a_second_column_is_widened_too() {
    let snowflake = snowflake();
    let decimal = |precision: u32, scale: u32| json!({ "type": "string", "format": "decimal", "precision": precision, "scale": scale });
    run(
        &snowflake,
        "split",
        &json!({"type": "boolean"}),
        &json!({ "id": 1, "v": true }),
    );
    run(
        &snowflake,
        "split",
        &decimal(10, 2),
        &json!({ "id": 2, "v": "12345678.25" }),
    );
    run(
        &snowflake,
        "split",
        &decimal(12, 2),
        &json!({ "id": 3, "v": "1234567890.25" }),
    );
    run(&snowflake, "split", &decimal(20, 4), &json!({ "id": 4, "v": "0.0625" }));
    assert_eq!(
        values(&snowflake, "V__N"),
        texts(&[None, Some("12345678.2500"), Some("1234567890.2500"), Some("0.0625")])
    );
}

/// Its column was taken for what a conversion of `v` had left, and dropped.
#[test]
fn requirement_05_a_property_may_be_called_like_a_column_of_ours() {
    let snowflake = snowflake();
    let run = |kind: &str, id: u32, value: Value| {
        let properties =
            json!({ "id": { "type": "integer" }, "v": { "type": kind }, "v__sdc_new": { "type": "string" } });
        let record = json!({ "id": id, "v": value, "v__sdc_new": "kept" });
        let _done = load(
            &snowflake,
            schema_line("t", &properties, &["id"]) + &record_line("t", &record),
        );
    };
    run("integer", 1, json!(1));
    run("integer", 2, json!(2));
    run("string", 3, json!("three"));
    assert_eq!(
        values(&snowflake, "V || V__SDC_NEW"),
        texts(&[Some("1kept"), Some("2kept"), Some("threekept")])
    );
}

#[test]
fn requirement_05_fail_changes_nothing() {
    let snowflake = snowflake();
    run(
        &snowflake,
        "fail",
        &json!({"type": "integer"}),
        &json!({ "id": 1, "v": 5 }),
    );
    let properties = json!({ "id": { "type": "integer" }, "v": { "type": "string" } });
    let messages = schema_line("t", &properties, &["id"]);
    for policy in ["fail", "widen"] {
        let output = load_with(&snowflake, &json!({ "type_changes": policy }), messages.clone()).expect_code(1);
        output.assert_last_words("target-snowflake", "type_changes");
    }
    assert_eq!(values(&snowflake, "V"), texts(&[Some("5")]));
}

#[test]
fn keys_keep_their_values_whatever_the_policy() {
    for policy in ["cast", "version", "split"] {
        let snowflake = snowflake();
        let messages = |schema: &str, id: Value| {
            let properties = json!({ "id": { "type": schema }, "v": { "type": "string" } });
            schema_line("t", &properties, &["id"]) + &record_line("t", &json!({ "id": id, "v": schema }))
        };
        let settings = json!({ "type_changes": policy });
        let _done = load_with(&snowflake, &settings, messages("integer", json!(1))).expect_code(0);
        let _done = load_with(&snowflake, &settings, messages("string", json!("1"))).expect_code(0);
        assert_eq!(values(&snowflake, "ID || V"), texts(&[Some("1string")]), "{policy}");
    }
}

#[test]
fn requirement_05_tables_of_other_makers_are_continued() {
    let snowflake = snowflake();
    let properties = json!({
        "id": { "type": "string", "format": "uuid" }, "amount": { "type": "number", "multipleOf": 0.01 },
        "at": { "type": "string", "format": "date-time" }, "doc": { "type": "object" },
    });
    let id = "0b7e9a3c-2f1d-4c55-9d0e-1f2a3b4c5d6e";
    let record = json!({ "id": id, "amount": 1.25, "at": "2026-01-01T00:00:00Z", "doc": { "a": 1 } });
    let messages = schema_line("t", &properties, &["id"]) + &record_line("t", &record);
    let tables = [
        // MeltanoLabs: a native uuid without room for its dashes, a primary key, doubles.
        "CREATE TABLE T (ID CHAR(32) NOT NULL, AMOUNT DOUBLE, AT TIMESTAMP_NTZ, DOC VARIANT, _SDC_EXTRACTED_AT TIMESTAMP_NTZ, \
         _SDC_RECEIVED_AT TIMESTAMP_NTZ, _SDC_BATCHED_AT TIMESTAMP_NTZ, _SDC_DELETED_AT TIMESTAMP_NTZ, \
         _SDC_SEQUENCE NUMBER, _SDC_TABLE_VERSION NUMBER, _SDC_SYNC_STARTED_AT NUMBER, PRIMARY KEY (ID))",
        // PipelineWise: three metadata columns, one of them text.
        "CREATE TABLE T (AMOUNT FLOAT, AT TIMESTAMP_NTZ, DOC VARIANT, ID TEXT, _SDC_BATCHED_AT TIMESTAMP_NTZ, \
         _SDC_DELETED_AT TEXT, _SDC_EXTRACTED_AT TIMESTAMP_NTZ, PRIMARY KEY (ID)) DATA_RETENTION_TIME_IN_DAYS = 1",
        // By hand: lower case, other types, something of its own.
        "CREATE TABLE \"t\" (\"id\" VARCHAR(20) NOT NULL, \"Amount\" NUMBER(5, 1), \"at\" DATE, OWN VARCHAR NOT NULL DEFAULT 'x')",
    ];
    for table in tables {
        let _made = snowflake.query(table);
        let _done = load(&snowflake, messages.clone());
        let _done = load(&snowflake, messages.clone());
        let name = if table.contains("\"t\"") { "\"t\"" } else { "T" };
        let id_column = if table.contains("\"t\"") { "\"id\"" } else { "ID" };
        assert_eq!(
            snowflake.value(&format!("SELECT {id_column} FROM {name}")),
            id,
            "{table}"
        );
        assert_eq!(snowflake.query("SHOW TABLES LIKE 't'").len(), 1, "no second table");
        let _dropped = snowflake.query(&format!("DROP TABLE {name}"));
    }
}

#[test]
fn requirement_13_an_idle_run_sends_nothing_that_wakes_a_warehouse() {
    let snowflake = snowflake();
    let schema = schema_line("t", &json!({ "id": { "type": "integer" } }), &["id"]);
    let _done = load(&snowflake, schema.clone() + &record_line("t", &json!({ "id": 1 })));
    crate::programs::forget_requests(&snowflake);
    let _done = load(&snowflake, schema);
    let requests = crate::programs::requests(&snowflake).to_uppercase();
    assert!(requests.contains("SHOW COLUMNS"), "{requests}");
    for waking in [
        "COPY INTO",
        "MERGE INTO",
        "SELECT ",
        "UPDATE ",
        "DELETE FROM",
        "INSERT INTO",
    ] {
        assert!(!requests.contains(waking), "{waking} in an idle run");
    }
}
