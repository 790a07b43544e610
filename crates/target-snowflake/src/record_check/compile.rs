//! From a part of a JSON Schema to its check. A schema that is none, or demands something unknown, demands nothing of it: the
//! tap's mistake must not keep its records away. Checking is `value.rs`.

use jsonschema::{Draft, Validator};
use serde_json::{Map, Value};

use super::number::NumberRules;
use super::shapes::Shapes;
use super::value::{Combination, ObjectCheck, ValueCheck};

/// Rules that only the jsonschema crate checks.
const TREE_KEYWORDS: [&str; 15] = [
    "additionalItems",
    "contains",
    "dependencies",
    "else",
    "if",
    "maxItems",
    "maxProperties",
    "minItems",
    "minProperties",
    "not",
    "pattern",
    "patternProperties",
    "propertyNames",
    "then",
    "uniqueItems",
];

/// The check for a value with this schema; `None` when it demands nothing.
pub(crate) fn compile(schema: &Value) -> Option<ValueCheck> {
    let members = match schema {
        Value::Object(members) => members,
        Value::Bool(false) => return tree_check(schema),
        _ => return None,
    };
    if needs_tree(members) {
        return tree_check(schema);
    }
    let (shapes, is_integer) = types(members);
    let count = |keyword: &str| members.get(keyword).and_then(Value::as_u64);
    let characters = match (count("minLength"), count("maxLength")) {
        (None, None) => None,
        (least, greatest) => Some((least.unwrap_or(0), greatest.unwrap_or(u64::MAX))),
    };
    let constant = members.get("const").map(|constant| vec![constant.clone()]);
    let allowed = constant.or_else(|| members.get("enum").and_then(Value::as_array).cloned());
    let combined = [
        ("anyOf", Combination::Any),
        ("oneOf", Combination::One),
        ("allOf", Combination::All),
    ];
    let combined = combined.into_iter().filter_map(|(keyword, combination)| {
        let checks: Vec<_> = members.get(keyword)?.as_array()?.iter().map(compile).collect();
        let is_free = match combination {
            Combination::Any => checks.iter().any(Option::is_none),
            Combination::One => false,
            Combination::All => checks.iter().all(Option::is_none),
        };
        (!is_free).then_some((combination, checks))
    });
    let check = ValueCheck {
        shapes,
        is_integer,
        characters,
        number: NumberRules::of_schema(members).map(Box::new),
        allowed,
        object: object_check(members).map(Box::new),
        items: members.get("items").and_then(compile).map(Box::new),
        combined: combined.collect(),
        tree: None,
    };
    let is_free = check.shapes == Shapes::ALL && check.is_type_only();
    (!is_free).then_some(check)
}

/// The types that a schema allows, and whether numbers must be whole.
pub(crate) fn types(schema: &Map<String, Value>) -> (Shapes, bool) {
    let names: Vec<&str> = match schema.get("type") {
        Some(Value::String(name)) => vec![name],
        Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).collect(),
        _ => return (Shapes::ALL, false),
    };
    let mut shapes = Shapes::NONE;
    for name in &names {
        match Shapes::of_name(name) {
            Some(shape) => shapes = shapes.and(shape),
            None => return (Shapes::ALL, false),
        }
    }
    let has = |wanted: &str| names.iter().any(|name| name.eq_ignore_ascii_case(wanted));
    (shapes, has("integer") && !has("number"))
}

/// What the schema says about an object's members; `None` when nothing.
fn object_check(schema: &Map<String, Value>) -> Option<ObjectCheck> {
    let mut check = ObjectCheck {
        forbids_others: forbids_others(schema),
        required: required(schema),
        ..ObjectCheck::default()
    };
    let properties = schema.get("properties").and_then(Value::as_object);
    for (key, property) in properties.into_iter().flatten() {
        check
            .members
            .insert(key.clone().into_bytes(), (compile(property), None));
    }
    for (position, key) in check.required.iter().enumerate() {
        let member = check.members.entry(key.clone().into_bytes()).or_insert((None, None));
        member.1 = Some(position);
    }
    let demands = check.forbids_others
        || !check.required.is_empty()
        || check.members.values().any(|(member, _)| member.is_some());
    demands.then_some(check)
}

/// The keys in `required`.
pub(crate) fn required(schema: &Map<String, Value>) -> Vec<String> {
    let names = schema.get("required").and_then(Value::as_array).into_iter().flatten();
    names.filter_map(Value::as_str).map(str::to_owned).collect()
}

/// True for `additionalProperties: false`.
pub(crate) fn forbids_others(schema: &Map<String, Value>) -> bool {
    schema.get("additionalProperties") == Some(&Value::Bool(false))
}

/// True when the schema itself, its parts aside, has rules that need a tree.
pub(crate) fn needs_tree(schema: &Map<String, Value>) -> bool {
    TREE_KEYWORDS.iter().any(|keyword| schema.contains_key(*keyword))
        || matches!(schema.get("items"), Some(Value::Array(_) | Value::Bool(_)))
        || matches!(schema.get("additionalProperties"), Some(Value::Object(_)))
        // An object in both would make a required key that is forbidden look allowed.
        || (forbids_others(schema) && required(schema).iter().any(|key| {
            schema.get("properties").and_then(|properties| properties.get(key)).is_none()
        }))
}

fn tree_check(schema: &Value) -> Option<ValueCheck> {
    Some(ValueCheck {
        tree: Some(Box::new(validator(schema)?)),
        ..ValueCheck::nothing()
    })
}

/// The jsonschema crate's validator: Draft 7, formats not checked, nothing fetched. `None` for what is no schema.
pub(crate) fn validator(schema: &Value) -> Option<Validator> {
    let options = jsonschema::options()
        .with_draft(Draft::Draft7)
        .should_validate_formats(false);
    match options.build(schema) {
        Ok(validator) => Some(validator),
        Err(error) => {
            log::warn!(
                "a part of a schema cannot be used to validate records ({:?} at {:?})",
                error.schema_path().to_string().rsplit('/').next().unwrap_or_default(),
                error.instance_path().to_string()
            );
            None
        }
    }
}
