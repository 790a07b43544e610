//! A value as a tree, for rules that only the jsonschema crate checks. Not for rules that the text can tell.

use jsonschema::Validator;
use serde_json::Value;

use super::violation::Violation;
use crate::record_row::whole_unicode_escape;

/// Compares a value's text with the validator's schema. A value deeper than the 128 levels that serde_json reads is not
/// compared: its columns still refuse what they cannot hold, and nothing says that it is wrong.
pub(crate) fn check_tree(validator: &Validator, body: &[u8]) -> Result<(), Violation> {
    let Some(value) = tree(body) else { return Ok(()) };
    validator.validate(&value).map_err(|error| {
        // The crate's own message has values in it.
        let schema_path = error.schema_path().to_string();
        let keyword = schema_path.rsplit('/').next().unwrap_or_default();
        Violation::keyword(keyword).at_pointer(&error.instance_path().to_string())
    })
}

/// The tree of valid JSON; `None` when it is too deep.
fn tree(body: &[u8]) -> Option<Value> {
    serde_json::from_slice(body)
        .or_else(|_| serde_json::from_slice(&readable(body)))
        .ok()
}

/// The same JSON for a reader that knows no half surrogate pairs, which stand for U+FFFD, and no numbers beyond a double,
/// which become the greatest one.
fn readable(body: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(body.len());
    let mut rest = body;
    let mut is_in_string = false;
    while let [first, after @ ..] = rest {
        rest = match first {
            b'\\' if rest.starts_with(b"\\u") => {
                let (escape, behind) = whole_unicode_escape(rest);
                out.extend_from_slice(escape);
                behind
            }
            b'\\' => {
                let (escape, behind) = rest.split_at(rest.len().min(2));
                out.extend_from_slice(escape);
                behind
            }
            b'-' | b'0'..=b'9' if !is_in_string => {
                let is_of_number = |byte: &u8| matches!(byte, b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E');
                let length = rest.iter().take_while(|byte| is_of_number(byte)).count();
                let (number, behind) = rest.split_at(length);
                out.extend_from_slice(finite(number));
                behind
            }
            _ => {
                is_in_string ^= *first == b'"';
                out.push(*first);
                after
            }
        };
    }
    out
}

fn finite(number: &[u8]) -> &[u8] {
    match std::str::from_utf8(number)
        .ok()
        .and_then(|text| text.parse::<f64>().ok())
    {
        Some(f64::INFINITY) => b"1.7976931348623157e308",
        Some(f64::NEG_INFINITY) => b"-1.7976931348623157e308",
        _ => number,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_json_but_the_deepest_has_a_tree() {
        let text = r#"{"a":["\ud800","\\ud800 -1e999","\ud83d\ude00"],"b":[-1e999,1e400,1,0.5e-3]}"#;
        let most = 1.797_693_134_862_315_7e308;
        let expected = json!({ "a": ["\u{fffd}", "\\ud800 -1e999", "😀"], "b": [-most, most, 1, 0.5e-3] });
        assert_eq!(tree(text.as_bytes()), Some(expected));
        let deep = "[".repeat(100_000) + &"]".repeat(100_000);
        assert_eq!(tree(deep.as_bytes()), None);
    }
}
