//! Columns whose type changes from any to any other and on to a third: every row keeps the value that it came with, in one
//! column. Keys are `key_changes`.

use serde_json::{Value, json};
use test_support::local_snowflake::LocalSnowflake;
use test_support::messages::{raw_record_line, schema_line, state_line};

use crate::programs::{load_with, snowflake};

/// A type, a value of it, and the value as text.
fn kinds() -> Vec<(Value, &'static str, &'static str)> {
    let text = |format: &str| json!({ "type": "string", "format": format });
    vec![
        (json!({ "type": "integer" }), "123456789012345", "123456789012345"),
        (json!({ "type": "number" }), "-0.125", "-0.125"),
        (json!({ "type": "boolean" }), "true", "true"),
        (json!({ "type": "string" }), "\"it's \\\"text\\\"\"", "it's \"text\""),
        (text("date"), "\"2026-02-28\"", "2026-02-28"),
        (
            text("date-time"),
            "\"1899-12-31T23:59:59.123456Z\"",
            "1899-12-31 23:59:59.123456",
        ),
        (json!({ "type": "object" }), "{\"a\":[1,null]}", "{\"a\":[1,null]}"),
    ]
}

/// The types that streams go through, by their numbers: every pair once, and another third type behind each. The usual
/// policy gets all of them, the others some.
fn sequences(policy: usize) -> Vec<[usize; 3]> {
    let count = kinds().len();
    let pairs = (0..count).flat_map(|first| (0..count).map(move |second| (first, second)));
    let others = pairs.filter(|(first, second)| first != second);
    let numbered = others
        .enumerate()
        .filter(|(number, _)| policy == 0 || number % 4 == policy);
    let third = |number: usize, second: usize| (second + 1 + number % (count - 1)) % count;
    numbered
        .map(|(number, (first, second))| [first, second, third(number, second)])
        .collect()
}

fn messages(name: &str, sequence: &[usize]) -> String {
    let kinds = kinds();
    let parts = sequence.iter().enumerate().filter_map(|(number, kind)| {
        let (schema, value, _) = kinds.get(*kind)?;
        let schema = schema_line(name, &json!({ "id": { "type": "integer" }, "v": schema }), &["id"]);
        Some(schema + &raw_record_line(name, &format!("{{\"id\":{number},\"v\":{value}}}")))
    });
    parts.collect()
}

/// All that a row has in columns of `v`, as text.
fn values(snowflake: &LocalSnowflake, table: &str) -> Vec<Vec<String>> {
    let columns = snowflake.query(&format!("SHOW COLUMNS IN TABLE {table}"));
    let names = columns.into_iter().filter_map(|mut row| row.remove(2));
    let texts: Vec<String> = names
        .filter(|name| name.starts_with('V'))
        .map(|name| format!("TO_VARCHAR(\"{name}\")"))
        .collect();
    let rows = snowflake.query(&format!("SELECT {} FROM {table} ORDER BY ID", texts.join(", ")));
    rows.into_iter()
        .map(|row| row.into_iter().flatten().collect())
        .collect()
}

/// Times and numbers have more than one text.
fn usual(text: &str) -> String {
    let text = match text.split_once('T') {
        Some((day, time)) if day.len() == 10 && time.starts_with(|first: char| first.is_ascii_digit()) => {
            format!("{day} {time}")
        }
        _ => text.to_owned(),
    };
    let text = text
        .trim_end_matches('Z')
        .trim_end_matches(" +0000")
        .trim_end_matches("+00:00");
    let text = match text.split_once('.') {
        Some((_, fraction)) if fraction.bytes().all(|byte| byte.is_ascii_digit()) => {
            text.trim_end_matches('0').trim_end_matches('.')
        }
        _ => text,
    };
    match text.parse::<f64>() {
        // A double in VARIANT.
        Ok(number) if text.contains('e') => number.to_string(),
        _ => text.strip_suffix(" 00:00:00").unwrap_or(text).to_owned(),
    }
}

#[test]
fn requirement_05_a_row_keeps_its_value_through_any_types() {
    let snowflake = snowflake();
    let kinds = kinds();
    for (number, policy) in ["cast", "version", "split"].iter().enumerate() {
        let sequences = sequences(number);
        let name = |index: usize| format!("{policy}_{index}");
        let input: String = sequences
            .iter()
            .enumerate()
            .map(|(index, sequence)| messages(&name(index), sequence))
            .collect();
        let settings = json!({ "type_changes": policy });
        let output = load_with(&snowflake, &settings, input + &state_line(&json!({ "done": true }))).expect_code(0);
        assert_eq!(output.last_state(), Some(json!({ "done": true })));
        for (index, sequence) in sequences.iter().enumerate() {
            let expected: Vec<Vec<String>> = sequence.iter().map(|kind| vec![usual(kinds[*kind].2)]).collect();
            let found = values(&snowflake, &name(index));
            let found: Vec<Vec<String>> = found
                .iter()
                .map(|row| row.iter().map(|text| usual(text)).collect())
                .collect();
            assert_eq!(found, expected, "{policy}: {sequence:?}");
        }
    }
}
