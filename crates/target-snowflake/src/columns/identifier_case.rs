//! How names are spelled in Snowflake: upper, lower, as they are, or as words. Not for which characters stay.

/// The spelling of table and column names (setting `identifier_case`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum IdentifierCase {
    /// `clientName` is CLIENTNAME, as MeltanoLabs' and PipelineWise's targets have it.
    #[default]
    Upper,
    /// `clientName` is clientname; every query must then quote it.
    Lower,
    /// `clientName` is clientName; every query must then quote it.
    Preserve,
    /// `clientName` is CLIENT_NAME: words are separated, then upper case.
    Snake,
}

impl IdentifierCase {
    /// Reads the setting's value: `upper`, `lower`, `preserve` or `snake`, in any case.
    pub fn from_name(name: &str) -> Option<Self> {
        match name.to_ascii_lowercase().as_str() {
            "upper" => Some(Self::Upper),
            "lower" => Some(Self::Lower),
            "preserve" => Some(Self::Preserve),
            "snake" => Some(Self::Snake),
            _ => None,
        }
    }

    /// The name in this spelling.
    pub fn apply(self, name: &str) -> String {
        match self {
            Self::Upper => name.to_uppercase(),
            Self::Lower => name.to_lowercase(),
            Self::Preserve => name.to_owned(),
            Self::Snake => separate_words(name).to_uppercase(),
        }
    }
}

/// Puts `_` where a lower-case letter or digit meets an upper-case one, and before the last letter of an abbreviation that
/// a word follows (`HTTPServer` is `HTTP_Server`); blanks, dashes and dots become `_`.
fn separate_words(name: &str) -> String {
    let mut separated = String::with_capacity(name.len() + 8);
    let mut characters = name.chars().peekable();
    let mut previous = '_';
    while let Some(character) = characters.next() {
        let begins_word = character.is_uppercase()
            && (previous.is_lowercase()
                || previous.is_ascii_digit()
                || (previous.is_uppercase() && characters.peek().is_some_and(|next| next.is_lowercase())));
        if begins_word {
            separated.push('_');
        }
        let is_separator = character.is_whitespace() || matches!(character, '-' | '.');
        separated.push(if is_separator { '_' } else { character });
        previous = character;
    }
    separated
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_separated() {
        let cases = [
            ("clientName", "CLIENT_NAME"),
            ("HTTPServer", "HTTP_SERVER"),
            ("userID", "USER_ID"),
            ("already_snake", "ALREADY_SNAKE"),
            ("ALREADY_UPPER", "ALREADY_UPPER"),
            ("address2Line", "ADDRESS2_LINE"),
            ("with space-and.dot", "WITH_SPACE_AND_DOT"),
            ("_sdc_extracted_at", "_SDC_EXTRACTED_AT"),
            ("größeÄndern", "GRÖSSE_ÄNDERN"),
        ];
        for (name, expected) in cases {
            assert_eq!(IdentifierCase::Snake.apply(name), expected);
        }
    }

    #[test]
    fn the_other_spellings_change_letters_only() {
        assert_eq!(IdentifierCase::Lower.apply("clientName"), "clientname");
        assert_eq!(IdentifierCase::Preserve.apply("clientName"), "clientName");
        assert_eq!(IdentifierCase::Upper.apply("clientName"), "CLIENTNAME");
    }
}
