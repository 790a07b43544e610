//! A text constant in single quotes, escaped for Snowflake, where a backslash starts an escape inside quotes.

use std::fmt::{self, Write};

/// A text constant. Display writes it quoted and escaped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Literal<'a>(&'a str);

impl<'a> Literal<'a> {
    /// Takes any text.
    pub fn new(text: &'a str) -> Self {
        Literal(text)
    }
}

impl fmt::Display for Literal<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_char('\'')?;
        for character in self.0.chars() {
            match character {
                '\\' => formatter.write_str("\\\\")?,
                '\'' => formatter.write_str("''")?,
                '\n' => formatter.write_str("\\n")?,
                '\r' => formatter.write_str("\\r")?,
                '\0' => formatter.write_str("\\0")?,
                other => formatter.write_char(other)?,
            }
        }
        formatter.write_char('\'')
    }
}
