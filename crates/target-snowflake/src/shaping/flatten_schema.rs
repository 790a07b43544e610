//! From a nested schema to a flat one, and to the way each value takes. Naming as Meltano's SDK has it; what is not
//! flattened (arrays, objects that are too deep or have no known properties) stays as it is, for a VARIANT column.

use std::collections::HashMap;

use serde_json::{Map, Value, json};

use super::flattened_key::flattened_key;
use super::object_writer::json_key;
use super::record_rules::drop_rules_of_moved;
use crate::record_check::without_references;

/// How nested objects become columns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FlatteningSettings {
    /// Levels that are flattened, at least 1.
    pub(crate) maximum_depth: u64,
    pub(crate) separator: String,
    pub(crate) maximum_key_characters: usize,
}

/// Where an object's members go.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct FlatteningPlan {
    pub(crate) members: HashMap<Vec<u8>, Destination>,
}

/// Where one value goes.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Destination {
    /// Into this key, a JSON string with quotes.
    Key(Vec<u8>),
    /// Its members go on.
    Members(FlatteningPlan),
}

/// Flattens `schema`, with what its `$ref`s point to in their places, unless it contains itself. The plan is for the
/// records.
///
/// # Errors
/// Two values that would get the same name, both with the keys on their way.
pub(crate) fn flatten_schema(schema: &Value, settings: &FlatteningSettings) -> Result<(Value, FlatteningPlan), String> {
    let expanded = without_references(schema);
    let schema = expanded.as_ref().unwrap_or(schema);
    let mut flattener = Flattener {
        settings,
        has_open_objects: false,
        properties: Map::new(),
        paths: HashMap::new(),
    };
    let properties = schema.get("properties").and_then(Value::as_object);
    let plan = match properties {
        Some(properties) => flattener.flatten(properties, &[])?,
        None => FlatteningPlan::default(),
    };
    let mut flat = schema.as_object().cloned().unwrap_or_default();
    if properties.is_some() {
        let kept = |key: &Value| key.as_str().is_some_and(|key| flattener.properties.contains_key(key));
        if let Some(Value::Array(required)) = flat.get_mut("required") {
            required.retain(kept);
        }
        let is_kept = |name: &str| matches!(plan.members.get(name.as_bytes()), Some(Destination::Key(key)) if *key == json_key(name));
        if !properties.into_iter().flatten().all(|(name, _)| is_kept(name)) {
            drop_rules_of_moved(&mut flat, is_kept);
        }
        if flattener.has_open_objects {
            // Members of theirs that no schema names come under names of the record's own.
            flat.shift_remove("additionalProperties");
        }
        flat.insert("properties".to_owned(), Value::Object(flattener.properties));
    }
    Ok((Value::Object(flat), plan))
}

struct Flattener<'a> {
    settings: &'a FlatteningSettings,
    /// Whether something that is flattened may have members that its schema does not name.
    has_open_objects: bool,
    properties: Map<String, Value>,
    /// The way to each value in words, by its name.
    paths: HashMap<String, String>,
}

impl Flattener<'_> {
    fn flatten(&mut self, properties: &Map<String, Value>, parents: &[&str]) -> Result<FlatteningPlan, String> {
        let mut plan = FlatteningPlan::default();
        let is_deep = u64::try_from(parents.len()).unwrap_or(u64::MAX) >= self.settings.maximum_depth;
        for (key, property) in properties {
            let mut path = parents.to_vec();
            path.push(key);
            let destination = match nested(property).filter(|_| !is_deep) {
                Some(nested) => {
                    self.has_open_objects |= nested.get("additionalProperties") != Some(&Value::Bool(false));
                    let members = nested.get("properties").and_then(Value::as_object);
                    Destination::Members(self.flatten(members.unwrap_or(&Map::new()), &path)?)
                }
                None => Destination::Key(self.add(&path, property)?),
            };
            plan.members.insert(key.clone().into_bytes(), destination);
        }
        Ok(plan)
    }

    fn add(&mut self, path: &[&str], property: &Value) -> Result<Vec<u8>, String> {
        let name = flattened_key(path, &self.settings.separator, self.settings.maximum_key_characters);
        let words = path.join(".");
        if let Some(other) = self.paths.insert(name.clone(), words.clone()) {
            return Err(format!("flattening: {other:?} and {words:?} would both be {name:?}"));
        }
        let key = json_key(&name);
        self.properties.insert(name, property.clone());
        Ok(key)
    }
}

