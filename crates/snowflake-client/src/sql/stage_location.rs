//! A place for files: a stage and a path in it, as PUT, COPY, LIST and REMOVE take it.

use std::fmt;

use crate::sql::{Literal, QualifiedName};

/// A stage and a path below it. Display writes `@…/path/`, in single quotes when the path needs them.
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
        // "--" would begin a comment outside quotes.
        let plain = |character: char| character.is_ascii_alphanumeric() || "_-./=".contains(character);
        if self.path.chars().all(plain) && !self.path.contains("--") {
            write!(formatter, "{}", Unquoted(self))
        } else {
            write!(formatter, "{}", Literal::new(&Unquoted(self).to_string()))
        }
    }
}
