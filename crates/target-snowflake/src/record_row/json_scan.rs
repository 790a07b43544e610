//! Walks the members of one JSON object without building anything: where each key and value begins and ends. The text is
//! known to be valid JSON, so this finds ends and checks nothing; text that is not valid ends the walk early.
//! Nothing recurses: depth costs no stack.

use memchr::memchr2;
use singer_protocol::{Place, Shape};

/// The place of an absent value, which is the same as null.
pub(crate) const ABSENT: Place = Place {
    shape: Shape::Null,
    range: 0..0,
};

/// Reads the members of an object, or the elements of an array, one by one.
pub(crate) struct Members<'a> {
    text: &'a [u8],
    at: usize,
}

impl<'a> Members<'a> {
    /// `None` when the text is not an object.
    pub(crate) fn of_object(text: &'a [u8]) -> Option<Self> {
        let mut members = Self { text, at: 0 };
        members.skip_whitespace();
        (members.peek() == Some(b'{')).then_some(())?;
        members.at += 1;
        Some(members)
    }

    /// `None` when the text is not an array.
    pub(crate) fn of_array(text: &'a [u8]) -> Option<Self> {
        let mut elements = Self { text, at: 0 };
        elements.skip_whitespace();
        (elements.peek() == Some(b'[')).then_some(())?;
        elements.at += 1;
        Some(elements)
    }

    /// The next element of an array; `None` at its end.
    pub(crate) fn next_element(&mut self) -> Option<Place> {
        while let Some(b',' | b' ' | b'\t' | b'\n' | b'\r') = self.peek() {
            self.at += 1;
        }
        (self.peek()? != b']').then_some(())?;
        self.value_here()
    }

    /// Goes to the next key's first byte, behind its quote; `None` at the object's end.
    pub(crate) fn next_key(&mut self) -> Option<()> {
        loop {
            match self.peek()? {
                b'"' => {
                    self.at += 1;
                    return Some(());
                }
                b',' | b' ' | b'\t' | b'\n' | b'\r' => self.at += 1,
                _ => return None,
            }
        }
    }

    /// Skips the key and returns it as it stands, without quotes, and whether a backslash is in it.
    pub(crate) fn key(&mut self) -> Option<(&'a [u8], bool)> {
        let start = self.at;
        let has_escape = self.skip_string_body()?;
        Some((self.text.get(start..self.at - 1)?, has_escape))
    }

    /// Skips the colon and the value behind a key.
    pub(crate) fn value(&mut self) -> Option<Place> {
        self.skip_whitespace();
        self.at += 1;
        self.skip_whitespace();
        self.value_here()
    }

    #[inline]
    fn value_here(&mut self) -> Option<Place> {
        let start = self.at;
        let shape = match self.peek()? {
            b'"' => {
                self.at += 1;
                Shape::String {
                    has_escape: self.skip_string_body()?,
                }
            }
            b'{' | b'[' => {
                self.skip_container()?;
                // Nobody looked.
                Shape::Container {
                    has_unusual_number: true,
                }
            }
            first => {
                self.skip_scalar();
                match first {
                    b'n' => Shape::Null,
                    b't' | b'f' => Shape::Boolean,
                    _ => Shape::Number,
                }
            }
        };
        Some(Place {
            shape,
            range: start..self.at,
        })
    }

    fn rest(&self) -> &'a [u8] {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    fn skip_whitespace(&mut self) {
        while let Some(b' ' | b'\t' | b'\n' | b'\r') = self.peek() {
            self.at += 1;
        }
    }

    /// From behind an opening quote to behind the closing one; says whether a backslash was in between.
    fn skip_string_body(&mut self) -> Option<bool> {
        let mut has_escape = false;
        loop {
            let found = memchr2(b'"', b'\\', self.rest())?;
            self.at += found;
            if self.peek()? == b'"' {
                self.at += 1;
                return Some(has_escape);
            }
            has_escape = true;
            self.at += 2;
        }
    }

    fn skip_container(&mut self) -> Option<()> {
        let mut depth = 0_usize;
        loop {
            let byte = self.peek()?;
            self.at += 1;
            match byte {
                b'"' => {
                    self.skip_string_body()?;
                }
                b'{' | b'[' => depth += 1,
                b'}' | b']' => {
                    depth -= 1;
                    if depth == 0 {
                        return Some(());
                    }
                }
                _ => {}
            }
        }
    }

    fn skip_scalar(&mut self) {
        while let Some(byte) = self.peek() {
            if matches!(byte, b',' | b'}' | b']' | b' ' | b'\t' | b'\n' | b'\r') {
                return;
            }
            self.at += 1;
        }
    }
}