/// The part of a property's schema that describes objects with known members, when nothing but null stands beside it.
fn nested(property: &Value) -> Option<&Map<String, Value>> {
    let schema = property.as_object()?;
    match schema.get("type") {
        Some(Value::String(name)) if name == "object" => {}
        Some(Value::Array(names)) if names.iter().any(|name| name == "object") => {}
        Some(_) => return None,
        None => return alone(schema).and_then(nested),
    }
    let properties = schema.get("properties")?.as_object()?;
    (!properties.is_empty()).then_some(schema)
}

/// The only member of `anyOf`, `oneOf` or `allOf` that is not null.
fn alone(schema: &Map<String, Value>) -> Option<&Value> {
    let is_null = |member: &&Value| {
        member
            .get("type")
            .is_some_and(|name| name == "null" || *name == json!(["null"]))
    };
    ["anyOf", "oneOf", "allOf"].iter().find_map(|keyword| {
        let mut members = schema
            .get(*keyword)?
            .as_array()?
            .iter()
            .filter(|member| !is_null(member));
        members.next().filter(|_| members.next().is_none())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flat(properties: Value, maximum_depth: u64) -> Result<Value, String> {
        let settings = FlatteningSettings {
            maximum_depth,
            separator: "__".to_owned(),
            maximum_key_characters: 255,
        };
        let schema = json!({"type": "object", "properties": properties, "required": ["id", "a"]});
        flatten_schema(&schema, &settings).map(|(flat, _)| flat)
    }

    #[test]
    fn objects_with_properties_become_columns_down_to_the_depth() {
        let nested = json!({
            "id": {"type": "integer"},
            "a": {"type": ["null", "object"], "properties": {
                "b": {"type": "object", "properties": {"c": {"type": "string"}}},
                "l": {"type": "array"}, "e": {"type": "object"}}},
        });
        let one = flat(nested.clone(), 1).expect("flat");
        let names = |schema: &Value| -> Vec<String> {
            schema
                .get("properties")
                .and_then(Value::as_object)
                .expect("properties")
                .keys()
                .cloned()
                .collect()
        };
        assert_eq!(names(&one), ["id", "a__b", "a__l", "a__e"]);
        assert_eq!(one.get("required"), Some(&json!(["id"])));
        assert_eq!(
            names(&flat(nested, 5).expect("flat")),
            ["id", "a__b__c", "a__l", "a__e"]
        );
    }

    #[test]
    fn objects_beside_null_and_behind_references_become_columns() {
        let schema = json!({
            "definitions": { "place": { "type": "object", "properties": { "city": { "type": "string" } } } },
            "type": "object",
            "properties": {
                "id": { "type": "integer" },
                "home": { "anyOf": [{ "$ref": "#/definitions/place" }, { "type": "null" }] },
                "work": { "$ref": "#/definitions/place" },
                "either": { "oneOf": [{ "type": "string" }, { "$ref": "#/definitions/place" }] },
            },
            "required": ["id", "work"],
            "additionalProperties": false,
            "anyOf": [{ "required": ["home"] }, { "required": ["work"] }],
        });
        let settings = FlatteningSettings {
            maximum_depth: 3,
            separator: "__".to_owned(),
            maximum_key_characters: 255,
        };
        let (flat, _) = flatten_schema(&schema, &settings).expect("flat");
        let place = json!({ "type": "object", "properties": { "city": { "type": "string" } } });
        let expected = json!({
            "type": "object",
            "properties": {
                "id": { "type": "integer" }, "home__city": { "type": "string" }, "work__city": { "type": "string" },
                "either": { "oneOf": [{ "type": "string" }, place] },
            },
            "required": ["id"],
        });
        assert_eq!(flat, expected);
    }

    #[test]
    fn names_that_meet_are_told_with_their_ways() {
        let properties = json!({"a__b": {}, "a": {"type": "object", "properties": {"b": {}}}});
        let problem = flat(properties, 1).expect_err("two of a name");
        assert_eq!(problem, r#"flattening: "a__b" and "a.b" would both be "a__b""#);
    }
}
