//! The warehouse that loads: made with the settings' size, never started without rows, resumed when that may be, and a
//! clear line when none can be used.

use serde_json::{Value, json};
use test_support::local_snowflake::LocalSnowflake;
use test_support::messages::{record_line, schema_line, state_line};

use crate::programs::{load_with, snowflake, statements, target};

fn schema() -> String {
    schema_line("orders", &json!({ "id": { "type": "integer" } }), &[])
}

fn row(id: u32) -> String {
    schema() + &record_line("orders", &json!({ "id": id })) + &state_line(&json!({ "seen": id }))
}

/// State, size and seconds until suspended, of the warehouse that the tests make.
fn shown(snowflake: &LocalSnowflake) -> String {
    let _shown = snowflake.query("SHOW WAREHOUSES LIKE 'LOADING'");
    snowflake.value(
        "SELECT \"state\" || ' ' || \"size\" || ' ' || \"auto_suspend\" FROM TABLE(RESULT_SCAN(LAST_QUERY_ID()))",
    )
}

#[test]
fn a_warehouse_is_made_resumed_and_left_alone_as_the_settings_say() {
    let snowflake = snowflake();
    let made = json!({
        "warehouse": "loading", "warehouse_create": true, "warehouse_size": "medium",
        "warehouse_auto_suspend_seconds": 90, "load_method": "append-only",
    });
    let _no_rows = load_with(&snowflake, &made, schema()).expect_code(0);
    assert_eq!(shown(&snowflake), "SUSPENDED Medium 90", "made, and not started");
    let _loaded = load_with(&snowflake, &made, row(1)).expect_code(0);
    assert_eq!(shown(&snowflake), "STARTED Medium 90");

    for change in ["SET AUTO_RESUME = FALSE", "SUSPEND"] {
        let _changed = snowflake.query(&format!("ALTER WAREHOUSE LOADING {change}"));
    }
    let refused = load_with(&snowflake, &made, row(2)).expect_code(1);
    refused.assert_last_words("target-snowflake", "`warehouse_resume`");
    assert_eq!(snowflake.query("LIST @~").len(), 0);

    let resumed = json!({ "warehouse_resume": true, "before_run_sql": "SELECT 1 FROM DEMO.PUBLIC.ORDERS" });
    let settings = |more: Value| {
        let mut settings = made.as_object().cloned().unwrap();
        settings.extend(more.as_object().cloned().unwrap());
        json!(settings)
    };
    let resumes = settings(json!({ "warehouse_resume": true }));
    let _no_rows = load_with(&snowflake, &resumes, schema()).expect_code(0);
    assert_eq!(shown(&snowflake), "SUSPENDED Medium 90", "nothing came, nothing starts");
    for (id, with) in [(2, resumes), (3, settings(resumed))] {
        let output = load_with(&snowflake, &with, row(id)).expect_code(0);
        assert_eq!(output.last_state(), Some(json!({ "seen": id })));
        let _suspended = snowflake.query("ALTER WAREHOUSE LOADING SUSPEND");
    }
    assert_eq!(
        snowflake.value("SELECT LISTAGG(ID, ' ') WITHIN GROUP (ORDER BY ID) FROM ORDERS"),
        "1 2 3"
    );
    let sent = statements(&snowflake);
    let count = |beginning: &str| sent.iter().filter(|sql| sql.starts_with(beginning)).count();
    assert_eq!(count("CREATE WAREHOUSE"), 1, "asked for once, when it was not there");
    assert_eq!(count("ALTER WAREHOUSE \"LOADING\" RESUME IF SUSPENDED"), 2);
}

#[test]
fn without_a_usable_warehouse_the_last_line_says_so() {
    let snowflake = snowflake();
    // The user's default.
    let _dropped = snowflake.query("DROP WAREHOUSE DEMO_WH");
    let mut nothing = snowflake.target_settings();
    let _named = nothing
        .as_object_mut()
        .and_then(|settings| settings.remove("warehouse"));
    let run = |more: &Value, code: i32, words: &str| {
        let output = target()
            .config(&nothing)
            .config(more)
            .stdin(row(1))
            .run()
            .expect_code(code);
        output.assert_last_words("target-snowflake", words);
    };
    run(&json!({}), 1, "set a warehouse and grant the role USAGE");
    run(&json!({ "warehouse_create": true }), 2, "warehouse_create");
    let other = json!({ "warehouse": "new_one", "warehouse_create": true, "database": "NO_SUCH" });
    run(&other, 2, "NO_SUCH");
    assert!(
        !statements(&snowflake)
            .iter()
            .any(|sql| sql.starts_with("CREATE WAREHOUSE"))
    );
}
