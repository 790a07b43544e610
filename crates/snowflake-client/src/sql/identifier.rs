//! A name of a database, schema, table, column, stage, always quoted: what was given is what is created, case included.

use std::fmt;

/// Most characters Snowflake takes in an identifier.
const LENGTH_LIMIT: usize = 255;

/// A checked name. Display writes it in double quotes with inner ones doubled.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Identifier(String);

/// Why a text cannot be a name. Display does not repeat the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum IdentifierProblem {
    /// Nothing in it.
    #[error("a name is empty")]
    Empty,
    /// Longer than 255 characters.
    #[error("a name of {0} characters is longer than Snowflake's 255")]
    TooLong(usize),
    /// A NUL character, which no SQL text can carry in a name.
    #[error("a name has a NUL character in it")]
    Nul,
}

impl Identifier {
    /// Checks a name, given without quotes.
    ///
    /// # Errors
    /// When it is empty, has a NUL, or more than 255 characters.
    pub fn new(name: impl Into<String>) -> Result<Self, IdentifierProblem> {
        let name = name.into();
        let length = name.chars().count();
        if name.is_empty() {
            Err(IdentifierProblem::Empty)
        } else if name.contains('\0') {
            Err(IdentifierProblem::Nul)
        } else if length > LENGTH_LIMIT {
            Err(IdentifierProblem::TooLong(length))
        } else {
            Ok(Identifier(name))
        }
    }

    /// The name without quotes, as `SHOW` and `information_schema` give it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Identifier {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "\"{}\"", self.0.replace('"', "\"\""))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_between_the_quotes_is_the_name(name in "[^\\x00]{1,60}") {
            let quoted = Identifier::new(name.clone()).unwrap().to_string();
            let inner = quoted.strip_prefix('"').unwrap().strip_suffix('"').unwrap();
            // Every quote inside is one of a pair, so none of them ends the name.
            prop_assert_eq!(inner.replace("\"\"", "").contains('"'), false);
            prop_assert_eq!(inner.replace("\"\"", "\""), name);
        }
    }

    #[test]
    fn names_that_snowflake_cannot_have_are_refused() {
        assert_eq!(Identifier::new(""), Err(IdentifierProblem::Empty));
        assert_eq!(Identifier::new("a\0b"), Err(IdentifierProblem::Nul));
        assert!(Identifier::new("é".repeat(255)).is_ok());
        assert_eq!(Identifier::new("é".repeat(256)), Err(IdentifierProblem::TooLong(256)));
    }
}
