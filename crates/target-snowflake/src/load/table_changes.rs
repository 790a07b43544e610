//! What an existing table lacks for a stream, worked out from SHOW COLUMNS. Pure; the statements are
//! `table_statements.rs` and `type_change.rs`, running them is `table_preparation.rs`.

use jiff::Timestamp;
use snowflake_client::{Identifier, Literal, QualifiedName, ResultSet};

use super::problem::LoadProblem;
use super::table_statements;
use super::type_change::{Conversion, conversion, interim_name, split_name, split_names, version_name};
use crate::columns::{Column, ColumnKind, Compatibility, ExistingType, IdentifierCase, StreamColumns};
use crate::config::TypeChanges;

/// A step that makes a table fit.
#[derive(Debug)]
pub(crate) enum Step {
    /// A statement that loses nothing.
    Run(String),
    /// A column's type is changed; the column's position is in the stream's columns.
    Convert(usize, Box<Conversion>),
}

/// Steps that make a table fit, and the columns as rows must then be written.
#[derive(Debug)]
pub(crate) struct TableChanges {
    /// To be run in order.
    pub(crate) steps: Vec<Step>,
    /// The wanted columns, with the names and kinds of existing columns that are kept. Conversions say their kind when
    /// they are done.
    pub(crate) columns: StreamColumns,
    /// The columns of the primary key that is to be made after all steps; none when it stays as it is.
    pub(crate) primary_key: Vec<Identifier>,
}

/// What the user wants of changes, and what is known of the table.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ChangeRules {
    pub(crate) policy: TypeChanges,
    /// Column comments from descriptions.
    pub(crate) comments: bool,
    /// Keys may be NULL too.
    pub(crate) frees_keys: bool,
    /// The table was made for this run and has no rows: a column of another type can go.
    pub(crate) is_new_copy: bool,
    pub(crate) now: Timestamp,
}

/// A column that exists.
#[derive(Debug, Clone, Copy)]
struct ExistingColumn<'a> {
    name: &'a str,
    /// SHOW COLUMNS's own description of the type.
    data_type: &'a str,
    kind: Option<ExistingType>,
    is_not_null: bool,
}

/// Snowflake shows comments in lists; a description may be a page.
const MAXIMUM_COMMENT_CHARACTERS: usize = 1000;

/// The columns with names and SQL types, for a table that does not exist.
pub(crate) fn definitions(columns: &StreamColumns, comments: bool) -> Result<Vec<(Identifier, String)>, LoadProblem> {
    columns
        .columns
        .iter()
        .map(|column| Ok((identifier(columns, &column.name)?, definition(column, comments))))
        .collect()
}

fn definition(column: &Column, comments: bool) -> String {
    match column.description.as_deref().filter(|_| comments) {
        Some(description) if !description.trim().is_empty() => {
            let cut: String = description.chars().take(MAXIMUM_COMMENT_CHARACTERS).collect();
            format!("{} COMMENT {}", column.kind.sql_type(), Literal::new(&cut))
        }
        _ => column.kind.sql_type(),
    }
}

/// Compares what a stream wants with what is there: `shown` is SHOW COLUMNS, `primary_key` the names of the constraint's
/// columns.
///
/// # Errors
/// A column whose type cannot take the stream's values, when the policy does not allow to change it.
pub(crate) fn table_changes(
    table: &QualifiedName,
    wanted: StreamColumns,
    shown: &ResultSet,
    primary_key: &[String],
    rules: ChangeRules,
) -> Result<TableChanges, LoadProblem> {
    let mut comparison = Comparison {
        table,
        existing: existing_columns(shown),
        wanted,
        rules,
        steps: Vec::new(),
        added: Vec::new(),
    };
    for position in 0..comparison.wanted.columns.len() {
        comparison.column(position)?;
    }
    comparison.finish(primary_key)
}

struct Comparison<'a> {
    table: &'a QualifiedName,
    existing: Vec<ExistingColumn<'a>>,
    wanted: StreamColumns,
    rules: ChangeRules,
    steps: Vec<Step>,
    added: Vec<(Identifier, String)>,
}

