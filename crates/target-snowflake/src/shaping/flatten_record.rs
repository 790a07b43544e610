//! A nested record's text to a flat one's, along the plan of its schema. Values are copied as they stand.

use singer_protocol::Shape;

use super::flatten_schema::{Destination, FlatteningPlan};
use super::object_writer::{ObjectWriter, json_key};
use super::problem::ShapeProblem;
use crate::record_row::{Members, unescaped};

/// Writes the flat record. Recursion ends at the plan's depth. A key outside the schema keeps its place in the name, so
/// that the user is told of it by its way.
pub(crate) fn flatten_record(
    text: &[u8],
    plan: &FlatteningPlan,
    separator: &str,
    out: &mut Vec<u8>,
) -> Result<(), ShapeProblem> {
    let mut writer = ObjectWriter::begin(out);
    flatten_members(text, plan, separator, "", &mut writer)?;
    writer.end();
    Ok(())
}

fn flatten_members(
    text: &[u8],
    plan: &FlatteningPlan,
    separator: &str,
    parents: &str,
    writer: &mut ObjectWriter<'_>,
) -> Result<(), ShapeProblem> {
    let mut members = Members::of_object(text).ok_or(ShapeProblem::NotAnObject)?;
    while members.next_key().is_some() {
        let (raw, has_escape) = members.key().ok_or(ShapeProblem::NotAnObject)?;
        let place = members.value().ok_or(ShapeProblem::NotAnObject)?;
        let value = text.get(place.range.clone()).unwrap_or_default();
        let found = if has_escape {
            plan.members.get(&unescaped(raw))
        } else {
            plan.members.get(raw)
        };
        let named = || {
            let key = String::from_utf8_lossy(&unescaped(raw)).into_owned();
            if parents.is_empty() {
                key
            } else {
                format!("{parents}{separator}{key}")
            }
        };
        match found {
            Some(Destination::Key(key)) => writer.member(key, value),
            Some(Destination::Members(nested)) => match place.shape {
                // Every member of it is absent.
                Shape::Null => {}
                Shape::Container { .. } if value.first() == Some(&b'{') => {
                    flatten_members(value, nested, separator, &named(), writer)?;
                }
                _ => {
                    return Err(ShapeProblem::NotFlat {
                        key: named(),
                        found: if matches!(place.shape, Shape::Container { .. }) {
                            "an array"
                        } else {
                            place.shape.name()
                        },
                    });
                }
            },
            None => writer.member(&json_key(&named()), value),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::shaping::flatten_schema::{FlatteningSettings, flatten_schema};

    fn flat(record: &str) -> Result<String, ShapeProblem> {
        let settings = FlatteningSettings {
            maximum_depth: 2,
            separator: "__".to_owned(),
            maximum_key_characters: 255,
        };
        let schema = json!({"properties": {"id": {}, "a": {"type": ["object", "null"], "properties": {
            "b": {"type": "object", "properties": {"c": {"type": "object", "properties": {"d": {}}}}}, "\"q": {}}}}});
        let (_, plan) = flatten_schema(&schema, &settings).expect("a plan");
        let mut out = b"before".to_vec();
        flatten_record(record.as_bytes(), &plan, "__", &mut out)?;
        Ok(String::from_utf8(out).expect("UTF-8"))
    }

    #[test]
    fn values_are_copied_to_their_flat_keys() {
        let record = r#"{"id": 1.10, "a": {"b": {"c": {"d": [1, "x"]}}, "\u0022q": null}, "new": {"x": 1}}"#;
        let expected = r#"{"id":1.10,"a__b__c":{"d": [1, "x"]},"a__\"q":null,"new":{"x": 1}}"#;
        assert_eq!(flat(record).as_deref(), Ok(expected));
        assert_eq!(flat(r#"{"a": {"z": 1}}"#).as_deref(), Ok(r#"{"a__z":1}"#));
        assert_eq!(flat(r#"{"a": null}"#).as_deref(), Ok("{}"));
    }

    #[test]
    fn what_is_no_object_is_refused_not_lost() {
        let problem = flat(r#"{"a": {"b": [1]}}"#).expect_err("an array");
        assert_eq!(
            problem.to_string(),
            r#"key "a__b": flattening needs an object, found an array"#
        );
    }
}
