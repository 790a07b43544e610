//! A place for files: a stage and a path in it, as PUT, COPY, LIST and REMOVE take it.

use std::fmt;

use crate::sql::{Literal, QualifiedName};

/// A stage and a path below it. Display writes `@…/path/`, in single quotes when a name or the path needs them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StageLocation {
    stage: Stage,
    path: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Stage {
    User,
    Table(QualifiedName),
    Named(QualifiedName),
}

impl StageLocation {
    /// The user's own stage: `@~/path/`. Leading and doubled slashes of the path are dropped, a final one is added.
    pub fn user(path: &str) -> Self {
        StageLocation {
            stage: Stage::User,
            path: normalized(path),
        }
    }

    /// The stage that belongs to a table: `@"SCHEMA".%"TABLE"/path/`. COPY cannot transform what it reads from there.
    pub fn table(table: QualifiedName, path: &str) -> Self {
        StageLocation {
            stage: Stage::Table(table),
            path: normalized(path),
        }
    }

    /// A named stage: `@"SCHEMA"."STAGE"/path/`.
    pub fn named(stage: QualifiedName, path: &str) -> Self {
        StageLocation {
            stage: Stage::Named(stage),
            path: normalized(path),
        }
    }

    /// The path below the stage, without leading slash, with a final one unless empty.
    pub fn path(&self) -> &str {
        &self.path
    }
}

fn normalized(path: &str) -> String {
    path.split('/')
        .filter(|part| !part.is_empty())
        .fold(String::new(), |joined, part| joined + part + "/")
}

/// `@…` without quotes around the whole.
struct Unquoted<'a>(&'a StageLocation);

impl fmt::Display for Unquoted<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("@")?;
        match &self.0.stage {
            Stage::User => formatter.write_str("~")?,
            Stage::Named(name) => write!(formatter, "{name}")?,
            Stage::Table(table) => {
                table.write_container(formatter)?;
                write!(formatter, "%{}", table.name())?;
            }
        }
        write!(formatter, "/{}", self.0.path)
    }
}

impl fmt::Display for StageLocation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Snowflake wants quotes around the whole when a name or the path has anything special; "--" would begin a
        // comment, and a doubled quote is an escaped one inside a name.
        let unquoted = Unquoted(self).to_string();
        let plain = |character: char| character.is_ascii_alphanumeric() || "@~%\"_-./=".contains(character);
        if unquoted.chars().all(plain) && !unquoted.contains("--") && !unquoted.contains("\"\"") {
            formatter.write_str(&unquoted)
        } else {
            write!(formatter, "{}", Literal::new(&unquoted))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sql::Identifier;

    fn name(text: &str) -> Identifier {
        Identifier::new(text).unwrap()
    }

    #[test]
    fn each_stage_is_written_as_put_and_copy_take_it() {
        let table = QualifiedName::in_database(name("DB"), name("SC"), name("T"));
        let cases = [
            (
                StageLocation::user("/target-snowflake//run/apps"),
                "@~/target-snowflake/run/apps/",
            ),
            (StageLocation::user(""), "@~/"),
            (StageLocation::table(table.clone(), "a"), r#"@"DB"."SC".%"T"/a/"#),
            (StageLocation::named(table, "a=b/c"), r#"@"DB"."SC"."T"/a=b/c/"#),
            (
                StageLocation::named(QualifiedName::unqualified(name("my stage")), ""),
                r#"'@"my stage"/'"#,
            ),
            (StageLocation::user("it's"), "'@~/it''s/'"),
            (StageLocation::user("a--b; x"), "'@~/a--b; x/'"),
            (
                StageLocation::named(QualifiedName::unqualified(name("S\"T'G")), "a b"),
                r#"'@"S""T''G"/a b/'"#,
            ),
        ];
        for (location, expected) in cases {
            assert_eq!(location.to_string(), expected);
        }
    }
}
