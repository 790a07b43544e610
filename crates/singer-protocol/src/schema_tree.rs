//! A SCHEMA's JSON as a tree, also where it has numbers that are larger than any double: bounds of databases' own decimals.
//! Not for records, whose numbers stay text.

use std::borrow::Cow;

use serde_json::Value;

/// The greatest double. In a bound it says the same as any larger number: no column of numbers holds more.
const GREATEST: &str = "1.7976931348623157e308";

/// Reads the text, with numbers beyond the range of a double as the greatest of their sign.
///
/// # Errors
/// The text is no JSON, or deeper than 128 levels.
pub(crate) fn schema_tree(text: &str) -> Result<Value, serde_json::Error> {
    match serde_json::from_str(text) {
        Ok(tree) => Ok(tree),
        Err(error) => match within_doubles(text) {
            Cow::Owned(text) => serde_json::from_str(&text),
            Cow::Borrowed(_) => Err(error),
        },
    }
}

fn within_doubles(text: &str) -> Cow<'_, str> {
    let mut changed = String::new();
    let mut done = 0;
    let mut bytes = text.bytes().enumerate().peekable();
    while let Some((begin, byte)) = bytes.next() {
        match byte {
            b'"' => {
                while let Some((_, byte)) = bytes.next() {
                    match byte {
                        b'"' => break,
                        b'\\' => drop(bytes.next()),
                        _ => {}
                    }
                }
            }
            b'-' | b'0'..=b'9' => {
                let mut end = begin + 1;
                while let Some((at, _)) =
                    bytes.next_if(|(_, byte)| matches!(byte, b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E'))
                {
                    end = at + 1;
                }
                let number = text.get(begin..end).unwrap_or_default();
                if number.parse::<f64>().is_ok_and(f64::is_infinite) {
                    changed.push_str(text.get(done..begin).unwrap_or_default());
                    changed.push_str(if byte == b'-' { "-" } else { "" });
                    changed.push_str(GREATEST);
                    done = end;
                }
            }
            _ => {}
        }
    }
    if changed.is_empty() {
        return Cow::Borrowed(text);
    }
    changed.push_str(text.get(done..).unwrap_or_default());
    Cow::Owned(changed)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn numbers_beyond_a_double_are_bounds_all_the_same() {
        let digits = "9".repeat(400);
        let text = format!(r#"{{"1e400\"":[1e400,-{digits},{digits}.5e3,1E+999],"a":1.5,"b":"1e400 \\"}}"#);
        let tree = schema_tree(&text).expect("a tree");
        let greatest = f64::MAX;
        assert_eq!(
            tree,
            json!({"1e400\"": [greatest, -greatest, greatest, greatest], "a": 1.5, "b": "1e400 \\"})
        );
    }

    #[test]
    fn what_is_no_json_is_refused() {
        assert!(schema_tree("{1e400").is_err());
        assert!(schema_tree("[1e400,").is_err());
        assert!(schema_tree("\"").is_err());
    }
}
