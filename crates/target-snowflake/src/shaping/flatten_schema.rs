//! From a nested schema to a flat one, and to the way each value takes. Naming as Meltano's SDK has it; what is not
//! flattened (arrays, objects that are too deep or have no known properties) stays as it is, for a VARIANT column.

use std::collections::HashMap;

use serde_json::{Map, Value};

use super::flattened_key::flattened_key;
use super::object_writer::json_key;

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

/// Flattens `schema`. The plan is for the records.
///
/// # Errors
/// Two values that would get the same name, both with the keys on their way.
pub(crate) fn flatten_schema(schema: &Value, settings: &FlatteningSettings) -> Result<(Value, FlatteningPlan), String> {
    let mut flattener = Flattener {
        settings,
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
        flat.insert("properties".to_owned(), Value::Object(flattener.properties));
    }
    Ok((Value::Object(flat), plan))
}

struct Flattener<'a> {
    settings: &'a FlatteningSettings,
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
                Some(nested) => Destination::Members(self.flatten(nested, &path)?),
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

/// The properties of a schema that describes objects, perhaps beside null.
fn nested(property: &Value) -> Option<&Map<String, Value>> {
    let is_object = match property.get("type")? {
        Value::String(name) => name == "object",
        Value::Array(names) => names.iter().any(|name| name == "object"),
        _ => false,
    };
    let properties = property.get("properties")?.as_object()?;
    (is_object && !properties.is_empty()).then_some(properties)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

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
    fn names_that_meet_are_told_with_their_ways() {
        let properties = json!({"a__b": {}, "a": {"type": "object", "properties": {"b": {}}}});
        let problem = flat(properties, 1).expect_err("two of a name");
        assert_eq!(problem, r#"flattening: "a__b" and "a.b" would both be "a__b""#);
    }
}
