//! A stream's schema as far as a file of columns can follow it: a column has a null where a RECORD would leave the key out,
//! decimals are numbers where a RECORD would have text, and floats may be no numbers. Only for comparing records.

use serde_json::{Map, Value, json};

/// Keywords whose value is a schema, or a list of schemas.
const PARTS: [&str; 7] = [
    "items",
    "additionalProperties",
    "additionalItems",
    "anyOf",
    "oneOf",
    "allOf",
    "contains",
];
/// Keywords whose value has schemas by name.
const NAMED_PARTS: [&str; 4] = ["properties", "patternProperties", "definitions", "$defs"];

/// The schema with what else may come.
pub(crate) fn columnar_schema(schema: &Value) -> Value {
    match schema {
        Value::Object(members) => of_members(members),
        Value::Array(parts) => parts.iter().map(columnar_schema).collect(),
        _ => schema.clone(),
    }
}

fn of_members(members: &Map<String, Value>) -> Value {
    let mut relaxed = members.clone();
    for keyword in PARTS {
        if let Some(part) = relaxed.get_mut(keyword) {
            *part = columnar_schema(part);
        }
    }
    for keyword in NAMED_PARTS {
        for part in relaxed
            .get_mut(keyword)
            .and_then(Value::as_object_mut)
            .into_iter()
            .flatten()
        {
            *part.1 = columnar_schema(part.1);
        }
    }
    // Null is one more that every one of them allows now.
    if let Some(members) = relaxed.remove("oneOf") {
        relaxed.entry("anyOf").or_insert(members);
    }
    let names = match members.get("type") {
        Some(Value::String(name)) => vec![name.as_str()],
        Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    let has_decimals = names.contains(&"string")
        && members
            .get("format")
            .and_then(Value::as_str)
            .is_some_and(|format| format.contains("decimal"));
    let has_floats = names.contains(&"number");
    if !names.is_empty() {
        let more = if has_decimals {
            &["null", "number"][..]
        } else {
            &["null"]
        };
        let more = more.iter().copied().filter(|name| !names.contains(name));
        let names: Vec<&str> = names.iter().copied().chain(more).collect();
        relaxed.insert("type".to_owned(), json!(names));
    }
    if let Some(constant) = relaxed.remove("const") {
        relaxed.insert("enum".to_owned(), json!([constant]));
    }
    if let Some(Value::Array(values)) = relaxed.get_mut("enum") {
        values.push(Value::Null);
    }
    if has_floats {
        return json!({ "anyOf": [relaxed, { "enum": ["NaN", "Infinity", "-Infinity"] }] });
    }
    Value::Object(relaxed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nulls_decimals_and_floats_may_come() {
        let schema = json!({
            "type": "object", "required": ["id"],
            "properties": {
                "id": { "type": "integer" },
                "price": { "type": ["string", "null"], "format": "x-singer.decimal" },
                "kind": { "type": "string", "enum": ["a"] },
                "doc": { "type": "object", "properties": { "n": { "oneOf": [{ "const": 1 }, { "type": "boolean" }] } } },
                "weight": { "type": "number" },
            },
        });
        let expected = json!({
            "type": ["object", "null"], "required": ["id"],
            "properties": {
                "id": { "type": ["integer", "null"] },
                "price": { "type": ["string", "null", "number"], "format": "x-singer.decimal" },
                "kind": { "type": ["string", "null"], "enum": ["a", null] },
                "doc": {
                    "type": ["object", "null"],
                    "properties": { "n": { "anyOf": [{ "enum": [1, null] }, { "type": ["boolean", "null"] }] } },
                },
                "weight": { "anyOf": [{ "type": ["number", "null"] }, { "enum": ["NaN", "Infinity", "-Infinity"] }] },
            },
        });
        assert_eq!(columnar_schema(&schema), expected);
    }
}
