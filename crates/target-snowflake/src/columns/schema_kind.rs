//! JSON Schema of one property to a column kind. Follows MeltanoLabs' table where that loses nothing, and never fails:
//! what it cannot tell becomes VARCHAR or VARIANT. Not for nested properties, which stay JSON.

use std::collections::HashSet;

use serde_json::{Map, Value};

use super::kind::ColumnKind;
use super::number_schema::{MAXIMUM_PRECISION, kind_of_format, kind_of_integer, kind_of_number};
use super::reference::referred;
use super::settings::ColumnSettings;

/// `$ref`, `anyOf`, … are followed this deep. serde_json itself reads 128 levels; only chains of `$ref` come near.
const MAXIMUM_DEPTH: u8 = 64;

/// The kind of the column for a property with this schema; `root` is the stream's whole schema, for `$ref`.
pub(crate) fn kind_of_property(schema: &Value, root: &Value, settings: &ColumnSettings) -> ColumnKind {
    let kind = union(&kinds_of_property(schema, root, settings), settings);
    if settings.is_iceberg { kind.in_iceberg() } else { kind }
}

/// Whether the property may be a date or time, or any other text, and gets a column for the first.
pub(super) fn is_mixed_datetime(schema: &Value, root: &Value, settings: &ColumnSettings) -> bool {
    match kinds_of_property(schema, root, settings).as_slice() {
        [first, rest @ ..] => !rest.is_empty() && is_mixed(first, rest) && !settings.mixed_datetimes_are_text,
        [] => false,
    }
}

fn kinds_of_property(schema: &Value, root: &Value, settings: &ColumnSettings) -> Vec<ColumnKind> {
    let mut reader = Reader {
        root,
        settings,
        kinds: Vec::new(),
        followed: HashSet::new(),
    };
    reader.collect(schema, 0);
    reader.kinds
}

struct Reader<'a> {
    root: &'a Value,
    settings: &'a ColumnSettings,
    /// Every kind the value may have, null left out.
    kinds: Vec<ColumnKind>,
    /// Each `$ref` is followed once: a second visit, in a cycle or not, adds nothing to the kinds.
    followed: HashSet<String>,
}

impl Reader<'_> {
    fn add(&mut self, kind: ColumnKind) {
        if !self.kinds.contains(&kind) {
            self.kinds.push(kind);
        }
    }

    fn collect(&mut self, schema: &Value, depth: u8) {
        let Some(schema) = schema.as_object() else { return };
        if depth > MAXIMUM_DEPTH {
            return self.add(ColumnKind::Variant);
        }
        let names = type_names(schema);
        if !names.is_empty() {
            for name in names {
                if let Some(kind) = self.kind_of_type(name, schema) {
                    self.add(kind);
                }
            }
            return;
        }
        let before = self.kinds.len();
        if let Some(target) = schema
            .get("$ref")
            .and_then(Value::as_str)
            .and_then(|pointer| self.resolve(pointer))
        {
            self.collect(&target, depth + 1);
        }
        for keyword in ["anyOf", "oneOf"] {
            for member in schema.get(keyword).and_then(Value::as_array).into_iter().flatten() {
                self.collect(member, depth + 1);
            }
        }
        // Every member of allOf holds, so the first that says a type is enough.
        for member in schema.get("allOf").and_then(Value::as_array).into_iter().flatten() {
            if self.kinds.len() == before {
                self.collect(member, depth + 1);
            }
        }
        if self.kinds.len() == before {
            self.collect_untyped(schema);
        }
    }

    /// A schema without a type that other keywords give away.
    fn collect_untyped(&mut self, schema: &Map<String, Value>) {
        if let Some(constant) = schema.get("const") {
            self.add_kind_of_value(constant);
        } else if let Some(values) = schema.get("enum").and_then(Value::as_array) {
            values.iter().for_each(|value| self.add_kind_of_value(value));
        } else if schema.contains_key("properties") || schema.contains_key("items") {
            self.add(ColumnKind::Variant);
        } else if schema.contains_key("format") {
            let kind = self.kind_of_string(schema);
            self.add(kind);
        }
    }

    fn add_kind_of_value(&mut self, value: &Value) {
        match value {
            Value::Null => {}
            Value::Bool(_) => self.add(ColumnKind::Boolean),
            Value::Number(number) if number.is_f64() => {
                self.add(kind_of_number(&Map::new(), self.settings.number_type))
            }
            Value::Number(_) => self.add(ColumnKind::Integer),
            Value::String(_) => self.add(ColumnKind::Text),
            Value::Array(_) | Value::Object(_) => self.add(ColumnKind::Variant),
        }
    }

    fn kind_of_type(&self, name: &str, schema: &Map<String, Value>) -> Option<ColumnKind> {
        Some(match name.to_ascii_lowercase().as_str() {
            "null" => return None,
            "integer" => kind_of_integer(schema),
            "number" => kind_of_number(schema, self.settings.number_type),
            "boolean" => ColumnKind::Boolean,
            "object" | "array" => ColumnKind::Variant,
            "string" => self.kind_of_string(schema),
            // No JSON type at all; text takes whatever comes.
            _ => ColumnKind::Text,
        })
    }

    fn kind_of_string(&self, schema: &Map<String, Value>) -> ColumnKind {
        let format = schema.get("format").and_then(Value::as_str).unwrap_or_default();
        match format {
            "date-time" => self.settings.timestamp_kind(),
            "date" => ColumnKind::Date,
            "time" => ColumnKind::Time { digits: 9 },
            "binary" => ColumnKind::Binary,
            _ => kind_of_format(format, schema).unwrap_or(ColumnKind::Text),
        }
    }

    fn resolve(&mut self, reference: &str) -> Option<Value> {
        if !self.followed.insert(reference.to_owned()) {
            return None;
        }
        referred(self.root, reference).cloned()
    }
}

/// `type` as a string or a list of strings. `["string", "null"]` inside `anyOf` is common, so is a list of one.
fn type_names(schema: &Map<String, Value>) -> Vec<&str> {
    match schema.get("type") {
        Some(Value::String(name)) => vec![name],
        Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

/// One kind for a property that may be any of `kinds`.
fn union(kinds: &[ColumnKind], settings: &ColumnSettings) -> ColumnKind {
    match kinds {
        [] => ColumnKind::Text,
        [kind] => *kind,
        _ if kinds.contains(&ColumnKind::Variant) => ColumnKind::Variant,
        _ if kinds.iter().all(ColumnKind::is_numeric) => union_of_numbers(kinds),
        // "A date-time if it can be read as one, else a string" is a common way to write date-times.
        [first, rest @ ..] if is_mixed(first, rest) && !settings.mixed_datetimes_are_text => *first,
        _ => ColumnKind::Text,
    }
}

/// A date or time, or any text.
fn is_mixed(first: &ColumnKind, rest: &[ColumnKind]) -> bool {
    first.is_temporal() && rest.iter().all(|kind| *kind == ColumnKind::Text)
}

fn union_of_numbers(kinds: &[ColumnKind]) -> ColumnKind {
    for floating in [ColumnKind::DecimalFloat, ColumnKind::Float] {
        if kinds.contains(&floating) {
            return floating;
        }
    }
    let scale = kinds
        .iter()
        .map(|kind| {
            if let ColumnKind::Decimal { scale, .. } = kind {
                *scale
            } else {
                0
            }
        })
        .max();
    ColumnKind::Decimal {
        precision: MAXIMUM_PRECISION,
        scale: scale.unwrap_or(0),
    }
}

#[cfg(test)]
mod tests;
