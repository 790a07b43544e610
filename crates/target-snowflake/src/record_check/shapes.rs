//! Sets of JSON types. Not for values.
use singer_protocol::{Place, Shape};

/// Some of the JSON types.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Shapes(u8);

impl Shapes {
    pub(crate) const NULL: Self = Self(1);
    pub(crate) const BOOLEAN: Self = Self(2);
    pub(crate) const NUMBER: Self = Self(4);
    pub(crate) const STRING: Self = Self(8);
    pub(crate) const OBJECT: Self = Self(16);
    pub(crate) const ARRAY: Self = Self(32);
    pub(crate) const NONE: Self = Self(0);
    pub(crate) const ALL: Self = Self(63);

    /// The type of the value at `place`.
    pub(crate) fn of(place: &Place, text: &[u8]) -> Self {
        match place.shape {
            Shape::Null => Self::NULL,
            Shape::Boolean => Self::BOOLEAN,
            Shape::Number => Self::NUMBER,
            Shape::String { .. } => Self::STRING,
            Shape::Container { .. } if text.get(place.range.start) == Some(&b'[') => Self::ARRAY,
            Shape::Container { .. } => Self::OBJECT,
        }
    }

    /// All types that a value of this shape may have: no look at its text, and no branch, which would often be guessed wrong.
    #[inline(always)]
    pub(crate) fn possible(shape: Shape) -> Self {
        match shape {
            Shape::Null => Self::NULL,
            Shape::Boolean => Self::BOOLEAN,
            Shape::Number => Self::NUMBER,
            Shape::String { .. } => Self::STRING,
            Shape::Container { .. } => Self(Self::OBJECT.0 | Self::ARRAY.0),
        }
    }

    /// True when all of `other` are among these.
    #[inline(always)]
    pub(crate) fn includes(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// The type that a schema's word means; `None` for words that JSON Schema does not have.
    pub(crate) fn of_name(name: &str) -> Option<Self> {
        Some(match name.to_ascii_lowercase().as_str() {
            "null" => Self::NULL,
            "boolean" => Self::BOOLEAN,
            "number" | "integer" => Self::NUMBER,
            "string" => Self::STRING,
            "object" => Self::OBJECT,
            "array" => Self::ARRAY,
            _ => return None,
        })
    }

    /// Both together.
    pub(crate) fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// True when one of `other` is among these.
    pub(crate) fn has(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// The types in words.
    pub(crate) fn words(self, is_integer: bool) -> String {
        let number = if is_integer { "integer" } else { "number" };
        let all = [
            (Self::BOOLEAN, "boolean"),
            (Self::NUMBER, number),
            (Self::STRING, "string"),
            (Self::OBJECT, "object"),
            (Self::ARRAY, "array"),
            (Self::NULL, "null"),
        ];
        let named: Vec<&str> = all
            .into_iter()
            .filter_map(|(shape, name)| self.has(shape).then_some(name))
            .collect();
        if named.is_empty() {
            return "nothing".to_owned();
        }
        named.join(" or ")
    }

    /// One type with its article.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::NULL => "null",
            Self::BOOLEAN => "a boolean",
            Self::NUMBER => "a number",
            Self::STRING => "a string",
            Self::ARRAY => "an array",
            _ => "an object",
        }
    }
}
