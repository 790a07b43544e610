//! Any JSON object as a record: it is refused and leaves nothing, or becomes one CSV row that says what the record says.

use std::sync::{Arc, LazyLock};

use serde_json::value::RawValue;
use serde_json::{Value, json};
use singer_protocol::{RecordScanner, RecordText};
use target_snowflake::columns::{ColumnSettings, StreamColumns};
use target_snowflake::metadata_columns::RowMetadata;
use target_snowflake::record_row::RowEncoder;

/// One short property for each kind of column; `y` and `z` are keys that the schema does not have.
static COLUMNS: LazyLock<Arc<StreamColumns>> = LazyLock::new(|| {
    let schema = json!({"type": "object", "properties": {
        "i": {"type": ["integer", "null"]},
        "n": {"type": ["number", "null"]},
        "d": {"type": ["number", "null"], "multipleOf": 0.01},
        "b": {"type": ["boolean", "null"]},
        "s": {"type": ["string", "null"]},
        "t": {"type": ["string", "null"], "format": "date-time"},
        "e": {"type": ["string", "null"], "format": "date"},
        "c": {"type": ["string", "null"], "format": "time"},
        "o": {"type": ["object", "null"]},
        "a": {"type": ["array", "null"]},
        "u": {}
    }});
    let settings = ColumnSettings {
        add_record_metadata: false,
        ..ColumnSettings::default()
    };
    Arc::new(StreamColumns::from_schema("fuzz", &schema, &[], &settings).expect("a good schema"))
});

/// Panics when the encoder is wrong about one of the records, one per line.
pub(crate) fn check(input: &[u8]) {
    let mut encoder = RowEncoder::new(Arc::clone(&COLUMNS));
    let mut scanner = RecordScanner::default();
    for line in input.split(|byte| *byte == b'\n') {
        let Ok(text) = std::str::from_utf8(line) else { continue };
        let record = scanner.scan(text);
        let is_object = text.trim_ascii().starts_with('{') && serde_json::from_str::<&RawValue>(text).is_ok();
        assert_eq!(record.is_some(), is_object, "what is a record");
        if let Some(record) = record {
            check_record(&mut encoder, record);
        }
    }
}

fn check_record(encoder: &mut RowEncoder, record: RecordText<'_>) {
    let mut row = b"before".to_vec();
    let outcome = encoder.encode(record, &RowMetadata::default(), 7, &mut row);
    let row = row.strip_prefix(b"before").expect("what stood there before");
    if outcome.is_err() {
        assert!(row.is_empty(), "a refused record leaves nothing");
        return;
    }
    let fields = fields_of(row);
    assert_eq!(fields.len(), COLUMNS.columns.len() + 1, "fields of the row");
    assert_eq!(fields[0], "7");
    // Lone surrogates and numbers beyond a double are no Value.
    let Ok(Value::Object(values)) = serde_json::from_str(record.text()) else {
        return;
    };
    for (column, field) in COLUMNS.columns.iter().zip(&fields[1..]) {
        compare(&column.property, values.get(&column.property), field);
    }
}

/// The fields of one row, unquoted; a row must be one record to the end, in UTF-8.
fn fields_of(row: &[u8]) -> Vec<String> {
    assert!(row.ends_with(b"\n"));
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .terminator(csv::Terminator::Any(b'\n'))
        .from_reader(row);
    let records: Vec<csv::StringRecord> = reader.records().map(|record| record.expect("CSV")).collect();
    assert_eq!(records.len(), 1, "rows of one record");
    records[0].iter().map(str::to_owned).collect()
}

fn compare(property: &str, value: Option<&Value>, field: &str) {
    let json = || serde_json::from_str::<Value>(field).expect("JSON");
    match (property, value) {
        (_, None | Some(Value::Null)) => assert_eq!(field, "", "{property}"),
        ("s", Some(Value::String(text))) => assert_eq!(field, text),
        ("i", Some(Value::Number(number))) if number.is_i64() || number.is_u64() => {
            assert_eq!(field, number.to_string());
        }
        ("b", Some(Value::Bool(truth))) => assert_eq!(field, truth.to_string()),
        ("n", Some(Value::Number(number))) => {
            assert_eq!(field.parse().ok(), number.as_f64(), "{property}");
        }
        ("o", Some(value @ Value::Object(_))) | ("a", Some(value @ Value::Array(_))) => {
            assert!(is_same(&json(), value), "{property}");
        }
        ("t" | "e" | "c", Some(Value::String(_))) => assert!(field.is_ascii() && field.len() >= 10),
        _ => {}
    }
}

/// Whether a VARIANT says what the record says: a number that it would round is a string of its digits.
fn is_same(found: &Value, value: &Value) -> bool {
    match (found, value) {
        (Value::String(digits), Value::Number(number)) => digits.parse().ok() == number.as_f64(),
        (Value::Array(found), Value::Array(values)) => {
            found.len() == values.len() && found.iter().zip(values).all(|(found, value)| is_same(found, value))
        }
        (Value::Object(found), Value::Object(values)) => {
            found.len() == values.len()
                && values
                    .iter()
                    .all(|(key, value)| found.get(key).is_some_and(|found| is_same(found, value)))
        }
        _ => found == value,
    }
}
