//! Reads JSON text once: checks that it is JSON (RFC 8259) and says where its values are, without building anything.
//! Nothing recurses: depth costs no stack. Not for what strings and numbers mean.

use std::ops::Range;

use crate::plain_text::{PlainNumber, end_of_digits, end_of_plain_text};

/// What a JSON value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// `null`.
    Null,
    /// `true` or `false`.
    Boolean,
    /// Any number.
    Number,
    /// A string; whether a backslash is in it.
    String {
        /// True when its text is not what it says.
        has_escape: bool,
    },
    /// An object or array.
    Container {
        /// Whether a number in it has an exponent or more than 31 characters.
        has_unusual_number: bool,
    },
}

impl Shape {
    /// The shape in words, for messages.
    pub fn name(self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Boolean => "a boolean",
            Self::Number => "a number",
            Self::String { .. } => "a string",
            Self::Container { .. } => "an object or array",
        }
    }
}

/// A value's place in a text, in bytes; a string's includes its quotes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// What it is.
    pub shape: Shape,
    /// Where it is.
    pub range: Range<usize>,
}

/// A member of an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Where the key's text is, without quotes.
    pub key: Range<usize>,
    /// Whether a backslash is in the key.
    pub key_has_escape: bool,
    /// The value.
    pub value: Place,
}

/// What one look at a text can see of a number ([`PlainNumber`]).
const USUAL_NUMBER_BYTES: usize = 31;

/// Which closing bracket a container waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Container {
    Object,
    Array,
}

/// The containers that are open: kept from text to text for its memory.
#[derive(Debug, Default)]
pub(crate) struct Nesting(Vec<Container>);

/// Goes through a text. Every method returns `None` where the text is not JSON.
pub(crate) struct JsonScanner<'a> {
    text: &'a [u8],
    at: usize,
    /// A number was gone over that has an exponent or is long.
    has_unusual_number: bool,
}

impl<'a> JsonScanner<'a> {
    pub(crate) fn new(text: &'a [u8]) -> Self {
        Self::at(text, 0)
    }

    #[inline(always)]
    fn at(text: &'a [u8], at: usize) -> Self {
        Self {
            text,
            at,
            has_unusual_number: false,
        }
    }

    /// Goes over an object, from its brace to behind the other. `member` is called in front of each key and must go over it,
    /// its colon and its value.
    #[inline(always)]
    pub(crate) fn object(&mut self, mut member: impl FnMut(&mut Self) -> Option<()>) -> Option<()> {
        (self.peek()? == b'{').then_some(())?;
        self.at += 1;
        self.skip_whitespace();
        if self.peek()? == b'}' {
            self.at += 1;
            return Some(());
        }
        loop {
            member(self)?;
            if self.is_behind_object()? {
                return Some(());
            }
        }
    }

    /// Goes over the rest of an object, from behind a member on.
    #[inline(always)]
    pub(crate) fn rest_of_object(&mut self, mut member: impl FnMut(&mut Self) -> Option<()>) -> Option<()> {
        while !self.is_behind_object()? {
            member(self)?;
        }
        Some(())
    }

    /// Behind a member: goes over the comma to the next key, or over the object's end, and then says true.
    #[inline(always)]
    fn is_behind_object(&mut self) -> Option<bool> {
        self.skip_whitespace();
        let byte = self.peek()?;
        self.at += 1;
        match byte {
            b',' => {
                self.skip_whitespace();
                Some(false)
            }
            b'}' => Some(true),
            _ => None,
        }
    }

    /// Goes over any value.
    #[inline(always)]
    pub(crate) fn value(&mut self, nesting: &mut Nesting) -> Option<Place> {
        let begin = self.at;
        let shape = match self.peek()? {
            b'"' => Shape::String {
                has_escape: self.string()?,
            },
            b'{' | b'[' => {
                let has_unusual_number;
                (self.at, has_unusual_number) = end_of_container(self.text, self.at, nesting)?;
                Shape::Container { has_unusual_number }
            }
            first => self.scalar(first)?,
        };
        Some(Place {
            shape,
            range: begin..self.at,
        })
    }

    /// Does something with a scanner of its own, which stands where that ended after it.
    #[inline(always)]
    pub(crate) fn with_local(&mut self, work: impl FnOnce(&mut Self) -> Option<()>) -> Option<()> {
        let mut local = Self::at(self.text, self.at);
        work(&mut local)?;
        self.at = local.at;
        Some(())
    }

