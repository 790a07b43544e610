//! From an object of Heroku's API to a record: known fields stay as they are, unknown ones move to `other_fields`.
//! Times stay the text that Heroku sent. Which properties the user selected is the output's business.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

/// The property that takes fields a schema does not know, so that a field Heroku adds tomorrow is not lost.
pub(crate) const OTHER_FIELDS: &str = "other_fields";

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
        for (name, value) in object {
            if self.dropped.contains(&name.as_str()) {
                continue;
            }
            let place = if self.known.contains(&name) && name != OTHER_FIELDS {
                &mut record
            } else {
                &mut other
            };
            place.insert(name, value);
        }
        if !other.is_empty() {
            record.insert(OTHER_FIELDS.to_owned(), Value::Object(other));
        }
        record
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
            "id": "a", "made_at": "2026-01-02T03:04:05.60+01:00", "stream_url": "https://signed", "new": [1], "other_fields": 2
        }) else {
            unreachable!()
        };
        let expected = json!({
            "id": "a", "made_at": "2026-01-02T03:04:05.60+01:00", "other_fields": {"new": [1], "other_fields": 2}
        });
        assert_eq!(Value::Object(shape.record(object)), expected);
    }
}
