//! From where to where a stream's bookmark goes in one file: for the label of archived files. Not for STATE, which belongs
//! to the tap.

use std::borrow::Cow;
use std::cmp::Ordering;

use singer_protocol::Shape;

use crate::record_row::string_content;

/// Least and greatest value of the bookmark in a file: strings as they are, numbers as they were written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BookmarkRange {
    /// The property.
    pub property: String,
    /// The least value.
    pub least: String,
    /// The greatest value.
    pub greatest: String,
}

/// Watches the property record by record.
#[derive(Debug)]
pub(crate) struct BookmarkTracker {
    property: String,
    /// Its column.
    pub(crate) column: usize,
    seen: Option<(Bookmark, Bookmark)>,
}

/// A value. Others than numbers and strings are no bookmarks.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Bookmark {
    Number(Vec<u8>),
    Text(Vec<u8>),
}

impl BookmarkTracker {
    /// Nothing seen.
    pub(crate) fn new(property: &str, column: usize) -> Self {
        Self {
            property: property.to_owned(),
            column,
            seen: None,
        }
    }

    /// Takes a value as it stands in the record.
    pub(crate) fn see(&mut self, text: &[u8], shape: Shape) {
        let (is_number, value) = match shape {
            Shape::Number => (true, Cow::Borrowed(text)),
            Shape::String { has_escape } => (false, string_content(text, has_escape)),
            Shape::Null | Shape::Boolean | Shape::Container { .. } => return,
        };
        let owned = |value: &[u8]| {
            if is_number {
                Bookmark::Number(value.to_vec())
            } else {
                Bookmark::Text(value.to_vec())
            }
        };
        match &mut self.seen {
            None => self.seen = Some((owned(&value), owned(&value))),
            Some((least, greatest)) => {
                if least.compare(&value, is_number) == Some(Ordering::Greater) {
                    *least = owned(&value);
                } else if greatest.compare(&value, is_number) == Some(Ordering::Less) {
                    *greatest = owned(&value);
                }
            }
        }
    }

    /// What was seen since the last time.
    pub(crate) fn take(&mut self) -> Option<BookmarkRange> {
        let (least, greatest) = self.seen.take()?;
        Some(BookmarkRange {
            property: self.property.clone(),
            least: least.into_text(),
            greatest: greatest.into_text(),
        })
    }
}

impl Bookmark {
    /// Numbers by value, strings by character; nothing between the two.
    fn compare(&self, other: &[u8], is_number: bool) -> Option<Ordering> {
        match self {
            Self::Number(known) if is_number => compare_numbers(known, other),
            Self::Text(known) if !is_number => Some(known.as_slice().cmp(other)),
            _ => None,
        }
    }

    fn into_text(self) -> String {
        let (Self::Number(bytes) | Self::Text(bytes)) = self;
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

/// Whole numbers exactly, others as floating point numbers are.
fn compare_numbers(first: &[u8], second: &[u8]) -> Option<Ordering> {
    fn parsed<T: std::str::FromStr>(text: &[u8]) -> Option<T> {
        std::str::from_utf8(text).ok()?.parse().ok()
    }
    match (parsed::<i128>(first), parsed::<i128>(second)) {
        (Some(first), Some(second)) => Some(first.cmp(&second)),
        _ => parsed::<f64>(first)?.partial_cmp(&parsed::<f64>(second)?),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn range(values: &[&str]) -> Option<(String, String)> {
        let mut tracker = BookmarkTracker::new("at", 0);
        for value in values {
            let shape = match value.as_bytes()[0] {
                b'"' => Shape::String {
                    has_escape: value.contains('\\'),
                },
                b'n' => Shape::Null,
                b'[' => Shape::Container {
                    has_unusual_number: true,
                },
                _ => Shape::Number,
            };
            tracker.see(value.as_bytes(), shape);
        }
        let range = tracker.take()?;
        assert_eq!(tracker.take(), None, "the next file begins anew");
        Some((range.least, range.greatest))
    }

    #[test]
    fn numbers_go_by_value_and_strings_by_character() {
        let pair = |least: &str, greatest: &str| Some((least.to_owned(), greatest.to_owned()));
        assert_eq!(range(&["9", "10", "-1", "null"]), pair("-1", "10"));
        assert_eq!(
            range(&["9007199254740993", "9007199254740992"]),
            pair("9007199254740992", "9007199254740993")
        );
        assert_eq!(range(&["1.5", "1", "1.50"]), pair("1", "1.5"));
        assert_eq!(
            range(&["\"2026-02\"", "\"2026-01\"", "[1]"]),
            pair("2026-01", "2026-02")
        );
        assert_eq!(range(&["\"\\u0041\"", "\"B\""]), pair("A", "B"));
        assert_eq!(range(&["1", "\"a\""]), pair("1", "1"));
        assert_eq!(range(&["null"]), None);
    }
}