    /// The text from here on.
    #[inline(always)]
    pub(crate) fn rest(&self) -> &'a [u8] {
        self.text.get(self.at..).unwrap_or_default()
    }

    /// Goes over so many bytes that are known, and the blanks behind them.
    #[inline(always)]
    pub(crate) fn skip_known(&mut self, length: usize) {
        self.at += length;
        self.skip_whitespace();
    }

    /// How many bytes of the text it has gone over.
    pub(crate) fn position(&self) -> usize {
        self.at
    }

    /// True when an object begins here.
    pub(crate) fn is_at_object(&self) -> bool {
        self.peek() == Some(b'{')
    }

    /// True when nothing but blanks is left.
    pub(crate) fn is_at_end(&mut self) -> bool {
        self.skip_whitespace();
        self.at >= self.text.len()
    }

    /// A key, its colon, and the blanks around: where the key is, and whether it has a backslash.
    #[inline]
    pub(crate) fn key(&mut self) -> Option<(Range<usize>, bool)> {
        let begin = self.at + 1;
        let has_escape = self.string()?;
        let key = begin..self.at - 1;
        self.skip_whitespace();
        (self.peek()? == b':').then_some(())?;
        self.at += 1;
        self.skip_whitespace();
        Some((key, has_escape))
    }

    fn container(&mut self, nesting: &mut Nesting) -> Option<()> {
        let Nesting(open) = nesting;
        open.clear();
        loop {
            // A value begins here.
            let has_ended = match self.peek()? {
                b'{' => self.opened(b'}', Container::Object, open)?,
                b'[' => self.opened(b']', Container::Array, open)?,
                b'"' => {
                    self.string()?;
                    true
                }
                first => {
                    self.scalar(first)?;
                    true
                }
            };
            if has_ended && self.close_ended(open)? {
                return Some(());
            }
        }
    }

    /// Behind an opening bracket: true when the container is empty, which ends it; otherwise what its first value is behind.
    #[inline]
    fn opened(&mut self, closing: u8, container: Container, open: &mut Vec<Container>) -> Option<bool> {
        self.at += 1;
        self.skip_whitespace();
        if self.peek()? == closing {
            self.at += 1;
            return Some(true);
        }
        open.push(container);
        if container == Container::Object {
            self.key()?;
        }
        Some(false)
    }

    /// Behind a value: goes to the next one. True when the outermost container has ended.
    #[inline]
    fn close_ended(&mut self, open: &mut Vec<Container>) -> Option<bool> {
        while let Some(container) = open.last() {
            self.skip_whitespace();
            let byte = self.peek()?;
            self.at += 1;
            match (byte, container) {
                (b',', Container::Object) => {
                    self.skip_whitespace();
                    self.key()?;
                    return Some(false);
                }
                (b',', Container::Array) => {
                    self.skip_whitespace();
                    return Some(false);
                }
                (b'}', Container::Object) | (b']', Container::Array) => {
                    open.pop();
                }
                _ => return None,
            }
        }
        Some(true)
    }

    /// A string with its quotes; says whether a backslash is in it.
    #[inline(always)]
    fn string(&mut self) -> Option<bool> {
        (self.peek()? == b'"').then_some(())?;
        self.at = end_of_plain_text(self.text, self.at + 1);
        if self.peek()? == b'"' {
            self.at += 1;
            return Some(false);
        }
        self.at = end_of_escaped_string(self.text, self.at)?;
        Some(true)
    }

    /// From the first backslash, or from what no string may have, to behind the closing quote.
    fn rest_of_string(&mut self) -> Option<()> {
        loop {
            match self.peek()? {
                b'"' => {
                    self.at += 1;
                    return Some(());
                }
                b'\\' => self.escape()?,
                _ => return None,
            }
            self.at = end_of_plain_text(self.text, self.at);
        }
    }

    fn escape(&mut self) -> Option<()> {
        let kind = *self.text.get(self.at + 1)?;
        self.at += 2;
        match kind {
            b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => Some(()),
            b'u' => {
                let digits = self.text.get(self.at..self.at + 4)?;
                digits.iter().all(u8::is_ascii_hexdigit).then_some(())?;
                self.at += 4;
                Some(())
            }
            _ => None,
        }
    }

    #[inline(always)]
    fn scalar(&mut self, first: u8) -> Option<Shape> {
        match first {
            b'-' | b'0'..=b'9' => self.number().map(|()| Shape::Number),
            b'n' => self.word(b"null").map(|()| Shape::Null),
            b't' => self.word(b"true").map(|()| Shape::Boolean),
            b'f' => self.word(b"false").map(|()| Shape::Boolean),
            _ => None,
        }
    }

    #[inline(always)]
    fn word(&mut self, word: &[u8]) -> Option<()> {
        self.rest().starts_with(word).then_some(())?;
        self.at += word.len();
        Some(())
    }

    #[inline(always)]
    fn number(&mut self) -> Option<()> {
        match PlainNumber::find(self.rest()) {
            Some(number) => {
                self.at += number.length();
                Some(())
            }
            None => {
                let is_unusual;
                (self.at, is_unusual) = end_of_any_number(self.text, self.at)?;
                self.has_unusual_number |= is_unusual;
                Some(())
            }
        }
    }

    /// Says whether it is unusual.
    fn any_number(&mut self) -> Option<bool> {
        let begin = self.at;
        let mut has_exponent = false;
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        if self.peek()? == b'0' {
            self.at += 1;
        } else {
            self.digits()?;
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.digits()?;
        }
        if let Some(b'e' | b'E') = self.peek() {
            has_exponent = true;
            self.at += 1;
            if let Some(b'+' | b'-') = self.peek() {
                self.at += 1;
            }
            self.digits()?;
        }
        Some(has_exponent || self.at - begin > USUAL_NUMBER_BYTES)
    }

    /// At least one digit.
    #[inline]
    fn digits(&mut self) -> Option<()> {
        let begin = self.at;
        self.at = end_of_digits(self.text, begin);
        (self.at > begin).then_some(())
    }

    /// Goes over blanks.
    #[inline(always)]
    pub(crate) fn skip_whitespace(&mut self) {
        while let Some(b' ' | b'\t' | b'\n' | b'\r') = self.peek() {
            self.at += 1;
        }
    }

    #[inline(always)]
    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }
}

