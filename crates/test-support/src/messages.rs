//! Singer messages as lines, for tests that feed a target. Written by hand, not by our own writer, so as not to share its mistakes.

use serde_json::{Value, json};

/// A SCHEMA line. `properties` is the JSON Schema object of that name.
#[must_use]
pub fn schema_line(stream: &str, properties: &Value, key_properties: &[&str]) -> String {
    let schema = json!({ "type": "object", "properties": properties });
    line(&json!({ "type": "SCHEMA", "stream": stream, "schema": schema, "key_properties": key_properties }))
}

/// A RECORD line.
#[must_use]
pub fn record_line(stream: &str, record: &Value) -> String {
    line(&json!({ "type": "RECORD", "stream": stream, "record": record }))
}

/// A RECORD line whose record is given as raw JSON text, for numbers and escapes that must stay as they are.
#[must_use]
pub fn raw_record_line(stream: &str, record: &str) -> String {
    format!(
        "{{\"type\":\"RECORD\",\"stream\":{},\"record\":{record}}}\n",
        json!(stream)
    )
}

/// A RECORD line with `time_extracted` and a table version.
#[must_use]
pub fn versioned_record_line(stream: &str, record: &Value, version: i64, time_extracted: &str) -> String {
    line(&json!({
        "type": "RECORD", "stream": stream, "record": record, "version": version, "time_extracted": time_extracted,
    }))
}

/// A STATE line.
#[must_use]
pub fn state_line(value: &Value) -> String {
    line(&json!({ "type": "STATE", "value": value }))
}

/// An `ACTIVATE_VERSION` line.
#[must_use]
pub fn activate_version_line(stream: &str, version: i64) -> String {
    line(&json!({ "type": "ACTIVATE_VERSION", "stream": stream, "version": version }))
}

fn line(message: &Value) -> String {
    format!("{message}\n")
}
