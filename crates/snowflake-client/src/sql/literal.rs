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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Reads a literal by Snowflake's rules: `''` is a quote, a backslash starts an escape, a lone quote ends it.
    fn read(sql: &str) -> Option<String> {
        let mut characters = sql.strip_prefix('\'')?.chars().peekable();
        let mut text = String::new();
        loop {
            match characters.next()? {
                '\'' if characters.peek() == Some(&'\'') => text.extend(characters.next()),
                '\'' => return characters.next().is_none().then_some(text),
                '\\' => text.push(match characters.next()? {
                    'n' => '\n',
                    'r' => '\r',
                    '0' => '\0',
                    other => other,
                }),
                other => text.push(other),
            }
        }
    }

    proptest! {
        #[test]
        fn any_text_survives_and_nothing_follows_the_end(text in any::<String>()) {
            prop_assert_eq!(read(&Literal::new(&text).to_string()), Some(text));
        }

        #[test]
        fn quotes_and_backslashes_in_any_order_survive(text in "['\\\\n0]{0,12}") {
            prop_assert_eq!(read(&Literal::new(&text).to_string()), Some(text));
        }
    }
}
