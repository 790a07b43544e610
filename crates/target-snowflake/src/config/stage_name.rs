//! The name of a stage as a person writes it, with the rules of SQL: `"quoted"` as it stands, the rest in upper case.

use snowflake_client::{Identifier, QualifiedName};

/// A stage's name with its schema, and its database if the user wrote one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct StageName {
    database: Option<Identifier>,
    schema: Identifier,
    name: Identifier,
}

impl StageName {
    /// Reads `SCHEMA.STAGE` or `DATABASE.SCHEMA.STAGE`, with or without `@`.
    pub(super) fn parse(text: &str) -> Result<Self, &'static str> {
        const FORM: &str = "should be SCHEMA.STAGE or DATABASE.SCHEMA.STAGE";
        let text = text.trim();
        let text = text.strip_prefix('@').unwrap_or(text);
        if text.contains('%') && !text.contains('"') {
            return Err(
                "a table's own stage serves that table alone, and rows go through another one; leave it out for \
                        the user's own stage",
            );
        }
        let parts = identifiers(text).ok_or(FORM)?;
        match <[Identifier; 3]>::try_from(parts) {
            Ok([database, schema, name]) => Ok(Self {
                database: Some(database),
                schema,
                name,
            }),
            Err(parts) => match <[Identifier; 2]>::try_from(parts) {
                Ok([schema, name]) => Ok(Self {
                    database: None,
                    schema,
                    name,
                }),
                Err(_) => Err(FORM),
            },
        }
    }

    /// The complete name, in this database unless the name has its own.
    pub(crate) fn in_database(&self, database: &Identifier) -> QualifiedName {
        let database = self.database.as_ref().unwrap_or(database);
        QualifiedName::in_database(database.clone(), self.schema.clone(), self.name.clone())
    }

    /// The complete name of its schema.
    pub(crate) fn schema_in(&self, database: &Identifier) -> QualifiedName {
        let database = self.database.as_ref().unwrap_or(database);
        QualifiedName::in_schema(database.clone(), self.schema.clone())
    }

    /// The stage's own name.
    pub(crate) fn name(&self) -> &Identifier {
        &self.name
    }
}

/// One name, quoted or not.
pub(super) fn identifier(text: &str) -> Option<Identifier> {
    let parts = identifiers(text.trim())?;
    let [name] = <[Identifier; 1]>::try_from(parts).ok()?;
    Some(name)
}

/// Names between dots; `None` when the text is not made of such.
fn identifiers(text: &str) -> Option<Vec<Identifier>> {
    let mut names = Vec::new();
    let mut rest = text;
    loop {
        let (name, after) = if let Some(quoted) = rest.strip_prefix('"') {
            quoted_name(quoted)?
        } else {
            let end = rest.find('.').unwrap_or(rest.len());
            let (plain, after) = rest.split_at(end);
            (is_plain(plain).then(|| plain.to_ascii_uppercase())?, after)
        };
        names.push(Identifier::new(name).ok()?);
        if after.is_empty() {
            return Some(names);
        }
        rest = after.strip_prefix('.')?;
    }
}

/// What stands before the closing quote, and what comes after it; two quotes are one in the name.
fn quoted_name(text: &str) -> Option<(String, &str)> {
    let mut name = String::new();
    let mut rest = text;
    loop {
        let (before, after) = rest.split_once('"')?;
        name.push_str(before);
        match after.strip_prefix('"') {
            Some(more) => {
                name.push('"');
                rest = more;
            }
            None => return Some((name, after)),
        }
    }
}

fn is_plain(text: &str) -> bool {
    let is_first = |character: char| character.is_ascii_alphabetic() || character == '_';
    let is_later = |character: char| character.is_ascii_alphanumeric() || "_$".contains(character);
    text.starts_with(is_first) && text.chars().all(is_later)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_as_sql_reads_them() {
        let database = Identifier::new("Db").unwrap();
        let cases = [
            ("raw.my_stage", r#""Db"."RAW"."MY_STAGE""#),
            ("@other.raw.my_stage", r#""OTHER"."RAW"."MY_STAGE""#),
            (r#"raw."my ""st.age%""#, r#""Db"."RAW"."my ""st.age%""#),
            ("my_stage", ""),
            ("~", ""),
            ("raw.%orders", ""),
            ("a.b.c.d", ""),
            ("raw.", ""),
            ("raw.my stage", ""),
            (r#"raw."open"#, ""),
            (r#"raw."a"b"#, ""),
            ("1raw.stage", ""),
        ];
        for (text, expected) in cases {
            let found = StageName::parse(text).map(|name| name.in_database(&database).to_string());
            assert_eq!(found.unwrap_or_default(), expected, "{text}");
        }
    }
}
