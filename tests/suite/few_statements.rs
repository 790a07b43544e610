//! How little is asked of Snowflake: nothing without a SCHEMA, and for many streams of one schema no more than for two.
//! What was seen for all of them together may be old by the time a stream needs it; then it is looked at again.

use std::time::Duration;

use serde_json::json;
use test_support::local_snowflake::LocalSnowflake;
use test_support::messages::{record_line, schema_line, state_line};

use crate::programs::{forget_requests, load, load_with, requests, snowflake, statements, target};

fn schemas(count: usize) -> String {
    let properties = json!({ "id": { "type": "integer" }, "name": { "type": "string" } });
    (0..count)
        .map(|number| schema_line(&format!("stream_{number}"), &properties, &["id"]))
        .collect()
}

/// How many statements begin with each of these words.
fn counts<const N: usize>(statements: &[String], beginnings: [&str; N]) -> [usize; N] {
    beginnings.map(|beginning| statements.iter().filter(|sql| sql.starts_with(beginning)).count())
}

#[test]
fn requirement_13_an_input_without_schemas_asks_nothing() {
    let snowflake = snowflake();
    forget_requests(&snowflake);
    let output = load(&snowflake, state_line(&json!({ "seen": 1 })));
    assert_eq!(output.last_state(), Some(json!({ "seen": 1 })));
    assert_eq!(requests(&snowflake), "{\"requests\":[]}");
}

#[test]
fn requirement_13_fifty_streams_without_records_cost_seven_statements_of_metadata_and_one_session() {
    let snowflake = snowflake();
    let _made = load(&snowflake, schemas(50));
    let made = statements(&snowflake);
    assert_eq!(
        counts(&made, ["CREATE TABLE", "SHOW", "SHOW COLUMNS", "SHOW PRIMARY KEYS"]),
        [50, 3, 0, 0],
        "{made:#?}"
    );
    forget_requests(&snowflake);
    let _idle = load(
        &snowflake,
        schemas(50) + &schemas(50) + &state_line(&json!({ "seen": 2 })),
    );
    let idle = statements(&snowflake);
    // Streams are looked at side by side: which is the first, nobody knows.
    let first = idle.get(1).and_then(|look| look.split('\'').nth(1)).unwrap_or_default();
    assert!(first.starts_with("STREAM_"), "{idle:#?}");
    assert_eq!(
        idle,
        [
            "SHOW SCHEMAS LIKE 'PUBLIC' IN DATABASE \"DEMO\"",
            &format!("SHOW TABLES LIKE '{first}' IN SCHEMA \"DEMO\".\"PUBLIC\""),
            &format!("SHOW COLUMNS IN TABLE \"DEMO\".\"PUBLIC\".\"{first}\""),
            &format!("SHOW PRIMARY KEYS IN TABLE \"DEMO\".\"PUBLIC\".\"{first}\""),
            "SHOW TABLES IN SCHEMA \"DEMO\".\"PUBLIC\" LIMIT 1000",
            "SHOW COLUMNS IN SCHEMA \"DEMO\".\"PUBLIC\"",
            "SHOW PRIMARY KEYS IN SCHEMA \"DEMO\".\"PUBLIC\"",
        ]
    );
    assert_eq!(requests(&snowflake).matches("/session/v1/login-request").count(), 1);
}

#[test]
fn a_schema_that_is_made_needs_no_look_at_its_tables() {
    let snowflake = snowflake();
    let _made = load_with(&snowflake, &json!({ "default_target_schema": "fresh" }), schemas(5)).expect_code(0);
    let made = statements(&snowflake);
    assert_eq!(
        counts(&made, ["SHOW SCHEMAS", "SHOW", "CREATE SCHEMA", "CREATE TABLE"]),
        [1, 1, 1, 5],
        "{made:#?}"
    );
}

/// Starts a run that has listed the schema, and leaves its input open.
fn listed(snowflake: &LocalSnowflake) -> test_support::running_program::RunningProgram {
    let mut running = target()
        .config(&snowflake.target_settings())
        .config(&json!({ "batch_wait_limit_seconds": 3600 }))
        .start();
    let properties = json!({ "id": { "type": "integer" } });
    let first = schema_line("first", &properties, &["id"]) + &schema_line("second", &properties, &["id"]);
    assert!(running.write(first.as_bytes()));
    for _ in 0..600 {
        if snowflake.try_query("SELECT COUNT(*) FROM SECOND").is_ok() {
            return running;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    panic!("the second stream's table was not made");
}

#[test]
fn what_others_change_after_the_list_is_seen_when_it_matters() {
    let snowflake = snowflake();
    let _made = snowflake.query("CREATE TABLE WIDER (ID NUMBER(38, 0), NAME VARCHAR(10))");
    let _made = snowflake.query("CREATE TABLE GROWN (ID NUMBER(38, 0))");
    let mut running = listed(&snowflake);
    let _made = snowflake.query("CREATE TABLE COMES (ID NUMBER(38, 0))");
    let _made = snowflake.query("ALTER TABLE WIDER ALTER COLUMN NAME SET DATA TYPE VARCHAR(500)");
    let _made = snowflake.query("ALTER TABLE GROWN ADD COLUMN NAME VARCHAR(20)");
    let properties = json!({ "id": { "type": "integer" }, "name": { "type": "string" } });
    let mut messages = String::new();
    for stream in ["comes", "wider", "grown"] {
        messages += &schema_line(stream, &properties, &["id"]);
        messages += &record_line(
            stream,
            &json!({ "id": 1, "name": "a name of more than twenty characters" }),
        );
    }
    messages += &state_line(&json!({ "all": true }));
    assert!(running.write(messages.as_bytes()));
    let output = running.wait(Duration::from_secs(60)).expect_code(0);
    assert_eq!(output.last_state(), Some(json!({ "all": true })));
    for table in ["COMES", "WIDER", "GROWN"] {
        assert_eq!(
            snowflake.value(&format!("SELECT LENGTH(NAME) FROM {table}")),
            "37",
            "{table}"
        );
    }
}

#[test]
fn a_stream_whose_schema_changes_in_the_run_finds_its_table_as_the_run_left_it() {
    let snowflake = snowflake();
    let narrow = json!({ "id": { "type": "integer" } });
    let wide = json!({ "id": { "type": "integer" }, "name": { "type": "string" } });
    let mut messages = String::new();
    for stream in ["a", "b", "c"] {
        messages += &schema_line(stream, &narrow, &["id"]);
        messages += &record_line(stream, &json!({ "id": 1 }));
        messages += &schema_line(stream, &wide, &["id"]);
        messages += &record_line(stream, &json!({ "id": 2, "name": "n" }));
        messages += &schema_line(stream, &narrow, &["id"]);
        messages += &record_line(stream, &json!({ "id": 3 }));
    }
    for _ in 0..2 {
        let _loaded = load(&snowflake, messages.clone());
        for table in ["A", "B", "C"] {
            let found = snowflake.query(&format!("SELECT ID, NAME FROM {table} ORDER BY ID"));
            let row = |id: &str, name: Option<&str>| vec![Some(id.to_owned()), name.map(str::to_owned)];
            assert_eq!(found, [row("1", None), row("2", Some("n")), row("3", None)], "{table}");
        }
    }
}
