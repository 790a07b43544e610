//! Any text as a record: the scanner takes what serde_json takes, and finds the same members at the same places.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
use singer_protocol::{KeySet, Member, RecordScanner, Shape};

/// Panics when the scanner is wrong about the text, or about one of its lines, each read after those before it.
pub(crate) fn check(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    check_text(text, &mut RecordScanner::default());
    let mut scanner = RecordScanner::default();
    let mut before: Option<(KeySet, Vec<String>)> = None;
    for line in text.split('\n') {
        check_text(line, &mut scanner);
        let Some(record) = scanner.scan(line) else { continue };
        let key = |member: &Member| record.text()[member.key.clone()].to_owned();
        let keys: Vec<String> = record.members().iter().map(key).collect();
        if let Some((set, before)) = &before
            && *set == record.key_set()
        {
            assert_eq!(before, &keys, "the keys of one set");
        }
        before = Some((record.key_set(), keys));
    }
}

fn check_text(text: &str, scanner: &mut RecordScanner) {
    let record = scanner.scan(text);
    let is_object = text.trim_ascii_start().starts_with('{') && serde_json::from_str::<&RawValue>(text).is_ok();
    assert_eq!(record.is_some(), is_object, "what is a record");
    let Some(record) = record else { return };
    // Keys with lone surrogates are no String.
    let Ok(Members(expected)) = serde_json::from_str(record.text()) else {
        return;
    };
    assert_eq!(record.members().len(), expected.len(), "members");
    for (member, (key, value)) in record.members().iter().zip(expected) {
        check_member(record.text(), member, &key, value);
    }
}

fn check_member(text: &str, member: &Member, key: &str, value: &RawValue) {
    let found = &text[member.key.clone()];
    assert_eq!(member.key_has_escape, found.contains('\\'));
    let said: String = serde_json::from_str(&format!("\"{found}\"")).expect("a key");
    assert_eq!(said, key);
    let found = &text[member.value.range.clone()];
    assert_eq!(found, value.get());
    let shape = match found.as_bytes()[0] {
        b'n' => Shape::Null,
        b't' | b'f' => Shape::Boolean,
        b'"' => Shape::String {
            has_escape: found.contains('\\'),
        },
        b'{' | b'[' => {
            let claimed = Shape::Container {
                has_unusual_number: false,
            };
            let has_unusual_number = member.value.shape != claimed;
            assert!(has_unusual_number || numbers_outside_strings(found).iter().all(|number| is_plain(number)));
            Shape::Container { has_unusual_number }
        }
        _ => Shape::Number,
    };
    assert_eq!(member.value.shape, shape);
}

fn is_plain(number: &str) -> bool {
    number.len() < 32 && !number.contains(['e', 'E'])
}

/// The texts of all numbers of valid JSON.
fn numbers_outside_strings(json: &str) -> Vec<String> {
    let mut numbers = Vec::new();
    let mut rest = json.chars().peekable();
    while let Some(character) = rest.next() {
        match character {
            '"' => {
                while let Some(inside) = rest.next() {
                    match inside {
                        '\\' => {
                            rest.next();
                        }
                        '"' => break,
                        _ => {}
                    }
                }
            }
            '-' | '0'..='9' => {
                let mut number = String::from(character);
                while let Some(next) = rest.next_if(|next| matches!(next, '0'..='9' | '.' | 'e' | 'E' | '+' | '-')) {
                    number.push(next);
                }
                numbers.push(number);
            }
            _ => {}
        }
    }
    numbers
}

/// All members of an object in order, duplicates included.
struct Members<'a>(Vec<(String, &'a RawValue)>);

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(InOrder)
    }
}

struct InOrder;

impl<'de> Visitor<'de> for InOrder {
    type Value = Members<'de>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut members = Vec::new();
        while let Some(member) = map.next_entry()? {
            members.push(member);
        }
        Ok(Members(members))
    }
}
