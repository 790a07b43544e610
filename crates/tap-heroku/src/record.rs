//! From an object of Heroku's API to a record: known fields stay as they are, unknown ones move to `other_fields`.
//! Times stay the text that Heroku sent. Which properties the user selected is the output's business.

use std::borrow::Cow;
use std::collections::BTreeSet;

use heroku_logs::without_signatures;
use serde_json::{Map, Value};

/// The property that takes fields a schema does not know, so that a field Heroku adds tomorrow is not lost.
pub(crate) const OTHER_FIELDS: &str = "other_fields";

/// An unknown field with such a part in its name is said to be there, but not what is in it.
const SECRET_NAMES: [&str; 5] = ["token", "secret", "password", "private_key", "credential"];

/// How objects of one stream become records.
#[derive(Debug)]
pub(crate) struct RecordShape {
    known: BTreeSet<String>,
    dropped: &'static [&'static str],
}

impl RecordShape {
    /// `dropped` names fields that are never passed on, because they hold signed addresses.
    pub(crate) fn new(schema: &Value, dropped: &'static [&'static str]) -> Self {
        let properties = schema.get("properties").and_then(Value::as_object);
        Self {
            known: properties.into_iter().flat_map(Map::keys).cloned().collect(),
            dropped,
        }
    }

    /// The record of one API object. Fields that Heroku left out are left out.
    pub(crate) fn record(&self, object: Map<String, Value>) -> Map<String, Value> {
        let mut record = Map::with_capacity(object.len());
        let mut other = Map::new();
        for (name, mut value) in object {
            if self.dropped.contains(&name.as_str()) {
                continue;
            }
            remove_signatures(&mut value);
            if self.known.contains(&name) && name != OTHER_FIELDS {
                record.insert(name, value);
            } else {
                let is_secret = SECRET_NAMES.iter().any(|part| name.contains(part));
                other.insert(name, if is_secret { Value::from("***") } else { value });
            }
        }
        if !other.is_empty() {
            record.insert(OTHER_FIELDS.to_owned(), Value::Object(other));
        }
        record
    }
}

/// Signed addresses in any text of an API object come without their secrets.
fn remove_signatures(value: &mut Value) {
    match value {
        Value::String(text) => {
            if let Cow::Owned(clean) = without_signatures(text.as_bytes()) {
                *text = String::from_utf8_lossy(&clean).into_owned();
            }
        }
        Value::Array(items) => items.iter_mut().for_each(remove_signatures),
        Value::Object(fields) => fields.values_mut().for_each(remove_signatures),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// A text field of an API object.
pub(crate) fn text<'a>(object: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    object.get(name)?.as_str()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn unknown_fields_are_kept_and_signed_addresses_are_not() {
        let schema = json!({"properties": {"id": {}, "made_at": {}, "other_fields": {}}});
        let shape = RecordShape::new(&schema, &["stream_url"]);
        let Value::Object(object) = json!({
            "id": "a", "made_at": "2026-01-02T03:04:05.60+01:00", "stream_url": "https://signed", "new": [1], "other_fields": 2,
            "bypass_token": "t", "new_url": {"get": ["https://a?X-Amz-Signature=5e"]}
        }) else {
            unreachable!()
        };
        let expected = json!({
            "id": "a", "made_at": "2026-01-02T03:04:05.60+01:00", "other_fields": {
                "new": [1], "other_fields": 2, "bypass_token": "***", "new_url": {"get": ["https://a?X-Amz-Signature=***"]}
            }
        });
        assert_eq!(Value::Object(shape.record(object)), expected);
    }
}
