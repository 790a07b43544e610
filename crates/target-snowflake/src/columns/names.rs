//! Table, schema and column names as MeltanoLabs' target makes them. Not for quoting: SQL identifiers do that.

use aws_lc_rs::digest;

/// Snowflake's limit for one identifier, in characters.
const MAXIMUM_NAME_CHARACTERS: usize = 255;

/// Hexadecimal digits of the hash that tells cut names apart.
const HASH_DIGITS: usize = 12;

/// The column name of a property: upper case, otherwise unchanged; too long a name is cut and gets a hash of the whole.
///
/// Characters that cannot be in an identifier (NUL) become `_`, and so does the empty name.
pub fn column_name(property: &str) -> String {
    shorten(property.replace('\0', "_").to_uppercase())
}

/// The table name of a stream: the part after the last `-`, reduced to letters, digits and `_`, in upper case.
pub fn table_name(stream: &str) -> String {
    let part = stream.rsplit('-').next().unwrap_or(stream);
    conform(if part.trim().is_empty() { stream } else { part })
}

/// The schema that a stream's name carries: in `schema-table` and `database-schema-table` the part before the table.
pub fn schema_name(stream: &str) -> Option<String> {
    let parts: Vec<&str> = stream.split('-').collect();
    match parts.as_slice() {
        [schema, _] | [_, schema, _] if !schema.trim().is_empty() => Some(conform(schema)),
        _ => None,
    }
}

/// Drops what is neither letter, digit, `_`, `-`, `.` nor space, makes `_` of the last three, and replaces a leading
/// digit by a letter (0 is a, 9 is j). A name with nothing left (all of it in another script) is kept as it was.
fn conform(name: &str) -> String {
    let mut conformed = String::with_capacity(name.len());
    let kept =
        |character: &char| character.is_ascii_alphanumeric() || "_-.".contains(*character) || character.is_whitespace();
    for character in name.chars().filter(kept).collect::<String>().trim().chars() {
        conformed.push(if character.is_ascii_alphanumeric() {
            character.to_ascii_uppercase()
        } else {
            '_'
        });
    }
    if conformed.is_empty() {
        return column_name(name);
    }
    let leading = conformed
        .chars()
        .next()
        .and_then(|first| first.to_digit(10))
        .and_then(|digit| u8::try_from(digit).ok().map(|digit| char::from(b'A' + digit)));
    if let Some(letter) = leading {
        conformed.replace_range(0..1, letter.encode_utf8(&mut [0; 4]));
    }
    shorten(conformed)
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

    #[test]
    fn columns_are_upper_case_and_otherwise_unchanged() {
        assert_eq!(column_name("clientName"), "CLIENTNAME");
        assert_eq!(column_name("agent:os:version"), "AGENT:OS:VERSION");
        assert_eq!(column_name("größe"), "GRÖSSE");
        assert_eq!(column_name(""), "_");
    }

    #[test]
    fn long_names_are_cut_and_stay_distinct() {
        let first = column_name(&"é".repeat(300));
        let second = column_name(&format!("{}x", "é".repeat(300)));
        assert_eq!(first.chars().count(), 255);
        assert_ne!(first, second);
        assert_eq!(column_name(&"a".repeat(255)), "A".repeat(255));
    }

    #[test]
    fn tables_are_conformed() {
        assert_eq!(
            table_name("test:SpecialChars!in?attributes"),
            "TESTSPECIALCHARSINATTRIBUTES"
        );
        assert_eq!(table_name("public-my.table name"), "MY_TABLE_NAME");
        assert_eq!(table_name("9lives"), "JLIVES");
        assert_eq!(table_name("表"), "表");
        assert_eq!(table_name("a-"), "A_");
    }

    #[test]
    fn schemas_come_from_two_or_three_parts() {
        assert_eq!(schema_name("public-orders").as_deref(), Some("PUBLIC"));
        assert_eq!(schema_name("shop-public-orders").as_deref(), Some("PUBLIC"));
        assert_eq!(schema_name("orders"), None);
        assert_eq!(schema_name("a-b-c-d"), None);
    }
}