impl Comparison<'_> {
    fn column(&mut self, position: usize) -> Result<(), LoadProblem> {
        let Some(column) = self.wanted.columns.get(position) else {
            return Ok(());
        };
        let interim = interim_name(&column.name).to_uppercase();
        let is_interim = |found: &ExistingColumn<'_>| found.name.to_uppercase() == interim;
        let leftover = self.existing.iter().position(is_interim);
        let interim = leftover
            .and_then(|position| self.existing.get(position))
            .map_or("", |found| found.name);
        let Some(found) = self.find(&column.name) else {
            let Some(found) = leftover else {
                return self.add(position);
            };
            // An earlier run was ended between dropping the old column and renaming the new one.
            let (from, to) = (self.identifier(interim)?, self.identifier(&column.name)?);
            self.run(table_statements::rename_column(self.table, &from, &to));
            return self.compare(position, found);
        };
        if leftover.is_some() {
            // An earlier run was ended before that: the old column has everything.
            let name = self.identifier(interim)?;
            self.run(table_statements::drop_column(self.table, &name));
        }
        if let (Some(found), Some(column)) = (self.existing.get(found), self.wanted.columns.get_mut(position)) {
            found.name.clone_into(&mut column.name);
        }
        self.compare(position, found)
    }

    /// The existing column of this name; of another case too, unless cases are the user's own.
    fn find(&self, name: &str) -> Option<usize> {
        let exact = self.existing.iter().position(|found| found.name == name);
        exact.or_else(|| {
            let upper = name.to_uppercase();
            let mut alike = self
                .existing
                .iter()
                .enumerate()
                .filter(|(_, found)| found.name.to_uppercase() == upper);
            let first = alike.next().map(|(position, _)| position);
            let is_free = self.wanted.settings.identifier_case != IdentifierCase::Preserve && alike.next().is_none();
            first.filter(|_| is_free)
        })
    }

    fn add(&mut self, position: usize) -> Result<(), LoadProblem> {
        if let Some(column) = self.wanted.columns.get(position) {
            let name = self.identifier(&column.name)?;
            self.added.push((name, definition(column, self.rules.comments)));
        }
        Ok(())
    }

    fn compare(&mut self, position: usize, found: usize) -> Result<(), LoadProblem> {
        let (Some(column), Some(found)) = (self.wanted.columns.get(position), self.existing.get(found)) else {
            return Ok(());
        };
        let existing = found.kind.unwrap_or(ExistingType::Other);
        match existing.compatibility(&column.kind) {
            Compatibility::Same => {}
            Compatibility::Adopt(kind) => self.set_kind(position, kind),
            Compatibility::Widen(_) if self.rules.policy == TypeChanges::Fail => {
                return Err(incompatible(&self.wanted, position, found, self.table));
            }
            Compatibility::Widen(sql_type) => {
                let name = self.identifier(&column.name)?;
                let statement = table_statements::set_data_type(self.table, &name, &sql_type);
                if matches!(existing, ExistingType::Text { .. }) {
                    self.set_kind(position, ColumnKind::Text);
                }
                self.run(statement);
            }
            Compatibility::Incompatible => {
                let found = *found;
                return self.change_type(position, &found);
            }
        }
        self.clear_second_columns(position);
        Ok(())
    }

    /// Values of the column's own type are back: second columns of rows that are loaded again hold NULL.
    fn clear_second_columns(&mut self, position: usize) {
        let Some(column) = self.wanted.columns.get(position) else {
            return;
        };
        let case = self.wanted.settings.identifier_case;
        let is_wanted = |name: &String| self.wanted.columns.iter().any(|column| column.name == *name);
        let is_there = |name: &String| self.existing.iter().any(|found| found.name == name.as_str());
        let second: Vec<String> = split_names(&column.name, case)
            .filter(|name| self.rules.policy == TypeChanges::Split && is_there(name) && !is_wanted(name))
            .collect();
        self.wanted.cleared_columns.extend(second);
    }

    fn change_type(&mut self, position: usize, found: &ExistingColumn<'_>) -> Result<(), LoadProblem> {
        let is_key = self.wanted.key_columns.contains(&position);
        match self.rules.policy {
            TypeChanges::Widen | TypeChanges::Fail if !self.rules.is_new_copy => {
                Err(incompatible(&self.wanted, position, found, self.table))
            }
            TypeChanges::Fail => Err(incompatible(&self.wanted, position, found, self.table)),
            _ if self.rules.is_new_copy => self.replace(position, found),
            TypeChanges::Split if !is_key => self.split(position, found),
            TypeChanges::Version if !is_key => self.keep_version(position, found),
            // Rows are found again by their keys, so these keep their values whatever the policy.
            _ => self.convert(position, found),
        }
    }

    fn replace(&mut self, position: usize, found: &ExistingColumn<'_>) -> Result<(), LoadProblem> {
        let name = self.identifier(found.name)?;
        // Added first: a table always has a column.
        let interim = self.identifier(&interim_name(found.name))?;
        if let Some(column) = self.wanted.columns.get(position) {
            let added = [(interim.clone(), definition(column, self.rules.comments))];
            self.run(table_statements::add_columns(self.table, &added));
        }
        self.run(table_statements::drop_column(self.table, &name));
        self.run(table_statements::rename_column(self.table, &interim, &name));
        Ok(())
    }

    fn convert(&mut self, position: usize, found: &ExistingColumn<'_>) -> Result<(), LoadProblem> {
        let Some(column) = self.wanted.columns.get(position) else {
            return Ok(());
        };
        let name = self.identifier(found.name)?;
        let existing = (found.kind.unwrap_or(ExistingType::Other), type_name(found.data_type));
        let existing = (existing.0, existing.1.as_str());
        let converted = conversion(self.table, &name, existing, column.kind)
            .map_err(|problem| LoadProblem::from_name(&self.wanted.stream, "column", problem))?;
        match converted {
            Some(converted) => {
                self.steps.push(Step::Convert(position, Box::new(converted)));
                Ok(())
            }
            None if self.wanted.key_columns.contains(&position) => {
                Err(incompatible(&self.wanted, position, found, self.table))
            }
            None => self.keep_version(position, found),
        }
    }

    fn keep_version(&mut self, position: usize, found: &ExistingColumn<'_>) -> Result<(), LoadProblem> {
        let is_taken = |name: &str| self.existing.iter().any(|other| other.name == name);
        let kept = version_name(found.name, self.rules.now, is_taken);
        let (from, to) = (self.identifier(found.name)?, self.identifier(&kept)?);
        self.run(table_statements::rename_column(self.table, &from, &to));
        self.add(position)
    }

    fn split(&mut self, position: usize, found: &ExistingColumn<'_>) -> Result<(), LoadProblem> {
        let case = self.wanted.settings.identifier_case;
        let Some(column) = self.wanted.columns.get_mut(position) else {
            return Ok(());
        };
        let second = split_name(found.name, column.kind, case);
        column.name.clone_from(&second);
        self.wanted.cleared_columns.push(found.name.to_owned());
        if self
            .wanted
            .columns
            .iter()
            .filter(|column| column.name == second)
            .count()
            > 1
        {
            return Err(incompatible(&self.wanted, position, found, self.table));
        }
        let others: Vec<String> = split_names(found.name, case)
            .filter(|name| *name != second && self.existing.iter().any(|other| other.name == name.as_str()))
            .filter(|name| !self.wanted.columns.iter().any(|column| column.name == *name))
            .collect();
        self.wanted.cleared_columns.extend(others);
        match self.existing.iter().position(|other| other.name == second) {
            None => self.add(position),
            Some(there) => {
                let compatible = self.existing.get(there).and_then(|there| there.kind);
                let wanted = self.wanted.columns.get(position).map(|column| column.kind);
                match compatible
                    .zip(wanted)
                    .map(|(there, wanted)| there.compatibility(&wanted))
                {
                    Some(Compatibility::Same) => Ok(()),
                    Some(Compatibility::Adopt(kind)) => {
                        self.set_kind(position, kind);
                        Ok(())
                    }
                    _ => Err(incompatible(&self.wanted, position, found, self.table)),
                }
            }
        }
    }

    fn finish(mut self, primary_key: &[String]) -> Result<TableChanges, LoadProblem> {
        if !self.added.is_empty() {
            // Renamed columns make room for added ones, and everything else is beside them.
            let statement = table_statements::add_columns(self.table, &self.added);
            self.run(statement);
        }
        let keys: Vec<&str> = self
            .wanted
            .key_columns
            .iter()
            .filter_map(|&key| self.wanted.columns.get(key))
            .map(|column| column.name.as_str())
            .collect();
        let mut freed = Vec::new();
        for column in &self.existing {
            // Other targets make key columns NOT NULL; a column that is no key now, or not sent any more, must be able to
            // be NULL.
            let is_kept = keys.contains(&column.name) && !self.rules.frees_keys;
            if column.is_not_null && !is_kept {
                freed.push(table_statements::drop_not_null(
                    self.table,
                    &self.identifier(column.name)?,
                ));
            }
        }
        let is_same_key =
            primary_key.len() == keys.len() && primary_key.iter().all(|name| keys.contains(&name.as_str()));
        let is_rebuilt = self.steps.iter().any(|step| match step {
            Step::Convert(position, _) => self.wanted.key_columns.contains(position),
            Step::Run(_) => self.rules.is_new_copy,
        });
        let mut key = Vec::new();
        // First of all, while every column still has the name that it was found by.
        let mut steps: Vec<Step> = freed.into_iter().map(Step::Run).collect();
        if !primary_key.is_empty() && (!is_same_key || is_rebuilt) {
            steps.insert(0, Step::Run(table_statements::drop_primary_key(self.table)));
            key = keys
                .iter()
                .map(|name| self.identifier(name))
                .collect::<Result<_, _>>()?;
        }
        steps.append(&mut self.steps);
        Ok(TableChanges {
            steps,
            columns: self.wanted,
            primary_key: key,
        })
    }

    fn run(&mut self, statement: String) {
        self.steps.push(Step::Run(statement));
    }

    fn set_kind(&mut self, position: usize, kind: ColumnKind) {
        if let Some(column) = self.wanted.columns.get_mut(position) {
            column.kind = kind;
        }
    }

    fn identifier(&self, name: &str) -> Result<Identifier, LoadProblem> {
        identifier(&self.wanted, name)
    }
}

