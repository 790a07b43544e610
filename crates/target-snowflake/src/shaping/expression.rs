//! What a stream map gives a property: the forms that need no expression language. Not for computing: that is `record_map.rs`.

use serde_json::{Number, Value};

/// Where a property's value comes from.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Expression {
    /// Always the same.
    Constant(Value),
    /// The stream's name: as it is loaded, or as the tap has it.
    StreamName { original: bool },
    /// A property of the record.
    Property(Reference),
    /// The whole record.
    Record,
    /// A digest of a property, as hexadecimal text.
    Hash(HashKind, Reference),
    /// A property's text without its dashes. Users cannot write it; `uuid_format` does.
    WithoutDashes(String),
}

/// A property of the record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Reference {
    /// By name.
    Named(String),
    /// The one that is being mapped.
    Itself,
}

/// Which digest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum HashKind {
    Md5,
    Sha256,
}

/// Names that mean something else than a property in the SDK's expressions.
const OTHER_NAMES: [&str; 6] = ["config", "fake", "Faker", "datetime", "json", "rand"];

impl Expression {
    /// Reads an expression as the SDK writes it; `None` for what needs its expression language.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        match text {
            "True" => return Some(Self::Constant(Value::Bool(true))),
            "False" => return Some(Self::Constant(Value::Bool(false))),
            "None" => return Some(Self::Constant(Value::Null)),
            "record" | "_" => return Some(Self::Record),
            "__stream_name__" => return Some(Self::StreamName { original: false }),
            "__original_stream_name__" => return Some(Self::StreamName { original: true }),
            _ => {}
        }
        if let Some(content) = string_literal(text) {
            return Some(Self::Constant(Value::String(content)));
        }
        if let Ok(number) = serde_json::from_str::<Number>(text) {
            return Some(Self::Constant(Value::Number(number)));
        }
        let argument = |function: &str| {
            text.strip_prefix(function)?
                .trim_start()
                .strip_prefix('(')?
                .strip_suffix(')')
        };
        for (function, kind) in [("md5", HashKind::Md5), ("sha256", HashKind::Sha256)] {
            if let Some(argument) = argument(function) {
                return reference(argument.trim()).map(|property| Self::Hash(kind, property));
            }
        }
        reference(text).map(Self::Property)
    }
}

/// The constant of `stream_map_config` that an expression is: `config["name"]`.
pub(crate) fn configured(text: &str) -> Option<String> {
    subscript(text.trim(), "config")
}

/// `name`, `self`, `_["name"]`, `record['name']`, `record.get("name")`.
fn reference(text: &str) -> Option<Reference> {
    if text == "self" {
        return Some(Reference::Itself);
    }
    for object in ["record", "_"] {
        if let Some(name) = subscript(text, object) {
            return Some(Reference::Named(name));
        }
    }
    let mut characters = text.chars();
    let begins_well = characters
        .next()
        .is_some_and(|first| first == '_' || first.is_alphabetic());
    let is_name = begins_well && characters.all(|character| character == '_' || character.is_alphanumeric());
    (is_name && !OTHER_NAMES.contains(&text) && !is_keyword(text)).then(|| Reference::Named(text.to_owned()))
}

/// The name in `object["name"]` or `object.get("name")`.
fn subscript(text: &str, object: &str) -> Option<String> {
    let rest = text.strip_prefix(object)?;
    let subscript = rest.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    let inside = subscript.or_else(|| rest.strip_prefix(".get(")?.strip_suffix(')'))?;
    string_literal(inside.trim())
}

fn is_keyword(text: &str) -> bool {
    [
        "and", "or", "not", "in", "is", "if", "else", "for", "lambda", "record", "_",
    ]
    .contains(&text)
}

/// A Python string literal that is all of the text.
fn string_literal(text: &str) -> Option<String> {
    let quote = text.chars().next().filter(|quote| matches!(quote, '\'' | '"'))?;
    let body = text.strip_prefix(quote)?.strip_suffix(quote)?;
    let mut content = String::with_capacity(body.len());
    let mut characters = body.chars();
    while let Some(character) = characters.next() {
        match character {
            // The literal ends before the text does: it is part of something larger.
            _ if character == quote => return None,
            '\n' => return None,
            '\\' => content.push(match characters.next()? {
                'n' => '\n',
                't' => '\t',
                'r' => '\r',
                escaped @ ('\\' | '\'' | '"') => escaped,
                _ => return None,
            }),
            _ => content.push(character),
        }
    }
    // A text of one quote is no literal.
    (text.len() > 1).then_some(content)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn plain_forms_are_read() {
        let named = |name: &str| Reference::Named(name.to_owned());
        for (text, expected) in [
            ("'it''s'", None),
            ("'it\\'s'", Some(Expression::Constant(json!("it's")))),
            ("\"\"", Some(Expression::Constant(json!("")))),
            ("-4.5", Some(Expression::Constant(json!(-4.5)))),
            ("True", Some(Expression::Constant(json!(true)))),
            ("None", Some(Expression::Constant(Value::Null))),
            (" name ", Some(Expression::Property(named("name")))),
            ("self", Some(Expression::Property(Reference::Itself))),
            ("_['a b']", Some(Expression::Property(named("a b")))),
            ("record.get(\"x\")", Some(Expression::Property(named("x")))),
            ("record", Some(Expression::Record)),
            ("md5(email)", Some(Expression::Hash(HashKind::Md5, named("email")))),
            (
                "sha256( _[\"e\"] )",
                Some(Expression::Hash(HashKind::Sha256, named("e"))),
            ),
            ("__stream_name__", Some(Expression::StreamName { original: false })),
        ] {
            assert_eq!(Expression::parse(text), expected, "{text}");
        }
    }

    #[test]
    fn constants_of_the_configuration_are_named() {
        assert_eq!(configured(" config['salt'] ").as_deref(), Some("salt"));
        assert_eq!(configured("config.get(\"a b\")").as_deref(), Some("a b"));
        for text in [
            "config",
            "config['a'] + x",
            "config[a]",
            "md5(config['a'])",
            "_['config']",
        ] {
            assert_eq!(configured(text), None, "{text}");
        }
    }

    #[test]
    fn everything_else_is_left_to_a_mapper() {
        for text in [
            "a + b",
            "'a' + 'b'",
            "int(x)",
            "md5(a + 'salt')",
            "md5(config['salt'] + x)",
            "config",
            "x if y else z",
            "x.lower()",
            "fake.name()",
            "f'{x}'",
            "",
            "'",
            "a['b']['c']",
            "not",
            "_['a'] + _['b']",
            "lambda",
            "1 + 1",
            "record['a'",
            "9x",
        ] {
            assert_eq!(Expression::parse(text), None, "{text}");
        }
    }
}
