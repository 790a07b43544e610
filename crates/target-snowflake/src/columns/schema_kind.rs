//! JSON Schema of one property to a column kind. Follows MeltanoLabs' table where that loses nothing, and never fails:
//! what it cannot tell becomes VARCHAR or VARIANT. Not for nested properties, which stay JSON.

use std::collections::HashSet;

use serde_json::{Map, Value};

use super::kind::ColumnKind;
use super::reference::referred;
use super::settings::ColumnSettings;

/// `$ref`, `anyOf`, … are followed this deep. serde_json itself reads 128 levels; only chains of `$ref` come near.
const MAXIMUM_DEPTH: u8 = 64;

/// Snowflake's greatest precision.
const MAXIMUM_PRECISION: u8 = 38;

/// The kind of the column for a property with this schema; `root` is the stream's whole schema, for `$ref`.
pub(crate) fn kind_of_property(schema: &Value, root: &Value, settings: &ColumnSettings) -> ColumnKind {
    let mut reader = Reader {
        root,
        settings,
        kinds: Vec::new(),
        followed: HashSet::new(),
    };
    reader.collect(schema, 0);
    union(&reader.kinds)
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
            Value::Number(number) if number.is_f64() => self.add(ColumnKind::Float),
            Value::Number(_) => self.add(ColumnKind::Integer),
            Value::String(_) => self.add(ColumnKind::Text),
            Value::Array(_) | Value::Object(_) => self.add(ColumnKind::Variant),
        }
    }

    fn kind_of_type(&self, name: &str, schema: &Map<String, Value>) -> Option<ColumnKind> {
        Some(match name.to_ascii_lowercase().as_str() {
            "null" => return None,
            "integer" => ColumnKind::Integer,
            "number" => decimal_of_multiple(schema).unwrap_or(ColumnKind::Float),
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
            "date-time" => ColumnKind::Timestamp(self.settings.timestamp_type),
            "date" => ColumnKind::Date,
            "time" => ColumnKind::Time,
            "binary" => ColumnKind::Binary,
            _ => decimal_of_format(format, schema).unwrap_or(ColumnKind::Text),
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
fn union(kinds: &[ColumnKind]) -> ColumnKind {
    match kinds {
        [] => ColumnKind::Text,
        [kind] => *kind,
        _ if kinds.contains(&ColumnKind::Variant) => ColumnKind::Variant,
        _ if kinds.iter().all(is_numeric) => union_of_numbers(kinds),
        // "A date-time if it can be read as one, else a string" is a common way to write date-times.
        [first, rest @ ..] if is_formatted_text(first) && rest.iter().all(|kind| *kind == ColumnKind::Text) => *first,
        _ => ColumnKind::Text,
    }
}

fn is_numeric(kind: &ColumnKind) -> bool {
    matches!(
        kind,
        ColumnKind::Integer | ColumnKind::Decimal { .. } | ColumnKind::Float
    )
}

fn is_formatted_text(kind: &ColumnKind) -> bool {
    matches!(kind, ColumnKind::Date | ColumnKind::Time | ColumnKind::Timestamp(_))
}

fn union_of_numbers(kinds: &[ColumnKind]) -> ColumnKind {
    if kinds.contains(&ColumnKind::Float) {
        return ColumnKind::Float;
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

/// `multipleOf: 0.01` says two digits after the point: every value fits `NUMBER(38, 2)` exactly.
fn decimal_of_multiple(schema: &Map<String, Value>) -> Option<ColumnKind> {
    if let Some(kind) = schema
        .get("format")
        .and_then(Value::as_str)
        .and_then(|format| decimal_of_format(format, schema))
    {
        return Some(kind);
    }
    let text = schema.get("multipleOf")?.as_number()?.to_string();
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa.to_owned(), exponent.parse::<i32>().ok()?),
        None => (text, 0),
    };
    let fraction = mantissa
        .split_once('.')
        .map_or("", |(_, fraction)| fraction.trim_end_matches('0'));
    let scale = i32::try_from(fraction.len()).ok()?.checked_sub(exponent)?.max(0);
    let scale = u8::try_from(scale).ok().filter(|scale| *scale < MAXIMUM_PRECISION)?;
    Some(ColumnKind::Decimal {
        precision: MAXIMUM_PRECISION,
        scale,
    })
}

/// The formats `x-singer.decimal`, `singer.decimal` and `decimal`, with digits in the keywords `precision` and `scale` or
/// behind the name: `singer.decimal(18,4)`. Without either, only VARCHAR can keep every digit.
fn decimal_of_format(format: &str, schema: &Map<String, Value>) -> Option<ColumnKind> {
    let (name, arguments) = match format.split_once('(') {
        Some((name, arguments)) => (name.trim(), arguments.strip_suffix(')')?),
        None => (format, ""),
    };
    if !["x-singer.decimal", "singer.decimal", "decimal"].contains(&name) {
        return None;
    }
    let mut digits = arguments.split(',').map(|part| part.trim().parse::<u8>().ok());
    let keyword = |name: &str| {
        schema
            .get(name)
            .and_then(Value::as_u64)
            .and_then(|value| u8::try_from(value).ok())
    };
    let precision = digits.next().flatten().or_else(|| keyword("precision"))?;
    let scale = digits.next().flatten().or_else(|| keyword("scale")).unwrap_or(0);
    ((1..=MAXIMUM_PRECISION).contains(&precision) && scale <= precision && scale < MAXIMUM_PRECISION)
        .then_some(ColumnKind::Decimal { precision, scale })
}

#[cfg(test)]
mod tests;
