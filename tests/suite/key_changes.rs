//! Keys whose type a stream changes: the same records meet their old rows again. No row is ever doubled, whatever the types.

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};
use test_support::local_snowflake::LocalSnowflake;
use test_support::messages::{record_line, schema_line};

use crate::programs::{load, load_with, snowflake};

/// What a key's schema may say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Integer,
    Number,
    Cents,
    Boolean,
    Text,
    Binary,
    Date,
    Time,
    DateTime,
    Json,
}

const KINDS: [Kind; 10] = [
    Kind::Integer,
    Kind::Number,
    Kind::Cents,
    Kind::Boolean,
    Kind::Text,
    Kind::Binary,
    Kind::Date,
    Kind::Time,
    Kind::DateTime,
    Kind::Json,
];

impl Kind {
    fn schema(self) -> Value {
        match self {
            Self::Integer => json!({ "type": "integer" }),
            Self::Number => json!({ "type": "number" }),
            Self::Cents => json!({ "type": "number", "multipleOf": 0.01 }),
            Self::Boolean => json!({ "type": "boolean" }),
            Self::Text => json!({ "type": "string" }),
            Self::Binary => json!({ "type": "string", "format": "binary" }),
            Self::Date => json!({ "type": "string", "format": "date" }),
            Self::Time => json!({ "type": "string", "format": "time" }),
            Self::DateTime => json!({ "type": "string", "format": "date-time" }),
            Self::Json => json!({ "type": ["object", "array", "string", "number", "boolean"] }),
        }
    }

    /// How a tap writes the value when this is its schema, and `other` the one before or after; `None` when it cannot have
    /// this value.
    fn render(self, key: &Key, other: Self) -> Option<Value> {
        match (self, key) {
            (Self::Integer, Key::Number(number)) => number.as_i64().map(Value::from),
            (Self::Number | Self::Json, Key::Number(number)) => Some(number.clone()),
            (Self::Cents, Key::Number(number)) => {
                let cents = number.as_f64().map(|number| number * 100.0)?;
                (cents.round() - cents == 0.0).then(|| number.clone())
            }
            (Self::Text, Key::Number(number)) => Some(json!(number.to_string())),
            (Self::Boolean | Self::Json, Key::Boolean(value)) => Some(json!(value)),
            // Booleans of databases that have none, or had none before.
            (Self::Integer | Self::Number | Self::Cents, Key::Boolean(value)) if other == Self::Boolean => {
                Some(json!(u8::from(*value)))
            }
            (Self::Text, Key::Boolean(value)) => Some(json!(value.to_string())),
            (Self::Binary, Key::Text(text)) => {
                let is_hexadecimal = text.len() % 2 == 0 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
                is_hexadecimal.then(|| json!(text))
            }
            (Self::Text | Self::Json, Key::Text(text) | Key::Date(text) | Key::Time(text) | Key::DateTime(text))
            | (Self::Date | Self::DateTime, Key::Date(text))
            | (Self::Time, Key::Time(text))
            | (Self::DateTime, Key::DateTime(text)) => Some(json!(text)),
            _ => None,
        }
    }
}

/// A key by what it means.
#[derive(Debug, Clone)]
enum Key {
    Number(Value),
    Boolean(bool),
    Text(String),
    Date(String),
    Time(String),
    DateTime(String),
}

fn keys() -> impl Strategy<Value = Key> {
    let number = prop_oneof![
        (0_i64..3).prop_map(Value::from),
        any::<i64>().prop_map(|number| json!(number / 4096)),
        (-1_000_000_i32..1_000_000).prop_map(|cents| json!(f64::from(cents) / 100.0)),
        (-1_000_000_i32..1_000_000).prop_map(|number| json!(f64::from(number) / 1024.0)),
    ];
    let date = "(00|15|19|20)[0-9][1-9]-0[1-9]-(1[0-9]|2[0-8])";
    prop_oneof![
        4 => number.prop_map(Key::Number),
        1 => any::<bool>().prop_map(Key::Boolean),
        3 => prop_oneof!["[0-9a-fA-F]{0,3}[0-9a-f]{1}", "[ -~é漢\"]{0,6}"].prop_map(Key::Text),
        1 => date.prop_map(Key::Date),
        1 => "(0[0-9]|1[0-9]):[0-5][0-9]:[0-5][0-9](\\.[0-9]{1,9})?".prop_map(Key::Time),
        2 => (date, "[T ][01][0-9]:[0-5][0-9]:[0-5][0-9](\\.[0-9]{1,9})?(Z|[+]0[0-9]:30)?")
            .prop_map(|(date, time)| Key::DateTime(date + &time)),
    ]
}

