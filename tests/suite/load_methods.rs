//! What becomes of the rows that a table has: load methods, deletions, keys, BATCH files, and what is done around a run.

use std::time::Duration;

use serde_json::{Value, json};
use test_support::local_snowflake::LocalSnowflake;
use test_support::messages::{activate_version_line, record_line, schema_line, state_line, versioned_record_line};

use crate::programs::{load, load_with, snowflake, target};

fn orders_schema(keys: &[&str]) -> String {
    let properties = json!({ "id": { "type": ["null", "integer"] }, "name": { "type": ["null", "string"] } });
    schema_line("orders", &properties, keys)
}

fn order(id: &Value, name: &str) -> String {
    record_line("orders", &json!({ "id": id, "name": name }))
}

fn orders(ids: std::ops::RangeInclusive<u32>, name: &str) -> String {
    ids.map(|id| order(&json!(id), name)).collect()
}

/// `id=name` of every row, in order.
fn rows(snowflake: &LocalSnowflake) -> String {
    let rows = snowflake.query("SELECT ID, NAME FROM ORDERS ORDER BY ID, NAME");
    let text = |cell: &Option<String>| cell.clone().unwrap_or_else(|| "null".to_owned());
    let row = |row: &Vec<Option<String>>| row.iter().map(text).collect::<Vec<_>>().join("=");
    rows.iter().map(row).collect::<Vec<_>>().join(" ")
}

#[test]
fn requirement_02_each_load_method_does_what_it_says() {
    let snowflake = snowflake();
    let first = orders_schema(&["id"]) + &orders(1..=2, "old");
    let second = orders_schema(&["id"]) + &orders(2..=3, "new");
    let run = |method: &str, messages: &str| {
        let _done = load_with(&snowflake, &json!({ "load_method": method }), messages).expect_code(0);
        rows(&snowflake)
    };
    assert_eq!(run("upsert", &first), "1=old 2=old");
    assert_eq!(run("upsert", &second), "1=old 2=new 3=new");
    assert_eq!(run("append-only", &second), "1=old 2=new 2=new 3=new 3=new");
    assert_eq!(
        run("overwrite", &(second.clone() + &orders(3..=3, "last"))),
        "2=new 3=last"
    );
    assert_eq!(
        run("overwrite", &orders_schema(&["id"])),
        "",
        "a stream without rows is an empty table"
    );
    assert_eq!(
        snowflake
            .query("SHOW TABLES LIKE '%SDC_OVERWRITE%' IN DATABASE DEMO")
            .len(),
        0,
        "no table is left beside"
    );
}

#[test]
fn a_stream_can_have_another_method_than_the_rest() {
    let snowflake = snowflake();
    let settings = json!({ "load_method": "append-only", "load_method_by_stream": { "ord*": "upsert" } });
    let other = schema_line("other", &json!({ "id": { "type": "integer" } }), &["id"]);
    let messages = orders_schema(&["id"]) + &orders(1..=1, "a") + &orders(1..=1, "b");
    let messages = messages + &other + &record_line("other", &json!({ "id": 1 })).repeat(2);
    let _done = load_with(&snowflake, &settings, messages).expect_code(0);
    assert_eq!(rows(&snowflake), "1=b");
    assert_eq!(snowflake.value("SELECT COUNT(*) FROM OTHER"), "2");
    let refused = load_with(&snowflake, &json!({ "load_method_by_stream": { "a": "replace" } }), "");
    refused
        .expect_code(2)
        .assert_last_words("target-snowflake", "load_method_by_stream");
}

#[test]
fn an_overwrite_that_fails_keeps_the_old_rows() {
    let snowflake = snowflake();
    let _done = load(&snowflake, orders_schema(&["id"]) + &orders(1..=2, "old"));
    let settings = json!({ "load_method": "overwrite", "batch_size_rows": 2 });
    let messages = state_line(&json!({ "safe": 1 }))
        + &orders_schema(&["id"])
        + &orders(5..=8, "new")
        + &state_line(&json!({ "safe": 2 }))
        + "{oops\n";
    let output = load_with(&snowflake, &settings, messages).expect_code(4);
    assert_eq!(
        output.last_state(),
        Some(json!({ "safe": 1 })),
        "nothing is overwritten yet"
    );
    assert_eq!(rows(&snowflake), "1=old 2=old");
    assert_eq!(
        snowflake
            .query("SHOW TABLES LIKE '%SDC_OVERWRITE%' IN DATABASE DEMO")
            .len(),
        0
    );
}

