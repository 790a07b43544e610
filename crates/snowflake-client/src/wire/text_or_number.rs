//! Values that some servers send as a text and others as a number: codes and the stage's master key id.

use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// The digits or the text; `None` for null and for anything else. Integers are exact: master key ids exceed 2^53.
pub(crate) fn text_or_number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    Ok(match Value::deserialize(deserializer)? {
        Value::String(text) => Some(text),
        Value::Number(number) => Some(number.to_string()),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    })
}