/// Many keys, from which each pair of kinds takes those that both can be.
fn some_keys() -> impl Strategy<Value = Vec<Key>> {
    proptest::collection::vec(keys(), 200)
}

/// A key's column: its kind before and after, and keys that both can be, as a tap writes them then.
#[derive(Debug)]
struct Column {
    from: Kind,
    to: Kind,
    keys: Vec<(Value, Value)>,
}

impl Column {
    fn new(from: Kind, to: Kind, keys: &[Key]) -> Self {
        // As JSON, 5 and "5" are two values.
        let is_json = from == Kind::Json || to == Kind::Json;
        // Two numbers of one value are one key, two texts are two: "1.0" is not the text of a number.
        let is_found = |text: &Value| from != Kind::Text || !text.as_str().is_some_and(|text| text.ends_with(".0"));
        let both = keys
            .iter()
            .filter_map(|key| from.render(key, to).zip(to.render(key, from)))
            .filter(|(old, new)| {
                if is_json {
                    old == new
                } else {
                    is_found(old) || new.is_string()
                }
            });
        Self {
            from,
            to,
            keys: both.take(10).collect(),
        }
    }

    fn schema(&self, is_new: bool) -> Value {
        if is_new { self.to.schema() } else { self.from.schema() }
    }

    fn value(&self, row: usize, is_new: bool) -> Option<Value> {
        let (old, new) = self.keys.iter().cycle().nth(row)?;
        Some(if is_new { new.clone() } else { old.clone() })
    }
}

/// A table for one distance between old kinds and new ones. Its key has a column for every kind, so that one value that is
/// not found again is enough to double the row.
struct Table {
    name: String,
    columns: Vec<Column>,
}

impl Table {
    fn new(distance: usize, keys: &[Key]) -> Self {
        let others = KINDS.iter().cycle().skip(distance);
        let pairs = KINDS.iter().zip(others);
        Self {
            name: format!("t{distance}"),
            columns: pairs
                .map(|(from, to)| Column::new(*from, *to, keys))
                .filter(|column| !column.keys.is_empty())
                .collect(),
        }
    }

    /// The stream's SCHEMA and ten records, by the old kinds or the new.
    fn messages(&self, is_new: bool) -> String {
        let names: Vec<String> = (0..self.columns.len()).map(|position| format!("k{position}")).collect();
        let object = |value: &dyn Fn(&Column) -> Option<Value>| -> Value {
            let members = names.iter().zip(&self.columns);
            members
                .filter_map(|(name, column)| Some((name.clone(), value(column)?)))
                .collect()
        };
        let key_names: Vec<&str> = names.iter().map(String::as_str).collect();
        let mut messages = schema_line(&self.name, &object(&|column| Some(column.schema(is_new))), &key_names);
        for row in 0..10 {
            messages += &record_line(&self.name, &object(&|column| column.value(row, is_new)));
        }
        messages
    }

    fn count(&self, snowflake: &LocalSnowflake) -> String {
        snowflake.value(&format!("SELECT COUNT(*) FROM {}", self.name))
    }
}

#[test]
fn requirement_05_no_change_of_a_keys_type_doubles_a_row() {
    let snowflake = snowflake();
    let mut runner = TestRunner::new(Config {
        cases: 1,
        failure_persistence: None,
        max_shrink_iters: 0,
        ..Config::default()
    });
    let outcome = runner.run(&some_keys(), |keys| {
        let tables: Vec<Table> = (1..KINDS.len()).map(|distance| Table::new(distance, &keys)).collect();
        let messages = |is_new| tables.iter().map(|table| table.messages(is_new)).collect::<String>();
        for table in &tables {
            let _dropped = snowflake.query(&format!("DROP TABLE IF EXISTS {}", table.name));
        }
        let _done = load(&snowflake, messages(false));
        let counts: Vec<String> = tables.iter().map(|table| table.count(&snowflake)).collect();
        // There, and back again.
        for is_new in [true, false] {
            let _done = load(&snowflake, messages(is_new));
            for (table, count) in tables.iter().zip(&counts) {
                prop_assert_eq!(&table.count(&snowflake), count, "{} {:?}", is_new, table.columns);
            }
        }
        Ok(())
    });
    outcome.expect("no row twice");
}

