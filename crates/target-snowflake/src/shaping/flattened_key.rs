//! The name of a nested value as a column: the keys on the way to it, joined; too long a name gets its first keys shortened.
//! The rules are those of Meltano's SDK (and of PipelineWise's target before it), so that its tables are continued.

/// Joins `keys`. While the name has at least `maximum_characters`, keys are shortened from the first on: to the initials of
/// their words when there are several, else to three letters, in lower case.
pub(crate) fn flattened_key(keys: &[&str], separator: &str, maximum_characters: usize) -> String {
    let mut shortened: Vec<String> = keys.iter().map(|key| (*key).to_owned()).collect();
    for position in 0..keys.len() {
        if shortened.join(separator).chars().count() < maximum_characters {
            break;
        }
        if let Some(key) = shortened.get_mut(position) {
            *key = shorten(key);
        }
    }
    shortened.join(separator)
}

fn shorten(key: &str) -> String {
    let initials: String = camel_case(key)
        .chars()
        .filter(|character| !character.is_ascii_lowercase())
        .collect();
    if initials.chars().count() > 1 {
        initials.to_lowercase()
    } else {
        key.chars().take(3).collect::<String>().to_lowercase()
    }
}

/// `first_name` is `FirstName`: each `_` goes and the character after it is made upper case, and so is the first.
fn camel_case(key: &str) -> String {
    let mut text = String::with_capacity(key.len());
    let mut characters = key.chars();
    let mut is_first = true;
    while let Some(character) = characters.next() {
        if character == '_' {
            match characters.next() {
                Some(after) => text.extend(after.to_uppercase()),
                None => text.push('_'),
            }
        } else if is_first {
            text.extend(character.to_uppercase());
        } else {
            text.push(character);
        }
        is_first = false;
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_joined_and_shortened_from_the_left() {
        assert_eq!(flattened_key(&["a", "b"], "__", 255), "a__b");
        assert_eq!(
            flattened_key(&["shippingAddress", "postal_code"], "__", 20),
            "sa__postal_code"
        );
        assert_eq!(flattened_key(&["shipping_address", "postal_code"], "__", 8), "sa__pc");
        assert_eq!(flattened_key(&["Address", "x"], "__", 5), "add__x");
        assert_eq!(flattened_key(&["abcdef"], "__", 6), "abc");
        assert_eq!(flattened_key(&["abcdef"], "__", 7), "abcdef");
        assert_eq!(flattened_key(&["line2_text_a", "b"], ".", 5), "l2ta.b");
    }
}
