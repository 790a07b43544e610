//! A record as JSON text that is known to be an object, with the places of its members. Found while the line is read, so
//! that nobody reads the text twice. Not for what the values mean.

use std::ops::Range;

use serde::ser::{Error, Serialize, Serializer};
use serde_json::value::RawValue;

use crate::json_scanner::{JsonScanner, Member, Nesting, Place};
use crate::known_keys::{KNOWN_KEYS_LIMIT, KeyPlace, KeySet, KnownKeys};
use crate::line_front::LineFront;

/// A record: the text of a JSON object, and where its members are in that text, in its order, duplicates included.
#[derive(Debug, Clone, Copy)]
pub struct RecordText<'a> {
    text: &'a str,
    members: &'a [Member],
    keys: KeySet,
}

impl<'a> RecordText<'a> {
    /// `scanner` must have gone over `text` last.
    pub(crate) fn new(text: &'a str, scanner: &'a RecordScanner) -> Self {
        Self {
            text,
            members: &scanner.members,
            keys: scanner.key_set,
        }
    }

    /// The text, from brace to brace.
    pub fn text(&self) -> &'a str {
        self.text
    }

    /// The members of the object itself, not of objects in it.
    pub fn members(&self) -> &'a [Member] {
        self.members
    }

    /// Which keys its members have: the same as those of every record with the same set, in the same order.
    pub fn key_set(&self) -> KeySet {
        self.keys
    }
}

/// As it is, without a look into it.
impl Serialize for RecordText<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let raw: &RawValue = serde_json::from_str(self.text).map_err(S::Error::custom)?;
        raw.serialize(serializer)
    }
}

/// Makes records of texts, one after the other; keeps its memory.
#[derive(Debug, Default)]
pub struct RecordScanner {
    pub(crate) members: Vec<Member>,
    pub(crate) nesting: Nesting,
    pub(crate) known_keys: KnownKeys,
    /// Of the line that the record before stood in.
    pub(crate) front: LineFront,
    key_set: KeySet,
}

impl RecordScanner {
    /// The record that a text is, blanks around it left out; `None` when it is not a JSON object.
    pub fn scan<'a>(&'a mut self, text: &'a str) -> Option<RecordText<'a>> {
        let text = text.trim_matches(['\t', '\n', '\r', ' ']);
        let mut scanner = JsonScanner::new(text.as_bytes());
        self.scan_object(&mut scanner)?;
        scanner.is_at_end().then_some(())?;
        Some(RecordText::new(text, self))
    }

    /// Goes over an object and notes its members, with places counted from the object's brace.
    #[inline]
    pub(crate) fn scan_object(&mut self, scanner: &mut JsonScanner<'_>) -> Option<()> {
        let Self {
            members,
            nesting,
            known_keys,
            ..
        } = self;
        members.clear();
        if members.capacity() > KNOWN_KEYS_LIMIT {
            members.shrink_to(KNOWN_KEYS_LIMIT);
        }
        known_keys.begin();
        let begin = scanner.position();
        let member = |scanner: &mut JsonScanner<'_>| {
            let (key, key_has_escape) = key(scanner, known_keys)?;
            let Place { shape, range } = scanner.value(nesting)?;
            members.push(Member {
                key: key.start - begin..key.end - begin,
                key_has_escape,
                value: Place {
                    shape,
                    range: range.start - begin..range.end - begin,
                },
            });
            Some(())
        };
        scanner.with_local(|scanner| scanner.object(member))?;
        self.key_set = self.known_keys.end();
        Some(())
    }
}

/// A key, its colon, and the blanks around: where the key is, and whether a backslash is in it.
#[inline(always)]
fn key(scanner: &mut JsonScanner<'_>, known_keys: &mut KnownKeys) -> Option<(Range<usize>, bool)> {
    let (begin, text) = (scanner.position(), scanner.rest());
    let place = match known_keys.expected(text) {
        Some(place) => {
            scanner.skip_known(place.length);
            place
        }
        None => {
            let (key, has_escape) = scanner.key()?;
            let place = KeyPlace {
                key: key.start - begin..key.end - begin,
                has_escape,
                length: scanner.position() - begin,
            };
            known_keys.learn(text.get(..place.length)?, place.clone());
            place
        }
    };
    Some((begin + place.key.start..begin + place.key.end, place.has_escape))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_are_found_where_they_are() {
        let mut scanner = RecordScanner::default();
        let record = scanner
            .scan(" {\"a\": 1, \"b\\n\":[1,{\"c\":2}] , \"a\":\"x\"} \n")
            .expect("a record");
        let parts: Vec<_> = record
            .members()
            .iter()
            .map(|member| {
                let part = |range: &std::ops::Range<usize>| record.text().get(range.clone()).unwrap_or_default();
                (part(&member.key), member.key_has_escape, part(&member.value.range))
            })
            .collect();
        assert_eq!(
            parts,
            [
                ("a", false, "1"),
                ("b\\n", true, "[1,{\"c\":2}]"),
                ("a", false, "\"x\"")
            ]
        );
        assert!(scanner.scan("{}").expect("a record").members().is_empty());
        for text in ["", "[]", "1", "{\"a\":1}{", "{\"a\":01}", "null"] {
            assert!(scanner.scan(text).is_none(), "{text}");
        }
    }
}
