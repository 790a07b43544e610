//! What a schema demands of a record as a whole, once members of it have other names or values: a rule stays when all
//! that it speaks of is as it was. Rules of single properties go with them elsewhere.

use serde_json::{Map, Value};

/// Keywords whose value is a schema, or a list of schemas, for the whole record. `if` has no meaning without what follows.
const COMBINING: [&str; 7] = ["anyOf", "oneOf", "allOf", "not", "if", "then", "else"];

/// Keywords that count or name members in a way that cannot be told apart by property.
const COUNTING: [&str; 9] = [
    "dependencies",
    "dependentRequired",
    "dependentSchemas",
    "propertyNames",
    "patternProperties",
    "minProperties",
    "maxProperties",
    "const",
    "enum",
];

/// Takes away the rules of a record's schema that speak of more than the properties that are `kept` as they were.
pub(super) fn drop_rules_of_moved(schema: &mut Map<String, Value>, kept: impl Fn(&str) -> bool) {
    for keyword in COUNTING {
        schema.shift_remove(keyword);
    }
    if let Some(Value::Array(all)) = schema.get_mut("allOf") {
        all.retain(|rule| speaks_of(rule, &kept));
    }
    let condition = ["if", "then", "else"];
    let is_lost = |keyword: &&str| schema.get(*keyword).is_some_and(|rule| !speaks_of(rule, &kept));
    let mut lost: Vec<&str> = COMBINING.iter().copied().filter(|keyword| is_lost(keyword)).collect();
    if condition.iter().any(|keyword| lost.contains(keyword)) {
        lost.extend(condition);
    }
    for keyword in lost {
        schema.shift_remove(keyword);
    }
    if schema.get("allOf").and_then(Value::as_array).is_some_and(Vec::is_empty) {
        schema.shift_remove("allOf");
    }
}

/// Whether a rule, and the rules in it, name `kept` properties alone.
fn speaks_of(rule: &Value, kept: &impl Fn(&str) -> bool) -> bool {
    match rule {
        Value::Array(rules) => rules.iter().all(|rule| speaks_of(rule, kept)),
        Value::Object(keywords) => keywords.iter().all(|(keyword, value)| match (keyword.as_str(), value) {
            ("properties", Value::Object(properties)) => properties.keys().all(|name| kept(name)),
            ("required", Value::Array(names)) => names.iter().all(|name| name.as_str().is_some_and(kept)),
            ("type" | "title" | "description" | "$comment", _) => true,
            (keyword, value) => COMBINING.contains(&keyword) && speaks_of(value, kept),
        }),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn rules_of_what_did_not_move_stay() {
        let schema = json!({
            "anyOf": [{ "required": ["id"] }, { "properties": { "name": { "type": "null" } }, "type": "object" }],
            "oneOf": [{ "required": ["id"] }, { "required": ["moved"] }],
            "allOf": [{ "required": ["id"] }, { "not": { "required": ["moved"] } }],
            "not": { "minProperties": 3 },
            "if": { "required": ["id"] }, "then": { "required": ["moved"] }, "else": false,
            "maxProperties": 3, "additionalProperties": false,
        });
        let mut schema = schema.as_object().cloned().unwrap();
        drop_rules_of_moved(&mut schema, |name| name != "moved");
        let expected = json!({
            "anyOf": [{ "required": ["id"] }, { "properties": { "name": { "type": "null" } }, "type": "object" }],
            "allOf": [{ "required": ["id"] }],
            "additionalProperties": false,
        });
        assert_eq!(Value::Object(schema), expected);
    }
}
