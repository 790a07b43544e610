//! What a record breaks of its schema: where and which rule, never the value.

use std::fmt;

/// A place in a record that breaks the schema.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// Keys and positions from the value outwards: the innermost first.
    path: Vec<Step>,
    /// The rule that is broken.
    fault: Fault,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Step {
    Key(String),
    Item(usize),
    /// Several steps in words, outermost first.
    Path(String),
}

/// What is wrong at the place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// A value of another JSON type.
    Type {
        /// The types of the schema: `integer or null`.
        expected: String,
        /// The type that came: `a string`.
        found: &'static str,
    },
    /// A required key is not there.
    Missing,
    /// A key that `additionalProperties: false` forbids.
    Forbidden,
    /// Another rule, by its keyword in the schema.
    Keyword(String),
    /// The text is too deep or has numbers too great to be compared with the schema.
    NotReadable,
}

impl Violation {
    /// A fault of the value itself.
    pub(crate) fn here(fault: Fault) -> Self {
        Self {
            path: Vec::new(),
            fault,
        }
    }

    /// A broken rule, named by its keyword.
    pub(crate) fn keyword(keyword: &str) -> Self {
        Self::here(Fault::Keyword(keyword.to_owned()))
    }

    /// The same, seen from the object that has the value under `key`.
    pub(crate) fn under_key(mut self, key: &str) -> Self {
        self.path.push(Step::Key(key.to_owned()));
        self
    }

    /// The same, seen from the array that has the value at `index`.
    pub(crate) fn at_item(mut self, index: usize) -> Self {
        self.path.push(Step::Item(index));
        self
    }

    /// The same at a JSON pointer (`/a/0/b`) below.
    pub(crate) fn at_pointer(mut self, pointer: &str) -> Self {
        let path = pointer.trim_start_matches('/').replace('/', ".");
        if !path.is_empty() {
            self.path.push(Step::Path(path));
        }
        self
    }

    fn place(&self) -> String {
        let mut place = String::new();
        for step in self.path.iter().rev() {
            match step {
                Step::Item(index) => place.push_str(&format!("[{index}]")),
                Step::Key(text) | Step::Path(text) => {
                    if !place.is_empty() {
                        place.push('.');
                    }
                    place.push_str(text);
                }
            }
        }
        place
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = self.place();
        match &self.fault {
            Fault::Missing => return write!(formatter, "required key {place:?} is missing"),
            Fault::Forbidden => return write!(formatter, "key {place:?} is not in the schema, which allows no other"),
            _ if place.is_empty() => formatter.write_str("the record")?,
            _ => write!(formatter, "key {place:?}")?,
        }
        match &self.fault {
            Fault::Type { expected, found } => write!(formatter, ": the schema says {expected}, found {found}"),
            Fault::Keyword(keyword) => write!(formatter, " breaks {keyword:?} of the schema"),
            _ => formatter.write_str(" cannot be compared with the schema: too deep, or a number too great"),
        }
    }
}
