//! Tables of very many columns with very long names: what loads them stays short.

use serde_json::{Map, Value, json};
use test_support::messages::{record_line, schema_line};

use crate::programs::{load, snowflake};

fn name(number: usize) -> String {
    format!("{number:x>250}")
}

fn schema(count: usize) -> String {
    let properties: Map<String, Value> = (0..count)
        .map(|number| (name(number), json!({ "type": "integer" })))
        .collect();
    schema_line("wide", &Value::Object(properties), &[&name(0)])
}

#[test]
fn a_wide_table_is_loaded_by_short_statements() {
    let snowflake = snowflake();
    let last = name(299);
    let record = |key: u32, value: u32| record_line("wide", &json!({ name(0): key, &last: value }));
    for value in [10, 20] {
        let _done = load(
            &snowflake,
            schema(300) + &record(1, 1) + &record(1, value) + &record(2, value),
        );
    }
    let select = format!(r#"SELECT SUM("{}") || ' ' || SUM("{}") FROM WIDE"#, name(0), last).to_uppercase();
    assert_eq!(snowflake.value(&select), "3 40", "merged by key, the last wins");
}