fn run(snowflake: &LocalSnowflake, schema: &Value, ids: &[Value]) -> String {
    let mut messages = schema_line("t", &json!({ "id": schema }), &["id"]);
    for id in ids {
        messages += &record_line("t", &json!({ "id": id }));
    }
    let _done = load(snowflake, messages);
    snowflake.value("SELECT LISTAGG(ID, '|') WITHIN GROUP (ORDER BY ID) FROM T")
}

/// Each of them made a second row.
#[test]
fn keys_that_were_doubled_meet_again() {
    let snowflake = snowflake();
    let (integer, number) = (json!({ "type": "integer" }), json!({ "type": "number" }));
    let (text, date_time) = (
        json!({ "type": "string" }),
        json!({ "type": "string", "format": "date-time" }),
    );
    let cents = json!({ "type": "number", "multipleOf": 0.01 });
    let at = json!("2026-01-02T03:04:05.06Z");
    for (old, new, first, again) in [
        (&integer, &number, json!(1), json!(1.0)),
        (&integer, &text, json!(1), json!("1")),
        (&date_time, &text, at.clone(), at),
        (&cents, &text, json!(1.5), json!("1.5")),
        (&cents, &text, json!(1.5), json!("1.50")),
    ] {
        let _dropped = snowflake.query("DROP TABLE IF EXISTS T");
        let before = run(&snowflake, old, std::slice::from_ref(&first));
        let after = run(&snowflake, new, std::slice::from_ref(&again));
        assert_eq!(after.split('|').count(), 1, "{old} {new}: {before}, then {after}");
    }
}

/// Whether a tap wrote "1.0" for 1 cannot be known. The warning is all there can be.
#[test]
fn a_number_is_warned_not_to_be_the_text_of_another() {
    let snowflake = snowflake();
    let keys = |schema: Value, keys: [Value; 2]| {
        let records = keys.map(|key| record_line("t", &json!({ "id": key })));
        schema_line("t", &json!({ "id": schema }), &["id"]) + &records.concat()
    };
    let _done = load(
        &snowflake,
        keys(json!({ "type": "string" }), [json!("1.5"), json!("2.0")]),
    );
    let numbers = keys(json!({ "type": "number" }), [json!(1.5), json!(2.0)]);
    let loaded = load_with(&snowflake, &json!({}), numbers).expect_code(0);
    let warning = "key column \"ID\" stays VARCHAR, where a number is the text without zeros at its end";
    assert!(loaded.stderr.contains(warning), "{}", loaded.stderr);
    assert_eq!(
        snowflake.value("SELECT LISTAGG(ID, '|') WITHIN GROUP (ORDER BY ID) FROM T"),
        "1.5|2|2.0"
    );
}

/// A text that is no date cannot be told from the dates that the column has: refused by name, in the words of the column.
#[test]
fn a_key_that_keeps_its_type_refuses_what_it_cannot_hold() {
    let snowflake = snowflake();
    let _done = run(
        &snowflake,
        &json!({ "type": "string", "format": "date" }),
        &[json!("2026-01-02")],
    );
    let messages = schema_line("t", &json!({ "id": { "type": "string" } }), &["id"])
        + &record_line("t", &json!({ "id": "tomorrow" }));
    let refused = load_with(&snowflake, &json!({}), messages).expect_code(4);
    refused.assert_last_words("target-snowflake", "key \"id\": expected a date");
    assert!(
        refused.stderr.contains("key column \"ID\" stays DATE"),
        "{}",
        refused.stderr
    );
}

/// Numbers that are keys of a VARCHAR column have one text, however they are written.
#[test]
fn number_keys_in_text_columns_are_numbers() {
    let snowflake = snowflake();
    let either = json!({ "type": ["string", "number"] });
    assert_eq!(
        run(
            &snowflake,
            &either,
            &[json!(1), json!(1.0), json!("1.0"), json!(1e2), json!(100)]
        ),
        "1|1.0|100"
    );
}