fn existing_columns(shown: &ResultSet) -> Vec<ExistingColumn<'_>> {
    shown
        .rows()
        .filter_map(|row| {
            let data_type = row.get("data_type")?;
            Some(ExistingColumn {
                name: row.get("column_name")?,
                data_type,
                kind: ExistingType::from_show_columns(data_type),
                is_not_null: is_not_null(data_type),
            })
        })
        .collect()
}

fn is_not_null(data_type: &str) -> bool {
    let description: Option<serde_json::Value> = serde_json::from_str(data_type).ok();
    description.and_then(|description| description.get("nullable")?.as_bool()) == Some(false)
}

fn type_name(data_type: &str) -> String {
    let description: Option<serde_json::Value> = serde_json::from_str(data_type).ok();
    let name = description.and_then(|description| description.get("type")?.as_str().map(str::to_owned));
    name.unwrap_or_default()
}

fn incompatible(
    wanted: &StreamColumns,
    position: usize,
    found: &ExistingColumn<'_>,
    table: &QualifiedName,
) -> LoadProblem {
    let (property, kind) = wanted
        .columns
        .get(position)
        .map(|column| (column.property.as_str(), column.kind.sql_type()))
        .unwrap_or_default();
    let message = format!(
        "column {:?} of table {table} is {}, and property {property:?} now needs {kind}, which would lose values",
        found.name,
        type_words(found.data_type)
    );
    LoadProblem::of_stream(&wanted.stream, message).with_hint(
        "set `type_changes` to cast, version or split, or rename or drop the column in Snowflake; then run again",
    )
}

/// `{"type":"FIXED","precision":38,"scale":0,…}` as a person would write it.
fn type_words(data_type: &str) -> String {
    let description: serde_json::Value = serde_json::from_str(data_type).unwrap_or_default();
    let number = |key: &str| {
        description
            .get(key)
            .and_then(serde_json::Value::as_u64)
            .unwrap_or_default()
    };
    match description.get("type").and_then(serde_json::Value::as_str) {
        Some("FIXED") => format!("NUMBER({}, {})", number("precision"), number("scale")),
        Some("TEXT") => format!("VARCHAR({})", number("length")),
        Some("REAL") => "FLOAT".to_owned(),
        Some(other) => other.to_owned(),
        None => "of an unknown type".to_owned(),
    }
}

fn identifier(columns: &StreamColumns, name: &str) -> Result<Identifier, LoadProblem> {
    Identifier::new(name).map_err(|problem| LoadProblem::from_name(&columns.stream, "column", problem))
}

#[cfg(test)]
mod tests;