#[test]
fn an_overwrite_shows_the_old_rows_until_the_end_and_only_then_its_state() {
    let snowflake = snowflake();
    let _done = load(&snowflake, orders_schema(&["id"]) + &orders(1..=2, "old"));
    let mut running = target()
        .config(&snowflake.target_settings())
        .config(&json!({
            "load_method": "overwrite", "batch_size_rows": 2, "after_run_sql": "CREATE TABLE DEMO.PUBLIC.AFTER (N INT)",
        }))
        .start();
    let more = json!({ "id": { "type": "integer" }, "name": { "type": "string" }, "more": { "type": "integer" } });
    let messages = orders_schema(&["id"])
        + &orders(5..=8, "new")
        + &schema_line("orders", &more, &["id"])
        + &record_line("orders", &json!({ "id": 9, "name": "new", "more": 1 }))
        + &record_line("orders", &json!({ "id": 10, "name": "new", "more": 2 }))
        + &state_line(&json!({ "seen": 10 }));
    assert!(running.write(messages.as_bytes()));
    let shadow_rows = || {
        let shadow = snowflake.query("SHOW TABLES LIKE 'ORDERS_SDC_OVERWRITE%' IN DATABASE DEMO");
        let name = shadow.first().and_then(|row| row.get(1).cloned().flatten());
        name.map_or(0, |name| {
            let count = snowflake.value(&format!("SELECT COUNT(*) FROM \"{name}\""));
            count.parse::<u32>().expect("a count")
        })
    };
    for _ in 0..600 {
        if shadow_rows() == 6 {
            break;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    assert_eq!(shadow_rows(), 6, "a SCHEMA in the middle takes no rows away");
    assert_eq!(rows(&snowflake), "1=old 2=old");
    running.close_stdin();
    let output = running.wait(Duration::from_secs(60)).expect_code(0);
    assert_eq!(output.stdout_lines(), [r#"{"seen":10}"#]);
    assert_eq!(
        snowflake.value("SELECT COUNT(*) || ' ' || SUM(MORE) FROM ORDERS"),
        "6 3"
    );
}

#[test]
fn an_overwritten_table_may_have_other_types() {
    let snowflake = snowflake();
    let _done = load(&snowflake, orders_schema(&["id"]) + &orders(1..=2, "7"));
    let properties = json!({ "id": { "type": "string" }, "name": { "type": "integer" } });
    let messages =
        schema_line("orders", &properties, &["id"]) + &record_line("orders", &json!({ "id": "a", "name": 7 }));
    let _done = load_with(&snowflake, &json!({ "load_method": "overwrite" }), messages).expect_code(0);
    assert_eq!(rows(&snowflake), "a=7");
}

#[test]
fn requirement_03_deleted_rows_are_marked_or_removed() {
    let snowflake = snowflake();
    let deleted = record_line(
        "orders",
        &json!({ "id": 1, "name": "a", "_sdc_deleted_at": "2026-01-02T03:04:05Z" }),
    );
    let messages = orders_schema(&["id"]) + &orders(1..=2, "a") + &deleted;
    let _done = load(&snowflake, messages.clone());
    assert_eq!(
        snowflake.value("SELECT TO_VARCHAR(_SDC_DELETED_AT, 'YYYY-MM-DD HH24:MI:SS') FROM ORDERS WHERE ID = 1"),
        "2026-01-02 03:04:05"
    );
    // The columns come with hard_delete: nothing else tells which rows are deleted.
    let settings = json!({ "hard_delete": true, "add_record_metadata": false });
    let _done = load_with(&snowflake, &settings, messages).expect_code(0);
    assert_eq!(rows(&snowflake), "2=a");
}

#[test]
fn requirement_03_older_versions_go_and_rows_without_a_version_stay() {
    let snowflake = snowflake();
    let versioned = |id: u32, version: i64| {
        versioned_record_line(
            "orders",
            &json!({ "id": id, "name": "v" }),
            version,
            "2026-01-01T00:00:00Z",
        )
    };
    let messages = activate_version_line("orders", 5)
        + &activate_version_line("unknown", 5)
        + &orders_schema(&["id"])
        + &orders(1..=1, "none")
        + &versioned(2, 4)
        + &versioned(3, 5)
        + &versioned(4, 6)
        + &activate_version_line("orders", 5)
        + &state_line(&json!({ "end": true }));
    let output = load(&snowflake, messages.clone());
    assert_eq!(output.last_state(), Some(json!({ "end": true })));
    let marked = "SELECT LISTAGG(ID, ',') FROM ORDERS WHERE _SDC_DELETED_AT IS NOT NULL";
    assert_eq!(snowflake.value(marked), "2", "strictly older, drained first");
    let settings = json!({ "hard_delete": true, "unversioned_rows_are_old": true });
    let _done = load_with(&snowflake, &settings, messages).expect_code(0);
    assert_eq!(rows(&snowflake), "3=v 4=v");
}

#[test]
fn requirement_04_the_last_of_a_key_wins_and_keys_are_compared_by_value() {
    let snowflake = snowflake();
    let properties = json!({ "a": { "type": "string" }, "b": { "type": "string" }, "v": { "type": "integer" } });
    let record = |a: &str, b: &str, v: u32| record_line("orders", &json!({ "a": a, "b": b, "v": v }));
    let mut messages = schema_line("orders", &properties, &["a", "b"]);
    for round in 1..=50 {
        messages += &record("x", "y", round);
    }
    messages += &record("a,b", "c", 1);
    messages += &record("a", "b,c", 2);
    messages += &record("", "", 3);
    let _done = load(&snowflake, messages);
    let all = "SELECT LISTAGG(A || '|' || B || '|' || V, ' ') WITHIN GROUP (ORDER BY V) FROM ORDERS";
    assert_eq!(snowflake.value(all), "a,b|c|1 a|b,c|2 ||3 x|y|50");
}

#[test]
fn requirement_11_null_keys_are_refused_added_or_matched_and_falsy_ones_are_keys() {
    let null = json!(null);
    let messages = orders_schema(&["id"]) + &order(&json!(0), "zero") + &order(&null, "a") + &order(&null, "b");
    let output = load_with(&snowflake(), &json!({}), messages.clone()).expect_code(4);
    output.assert_last_words("target-snowflake", "id");
    let twice = |policy: &str| {
        let snowflake = snowflake();
        for _ in 0..2 {
            let _done = load_with(&snowflake, &json!({ "null_keys": policy }), messages.clone()).expect_code(0);
        }
        rows(&snowflake)
    };
    assert_eq!(twice("append"), "0=zero null=a null=a null=b null=b");
    assert_eq!(twice("match"), "0=zero null=b");
}

#[test]
fn requirement_11_keys_may_change_and_a_primary_key_follows() {
    let snowflake = snowflake();
    let _made = snowflake.query("CREATE TABLE ORDERS (ID NUMBER(38, 0), NAME VARCHAR, PRIMARY KEY (ID))");
    let messages = orders_schema(&["id"])
        + &orders(1..=2, "a")
        + &orders_schema(&["name"])
        + &order(&json!(null), "a")
        + &order(&json!(9), "b");
    // The rows of the first key have the same value in the second, so the constraint cannot be checked by it.
    let _done = load(&snowflake, messages);
    assert_eq!(snowflake.value("SELECT COUNT(*) FROM ORDERS WHERE ID IS NULL"), "2");
    let keys = snowflake.query("SHOW PRIMARY KEYS IN TABLE ORDERS");
    assert_eq!(keys[0][4].as_deref(), Some("NAME"));
    let refused = load_with(&snowflake, &json!({ "primary_key_required": true }), orders_schema(&[])).expect_code(4);
    refused.assert_last_words("target-snowflake", "primary_key_required");
}

#[test]
fn requirement_19_batch_files_are_loaded_record_by_record_and_deleted_after() {
    let snowflake = snowflake();
    let directory = tempfile::tempdir().expect("a directory");
    let write = |name: &str, bytes: &[u8]| {
        let path = directory.path().join(name);
        std::fs::write(&path, bytes).expect("a file");
        path
    };
    let lines = |ids: std::ops::RangeInclusive<u32>| -> String {
        ids.map(|id| format!("{{\"id\": {id}, \"name\": \"b\"}}\n")).collect()
    };
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut gzip, lines(1..=600).as_bytes()).expect("compressed");
    let packed = write("a b.json.gz", &gzip.finish().expect("compressed"));
    let plain = write(
        "plain.jsonl",
        (lines(601..=700) + "\n" + lines(701..=701).trim_end()).as_bytes(),
    );
    let batch = |format: &str, compression: &str, files: &[String]| {
        let encoding = json!({ "format": format, "compression": compression });
        json!({ "type": "BATCH", "stream": "orders", "encoding": encoding, "manifest": files }).to_string() + "\n"
    };
    let locations = [
        format!("file://{}", packed.display()).replace(' ', "%20"),
        plain.display().to_string(),
    ];
    let messages = orders_schema(&["id"]) + &batch("jsonl", "gzip", &locations) + &state_line(&json!({ "seen": 701 }));
    let output = load_with(&snowflake, &json!({ "batch_size_rows": 250 }), messages.clone()).expect_code(0);
    assert_eq!(output.last_state(), Some(json!({ "seen": 701 })));
    assert_eq!(
        snowflake.value("SELECT COUNT(*) || ' ' || SUM(ID) FROM ORDERS"),
        "701 246051"
    );
    assert!(
        !packed.exists() && !plain.exists(),
        "files are deleted when their rows are safe"
    );

    let missing = load_with(&snowflake, &json!({}), messages).expect_code(1);
    missing.assert_last_words("target-snowflake", "a%20b.json.gz");
    let kept = write("kept.jsonl", b"{\"id\": 1, \"name\": \"x\"}\n{oops\n");
    let bad = orders_schema(&["id"]) + &batch("jsonl", "none", &[kept.display().to_string()]);
    let output = load_with(&snowflake, &json!({}), bad).expect_code(4);
    output.assert_last_words("target-snowflake", "line 2");
    assert!(kept.exists(), "a file that was not loaded is kept");
    let elsewhere = orders_schema(&["id"]) + &batch("jsonl", "none", &["sftp://host/a.json".to_owned()]);
    let output = load_with(&snowflake, &json!({}), elsewhere).expect_code(4);
    output.assert_last_words("target-snowflake", "sftp://");
}

#[test]
fn requirement_21_new_tables_have_the_options_and_comments() {
    let snowflake = snowflake();
    let settings = json!({
        "transient": true, "data_retention_time_in_days": 0, "cluster_by": { "ord*": ["id"] },
    });
    let properties = json!({ "id": { "type": "integer", "description": "It's the order's number" } });
    let _done = load_with(&snowflake, &settings, schema_line("orders", &properties, &["id"])).expect_code(0);
    let table = snowflake.query("SHOW TABLES LIKE 'ORDERS'").remove(0);
    let cell = |position: usize| table[position].clone().unwrap_or_default();
    assert_eq!(
        (cell(4), cell(5)),
        ("TRANSIENT".to_owned(), "Singer stream orders".to_owned())
    );
    assert!(cell(6).contains("ID"), "{}", cell(6));
    let columns = snowflake.query("SHOW COLUMNS IN TABLE ORDERS");
    assert_eq!(columns[0][8].as_deref(), Some("It's the order's number"));
}

#[test]
fn requirement_16_roles_may_read_what_is_made() {
    let snowflake = snowflake();
    let _made = snowflake.query("CREATE ROLE REPORTER");
    let settings = json!({ "default_target_schema": "made", "default_target_schema_select_permission": "reporter" });
    let _done = load_with(&snowflake, &settings, orders_schema(&["id"])).expect_code(0);
    let granted = snowflake.query("SHOW GRANTS TO ROLE REPORTER");
    let has = |what: &str| granted.iter().any(|row| row.iter().flatten().any(|cell| cell == what));
    assert!(has("USAGE") && has("SELECT"), "{granted:?}");
}

#[test]
fn requirement_17_query_tags_say_the_table_and_the_stream() {
    let snowflake = snowflake();
    let settings = json!({
        "query_tag": "{{database}}/{{schema}}/{{table}}/{{stream}}",
        "before_run_sql": "SHOW PARAMETERS LIKE 'QUERY_TAG'; \
                           CREATE TABLE DEMO.PUBLIC.LOG AS SELECT \"value\" AS TAG FROM TABLE(RESULT_SCAN(LAST_QUERY_ID()))",
    });
    let _done = load_with(&snowflake, &settings, orders_schema(&["id"]) + &orders(1..=1, "a")).expect_code(0);
    assert_eq!(snowflake.value("SELECT TAG FROM LOG"), "DEMO/PUBLIC/ORDERS/orders");
}

#[test]
fn sql_around_a_run_is_run_once_and_only_when_rows_come() {
    let snowflake = snowflake();
    let _made = snowflake.query("CREATE TABLE LOG (WHAT VARCHAR)");
    let settings = json!({
        "before_run_sql": "INSERT INTO DEMO.PUBLIC.LOG VALUES ('before; it''s'); -- no more\n",
        "after_run_sql": "INSERT INTO DEMO.PUBLIC.LOG SELECT 'after ' || COUNT(*) FROM DEMO.PUBLIC.ORDERS",
        "batch_size_rows": 2,
    });
    let _done = load_with(&snowflake, &settings, orders_schema(&["id"])).expect_code(0);
    assert_eq!(snowflake.value("SELECT COUNT(*) FROM LOG"), "0", "no rows came");
    let _done = load_with(&snowflake, &settings, orders_schema(&["id"]) + &orders(1..=5, "a")).expect_code(0);
    assert_eq!(
        snowflake.query("SELECT WHAT FROM LOG ORDER BY WHAT DESC"),
        [[Some("before; it's".to_owned())], [Some("after 5".to_owned())]]
    );
    let broken = json!({ "before_run_sql": "SELECT 'secret' FROM NOWHERE" });
    let output = load_with(&snowflake, &broken, orders_schema(&["id"]) + &orders(1..=1, "a")).expect_code(1);
    output.assert_last_words("target-snowflake", "before_run_sql");
}

#[test]
fn an_overwrite_that_is_stopped_keeps_the_old_rows() {
    let snowflake = snowflake();
    let _done = load(&snowflake, orders_schema(&["id"]) + &orders(1..=2, "old"));
    let mut running = target()
        .config(&snowflake.target_settings())
        .config(&json!({
            "load_method": "overwrite", "batch_size_rows": 2, "after_run_sql": "CREATE TABLE DEMO.PUBLIC.AFTER (N INT)",
        }))
        .start();
    let messages = orders_schema(&["id"]) + &orders(5..=6, "new") + &state_line(&json!({ "seen": 6 }));
    assert!(running.write(messages.as_bytes()));
    let is_beside = || {
        !snowflake
            .query("SHOW TABLES LIKE 'ORDERS_SDC_OVERWRITE%' IN DATABASE DEMO")
            .is_empty()
    };
    for _ in 0..600 {
        if is_beside() {
            break;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    running.signal("TERM");
    let output = running.wait(Duration::from_secs(60)).expect_code(0);
    assert_eq!(
        output.stdout_lines(),
        Vec::<String>::new(),
        "no STATE of rows that are not in place"
    );
    assert_eq!(rows(&snowflake), "1=old 2=old");
    assert!(!is_beside());
    assert!(
        output.stderr.contains("`after_run_sql` is not run"),
        "{}",
        output.stderr
    );
    assert_eq!(snowflake.query("SHOW TABLES LIKE 'AFTER' IN DATABASE DEMO").len(), 0);
}
