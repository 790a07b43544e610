//! `key=value key="quoted value" key=` pairs, as Heroku's router and metrics write them. Borrowed, in order, tolerant.
//! What a key means is not decided here.

use std::borrow::Cow;

/// One pair, or a bare word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pair<'a> {
    /// The text before `=`; the whole word when there is none.
    pub key: &'a str,
    /// `None` for a bare word; empty for `key=` and `key=""`.
    pub value: Option<Cow<'a, str>>,
}

/// Iterator over the pairs of a message.
#[derive(Debug, Clone)]
pub struct Pairs<'a> {
    rest: &'a str,
    /// Set once no quote in the rest can end a value, so that it is not looked for again at every pair.
    has_no_end_quote: bool,
}

/// The pairs of `message`.
///
/// A quoted value ends at the first quote that is not escaped by `\` and stands before a space or the end; `\"` and `\\`
/// lose their backslash, any other backslash stays. Without such a quote the value is bare: it ends at the next space.
pub fn pairs(message: &str) -> Pairs<'_> {
    Pairs {
        rest: message,
        has_no_end_quote: false,
    }
}

impl<'a> Iterator for Pairs<'a> {
    type Item = Pair<'a>;

    fn next(&mut self) -> Option<Pair<'a>> {
        let text = self.rest.trim_start_matches([' ', '\t', '\n']);
        if text.is_empty() {
            self.rest = text;
            return None;
        }
        let word_end = text.find([' ', '\t', '\n']).unwrap_or(text.len());
        let word = text.get(..word_end).unwrap_or(text);
        let Some((key, bare)) = word.split_once('=') else {
            self.rest = text.get(word_end..).unwrap_or_default();
            return Some(Pair { key: word, value: None });
        };
        let behind_equals = text.get(key.len() + 1..).unwrap_or_default();
        if behind_equals.starts_with('"') && !self.has_no_end_quote {
            if let Some((value, rest)) = quoted(behind_equals) {
                self.rest = rest;
                return Some(Pair {
                    key,
                    value: Some(value),
                });
            }
            self.has_no_end_quote = true;
        }
        self.rest = text.get(word_end..).unwrap_or_default();
        Some(Pair {
            key,
            value: Some(Cow::Borrowed(bare)),
        })
    }
}

/// The quoted value at the start of `text` and what is behind it.
fn quoted(text: &str) -> Option<(Cow<'_, str>, &str)> {
    let inside = text.strip_prefix('"')?;
    let bytes = inside.as_bytes();
    let mut from = 0;
    let mut has_escape = false;
    while let Some(found) = memchr::memchr2(b'"', b'\\', bytes.get(from..)?) {
        let position = from + found;
        if bytes.get(position) == Some(&b'\\') {
            let escapes = matches!(bytes.get(position + 1), Some(b'"' | b'\\'));
            has_escape |= escapes;
            from = position + 1 + usize::from(escapes);
        } else if matches!(bytes.get(position + 1), None | Some(b' ' | b'\t' | b'\n')) {
            let value = inside.get(..position)?;
            let value = if has_escape {
                Cow::Owned(unescaped(value))
            } else {
                Cow::Borrowed(value)
            };
            return Some((value, inside.get(position + 1..)?));
        } else {
            from = position + 1;
        }
    }
    None
}

fn unescaped(value: &str) -> String {
    let mut text = String::with_capacity(value.len());
    let mut characters = value.chars().peekable();
    while let Some(character) = characters.next() {
        match (character, characters.peek()) {
            ('\\', Some(&escaped @ ('"' | '\\'))) => {
                text.push(escaped);
                characters.next();
            }
            _ => text.push(character),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(message: &str) -> Vec<(String, Option<String>)> {
        pairs(message)
            .map(|pair| (pair.key.to_owned(), pair.value.map(Cow::into_owned)))
            .collect()
    }

    fn pair(key: &str, value: &str) -> (String, Option<String>) {
        (key.to_owned(), Some(value.to_owned()))
    }

    #[test]
    fn every_form_of_a_value() {
        assert_eq!(
            read(r#"a=1  b="two words" c= d="" word e=x=y f="a\"b\\" g="\d" h="in"side" i=#z"#),
            [
                pair("a", "1"),
                pair("b", "two words"),
                pair("c", ""),
                pair("d", ""),
                ("word".to_owned(), None),
                pair("e", "x=y"),
                pair("f", r#"a"b\"#),
                pair("g", r"\d"),
                pair("h", "in\"side"),
                pair("i", "#z"),
            ]
        );
    }

    #[test]
    fn an_unclosed_quote_costs_one_word_only() {
        assert_eq!(read(r#"a="x y=2"#), [pair("a", "\"x"), pair("y", "2")]);
    }

    #[test]
    fn unclosed_quotes_cost_no_square_of_time() {
        let count = pairs(&"a=\"x ".repeat(200_000))
            .filter(|pair| pair.value.as_deref() == Some("\"x"))
            .count();
        assert_eq!(count, 200_000);
    }

    proptest! {
        #[test]
        fn any_text_is_read(text in any::<String>()) {
            let _ = read(&text);
        }

        #[test]
        fn quoted_values_survive(values in proptest::collection::vec(any::<String>(), 0..6)) {
            let message: String =
                values.iter().map(|value| format!("k=\"{}\" ", value.replace('\\', "\\\\").replace('"', "\\\""))).collect();
            prop_assert_eq!(read(&message), values.iter().map(|value| pair("k", value)).collect::<Vec<_>>());
        }
    }
}
