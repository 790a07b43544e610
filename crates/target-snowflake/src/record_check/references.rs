//! A schema with what its `$ref`s point to in their places, so that records are checked from their text. Not for schemas that
//! contain themselves: those have no such form.

use serde_json::{Map, Value};

use crate::columns::referred;

/// References may multiply a schema; one that grows beyond so many parts is checked as it is.
const MAXIMUM_PARTS: usize = 20_000;

/// The schema without references and without the definitions that nothing points to any more. A reference to nothing, or
/// to another document, demands nothing. `None` when the schema contains itself, has parts with names of their own, or grows too large.
pub(crate) fn without_references(root: &Value) -> Option<Value> {
    let mut expansion = Expansion {
        root,
        followed: Vec::new(),
        parts: 0,
    };
    let mut schema = root.clone();
    if let Some(members) = schema.as_object_mut() {
        for definitions in ["definitions", "$defs", "$id", "id"] {
            members.remove(definitions);
        }
    }
    expansion.of(&schema)
}

struct Expansion<'a> {
    root: &'a Value,
    /// The references that lead here; one of them again would have no end.
    followed: Vec<String>,
    parts: usize,
}

impl Expansion<'_> {
    fn of(&mut self, schema: &Value) -> Option<Value> {
        self.parts += 1;
        if self.parts > MAXIMUM_PARTS {
            return None;
        }
        match schema {
            Value::Object(members) => match members.get("$ref") {
                // Draft 7: nothing beside a reference counts.
                Some(Value::String(pointer)) => self.follow(pointer),
                _ => self.of_members(members),
            },
            Value::Array(items) => items
                .iter()
                .map(|item| self.of(item))
                .collect::<Option<_>>()
                .map(Value::Array),
            _ => Some(schema.clone()),
        }
    }

    fn of_members(&mut self, members: &Map<String, Value>) -> Option<Value> {
        // A name changes what references below it mean.
        if members.get("$id").is_some_and(Value::is_string) {
            return None;
        }
        let expanded = members.iter().map(|(keyword, value)| {
            let is_data = matches!(keyword.as_str(), "enum" | "const" | "default" | "examples");
            Some((keyword.clone(), if is_data { value.clone() } else { self.of(value)? }))
        });
        expanded.collect::<Option<_>>().map(Value::Object)
    }

    fn follow(&mut self, pointer: &str) -> Option<Value> {
        if self.followed.iter().any(|followed| followed == pointer) {
            return None;
        }
        let Some(target) = referred(self.root, pointer) else {
            return Some(Value::Bool(true));
        };
        self.followed.push(pointer.to_owned());
        let expanded = self.of(target);
        self.followed.pop();
        expanded
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_pointed_to_takes_the_place() {
        let schema = json!({
            "definitions": { "a/b~c d": { "type": "integer" }, "e": { "items": { "$ref": "#/definitions/a~1b~0c%20d" } } },
            "properties": { "$ref": { "$ref": "#/definitions/e", "type": "string" }, "x": { "$ref": "#/no" }, "y": { "$ref": "o.json" } },
            "const": { "$ref": "text" },
        });
        let expected = json!({
            "properties": { "$ref": { "items": { "type": "integer" } }, "x": true, "y": true }, "const": { "$ref": "text" },
        });
        assert_eq!(without_references(&schema), Some(expected));
    }

    #[test]
    fn what_has_no_end_stays() {
        let tree = json!({ "definitions": { "t": { "items": { "$ref": "#/definitions/t" } } }, "properties": { "v": { "$ref": "#/definitions/t" } } });
        assert_eq!(without_references(&tree), None);
        assert_eq!(
            without_references(&json!({ "properties": { "v": { "$ref": "#" } } })),
            None
        );
        let mut definitions = json!({ "d0": { "type": "string" } });
        for level in 1..30 {
            let below = json!({ "$ref": format!("#/definitions/d{}", level - 1) });
            definitions[format!("d{level}")] = json!({ "anyOf": [below, below] });
        }
        let bomb = json!({ "definitions": definitions, "properties": { "v": { "$ref": "#/definitions/d29" } } });
        assert_eq!(without_references(&bomb), None);
    }
}
