//! Table, schema and column names as MeltanoLabs' target makes them. Not for quoting: SQL identifiers do that.
//! Which part of a stream's name is what is `routing.rs`.

use aws_lc_rs::digest;

use super::identifier_case::IdentifierCase;

/// Snowflake's limit for one identifier, in characters.
const MAXIMUM_NAME_CHARACTERS: usize = 255;

/// Hexadecimal digits of the hash that tells cut names apart.
const HASH_DIGITS: usize = 12;

/// The column name of a property: its letters in the wanted case, otherwise unchanged; too long a name is cut and gets a
/// hash of the whole.
///
/// Characters that cannot be in an identifier (NUL) become `_`, and so does the empty name.
pub fn column_name(property: &str, case: IdentifierCase) -> String {
    shorten(case.apply(&property.replace('\0', "_")))
}

/// A table or schema name from (a part of) a stream's name: reduced to letters, digits and `_`.
///
/// Drops what is neither letter, digit, `_`, `-`, `.` nor space, makes `_` of the last three, and replaces a leading
/// digit by a letter (0 is a, 9 is j). A name with nothing left (all of it in another script) is kept as it was.
pub fn conformed_name(name: &str, case: IdentifierCase) -> String {
    let mut conformed = String::with_capacity(name.len());
    let kept =
        |character: &char| character.is_ascii_alphanumeric() || "_-.".contains(*character) || character.is_whitespace();
    for character in name.chars().filter(kept).collect::<String>().trim().chars() {
        conformed.push(if character.is_ascii_alphanumeric() {
            character
        } else {
            '_'
        });
    }
    if conformed.is_empty() {
        return column_name(name, case);
    }
    let leading = conformed
        .chars()
        .next()
        .and_then(|first| first.to_digit(10))
        .and_then(|digit| u8::try_from(digit).ok().map(|digit| char::from(b'a' + digit)));
    if let Some(letter) = leading {
        conformed.replace_range(0..1, letter.encode_utf8(&mut [0; 4]));
    }
    shorten(case.apply(&conformed))
}

fn shorten(name: String) -> String {
    if name.is_empty() {
        return "_".to_owned();
    }
    if name.chars().count() <= MAXIMUM_NAME_CHARACTERS {
        return name;
    }
    let hash = digest::digest(&digest::SHA256, name.as_bytes());
    let hash: String = hash.as_ref().iter().map(|byte| format!("{byte:02X}")).collect();
    let kept: String = name.chars().take(MAXIMUM_NAME_CHARACTERS - HASH_DIGITS - 1).collect();
    let suffix: String = hash.chars().take(HASH_DIGITS).collect();
    format!("{kept}_{suffix}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn upper(property: &str) -> String {
        column_name(property, IdentifierCase::Upper)
    }

    #[test]
    fn columns_are_upper_case_and_otherwise_unchanged() {
        assert_eq!(upper("clientName"), "CLIENTNAME");
        assert_eq!(upper("agent:os:version"), "AGENT:OS:VERSION");
        assert_eq!(upper("größe"), "GRÖSSE");
        assert_eq!(upper(""), "_");
    }

    #[test]
    fn long_names_are_cut_and_stay_distinct() {
        let first = upper(&"é".repeat(300));
        let second = upper(&format!("{}x", "é".repeat(300)));
        assert_eq!(first.chars().count(), 255);
        assert_ne!(first, second);
        assert_eq!(upper(&"a".repeat(255)), "A".repeat(255));
    }

    #[test]
    fn tables_are_conformed() {
        let upper = |name: &str| conformed_name(name, IdentifierCase::Upper);
        assert_eq!(upper("test:SpecialChars!in?attributes"), "TESTSPECIALCHARSINATTRIBUTES");
        assert_eq!(upper("my.table name"), "MY_TABLE_NAME");
        assert_eq!(upper("9lives"), "JLIVES");
        assert_eq!(upper("表"), "表");
        assert_eq!(upper("a-"), "A_");
        assert_eq!(conformed_name("9Lives.Of", IdentifierCase::Preserve), "jLives_Of");
        assert_eq!(conformed_name("ClientName", IdentifierCase::Snake), "CLIENT_NAME");
    }
}