// What is seldom is called with a place and gives one, so that the place can stay in a register elsewhere.

/// Also whether one of its numbers is unusual.
#[inline(never)]
fn end_of_container(text: &[u8], at: usize, nesting: &mut Nesting) -> Option<(usize, bool)> {
    let mut scanner = JsonScanner::at(text, at);
    scanner.container(nesting)?;
    Some((scanner.at, scanner.has_unusual_number))
}

#[inline(never)]
fn end_of_escaped_string(text: &[u8], at: usize) -> Option<usize> {
    let mut scanner = JsonScanner::at(text, at);
    scanner.rest_of_string()?;
    Some(scanner.at)
}

/// Also whether it is unusual.
#[inline(never)]
fn end_of_any_number(text: &[u8], at: usize) -> Option<(usize, bool)> {
    let mut scanner = JsonScanner::at(text, at);
    let is_unusual = scanner.any_number()?;
    Some((scanner.at, is_unusual))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde::de::IgnoredAny;

    use super::*;

    fn is_json(text: &str) -> bool {
        let mut scanner = JsonScanner::new(text.as_bytes());
        scanner.skip_whitespace();
        scanner.value(&mut Nesting::default()).is_some() && scanner.is_at_end()
    }

    #[test]
    fn json_is_told_from_what_is_none() {
        let good = r#"0|-0|10|-1.5e+10|1E5|"|""|"a\"\\\/\b\f\n\r\t\u00aF"|"é漢😀"|true|false|null|[]|{}|[[],{}]|[1,2]| { "a" : [ 1 , { "b" : null } ] , "c" : "" } |"0123456789abcdef""#;
        for text in good.split('|').filter(|text| *text != "\"") {
            assert!(is_json(text), "{text}");
        }
        let bad = r#"|01|-|1.|.5|1e|1e+|+1|0x1|tru|nul|True|NaN|"|"a|"\x"|"\u12"|"\u12g4"|[|]|[1|[1,]|[,1]|[1 2]|{|}|{"a"}|{"a":}|{"a":1,}|{a:1}|{1:1}|{"a":1]|[1}|{"a":1 "b":2}|1 2|[]]|{}}|[[[[|[1]x"#;
        for text in bad.split('|') {
            assert!(!is_json(text), "{text}");
        }
        for control in ["\"\u{1f}\"", "\"abcdefg\u{0}h\"", "\"\n\"", "\u{b}1"] {
            assert!(!is_json(control), "{control:?}");
        }
        assert!(is_json("\"\u{7f}\u{80}\u{a0}\""));
    }

    #[test]
    fn depth_costs_no_stack() {
        let deep = [vec![b'['; 1_000_000], vec![b']'; 1_000_000]].concat();
        assert!(is_json(std::str::from_utf8(&deep).expect("ASCII")));
        assert!(!is_json(
            std::str::from_utf8(deep.get(..1_999_999).unwrap_or_default()).expect("ASCII")
        ));
    }

    fn nearly_json() -> impl Strategy<Value = String> {
        let token = prop_oneof![
            4 => prop_oneof![Just("{"), Just("}"), Just("["), Just("]"), Just(","), Just(":"), Just(" "), Just("\"a\":")],
            3 => prop_oneof![Just("1"), Just("-0.5e3"), Just("null"), Just("true"), Just("\"\""), Just("\"long text, long\"")],
            1 => prop_oneof![Just("\""), Just("\\"), Just("\\u0041"), Just("\n"), Just("\u{1}"), Just("é"), Just("00"), Just("e")],
        ];
        proptest::collection::vec(token, 0..24).prop_map(|tokens| tokens.concat())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]
        /// The verdict is serde_json's, for text that is almost right and text that is right with one byte changed.
        #[test]
        fn the_verdict_is_that_of_serde_json(text in nearly_json(), value in "\\PC{0,20}", at: prop::sample::Index, byte in 1..128_u8) {
            prop_assert_eq!(is_json(&text), serde_json::from_str::<IgnoredAny>(&text).is_ok(), "{:?}", text);
            let mut right = serde_json::json!({"key": [value, 1.5, {"a": null}], "b": [[], {}, true]}).to_string().into_bytes();
            let index = at.index(right.len());
            if let Some(slot) = right.get_mut(index) {
                *slot = byte;
            }
            if let Ok(text) = String::from_utf8(right) {
                prop_assert_eq!(is_json(&text), serde_json::from_str::<IgnoredAny>(&text).is_ok(), "{:?}", text);
            }
        }
    }
}
