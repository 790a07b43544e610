//! What an existing table lacks for a stream, worked out from SHOW COLUMNS. Pure; what is done about another type is
//! `column_policies.rs`, running all of it is `table_fit.rs`.

use jiff::Timestamp;
use snowflake_client::{Identifier, Literal, QualifiedName, ResultSet};

use super::existing_columns::{ExistingColumn, existing_columns};
use super::problem::LoadProblem;
use super::second_columns::{converted_column, split_names};
use super::table_statements;
use super::type_change::Conversion;
use crate::columns::{Column, ColumnKind, ColumnSettings, Compatibility, Fitting, IdentifierCase, StreamColumns};
use crate::config::TypeChanges;

/// A step that makes a table fit.
#[derive(Debug)]
pub(crate) enum Step {
    /// A statement that loses nothing.
    Run(String),
    /// A column's type is changed; the column's position is in the stream's columns.
    Convert(usize, Box<Conversion>),
    /// A statement without which rows are loaded all the same.
    Wish(String),
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
    /// The table is one of Apache Iceberg.
    pub(crate) is_iceberg: bool,
    pub(crate) now: Timestamp,
}

/// Snowflake shows comments in lists; a description may be a page.
const MAXIMUM_COMMENT_CHARACTERS: usize = 1000;

/// Comments of so many columns go into one statement, far below the megabyte that one may have.
const COMMENTS_A_STATEMENT: usize = 200;

/// The columns with names and SQL types, for a table that does not exist.
pub(crate) fn definitions(columns: &StreamColumns, comments: bool) -> Result<Vec<(Identifier, String)>, LoadProblem> {
    let define = |column: &Column| {
        Ok((
            identifier(columns, &column.name)?,
            definition(column, &columns.settings, comments),
        ))
    };
    columns.columns.iter().map(define).collect()
}

pub(super) fn definition(column: &Column, settings: &ColumnSettings, comments: bool) -> String {
    let sql_type = column.kind.sql_type(settings.text_length());
    match comment(column).filter(|_| comments) {
        Some(comment) => format!("{sql_type} COMMENT {}", Literal::new(&comment)),
        None => sql_type,
    }
}

/// The description as a comment.
fn comment(column: &Column) -> Option<String> {
    let description = column.description.as_deref()?;
    (!description.trim().is_empty()).then(|| description.chars().take(MAXIMUM_COMMENT_CHARACTERS).collect())
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
        commented: Vec::new(),
    };
    for position in 0..comparison.wanted.columns.len() {
        if let (true, Some(column)) = (rules.is_iceberg, comparison.wanted.columns.get_mut(position)) {
            column.kind = column.kind.in_iceberg();
        }
        comparison.column(position)?;
    }
    comparison.finish(primary_key)
}

pub(super) struct Comparison<'a> {
    pub(super) table: &'a QualifiedName,
    pub(super) existing: Vec<ExistingColumn<'a>>,
    pub(super) wanted: StreamColumns,
    pub(super) rules: ChangeRules,
    pub(super) steps: Vec<Step>,
    added: Vec<(Identifier, String)>,
    commented: Vec<(Identifier, Option<String>)>,
}

impl Comparison<'_> {
    fn column(&mut self, position: usize) -> Result<(), LoadProblem> {
        let Some(column) = self.wanted.columns.get(position) else {
            return Ok(());
        };
        let found = self.find(&column.name, |found| Some(found.name));
        let leftover = self
            .find(&column.name, |found| converted_column(found.comment))
            .filter(|leftover| Some(*leftover) != found);
        let of = |position: Option<usize>| position.and_then(|position| self.existing.get(position)).copied();
        let (there, interim) = (of(found), of(leftover));
        match (there, interim) {
            (None, None) => self.add(position),
            (None, Some(interim)) => {
                // An earlier run was ended between dropping the old column and renaming the new one.
                let name = converted_column(interim.comment).unwrap_or_default();
                let (from, to) = (self.identifier(interim.name)?, self.identifier(name)?);
                self.run(table_statements::rename_column(self.table, &from, &to));
                self.compare(position, &ExistingColumn { name, ..interim })
            }
            (Some(there), interim) => {
                if let Some(interim) = interim {
                    // An earlier run was ended before that: the old column has everything.
                    let interim = self.identifier(interim.name)?;
                    self.run(table_statements::drop_column(self.table, &interim));
                }
                self.compare(position, &there)
            }
        }
    }

    /// The existing column of which `name_of` says this name; one of another case too, unless cases are the user's own.
    fn find<'b>(&'b self, name: &str, name_of: impl Fn(&'b ExistingColumn<'_>) -> Option<&'b str>) -> Option<usize> {
        let exact = self.existing.iter().position(|found| name_of(found) == Some(name));
        exact.or_else(|| {
            let upper = name.to_uppercase();
            let is_alike =
                |found: &'b ExistingColumn<'_>| name_of(found).is_some_and(|name| name.to_uppercase() == upper);
            let mut alike = self.existing.iter().enumerate().filter(|(_, found)| is_alike(found));
            let first = alike.next().map(|(position, _)| position);
            let is_free = self.wanted.settings.identifier_case != IdentifierCase::Preserve && alike.next().is_none();
            first.filter(|_| is_free)
        })
    }

    pub(super) fn add(&mut self, position: usize) -> Result<(), LoadProblem> {
        if let Some(column) = self.wanted.columns.get(position) {
            let name = self.identifier(&column.name)?;
            let definition = definition(column, &self.wanted.settings, self.rules.comments);
            self.added.push((name, definition));
        }
        Ok(())
    }

    /// How an existing column and a wanted kind go together.
    pub(super) fn compatibility(&self, found: &ExistingColumn<'_>, wanted: &ColumnKind, is_key: bool) -> Compatibility {
        let refines = match self.rules.policy {
            TypeChanges::Cast => true,
            TypeChanges::Widen | TypeChanges::Version | TypeChanges::Split => self.rules.is_new_copy,
            TypeChanges::Fail => false,
        };
        let fitting = Fitting {
            is_key,
            refines,
            is_iceberg: self.rules.is_iceberg,
            text_length: self.wanted.settings.text_length(),
        };
        found.kind.compatibility(wanted, fitting)
    }

    fn compare(&mut self, position: usize, found: &ExistingColumn<'_>) -> Result<(), LoadProblem> {
        let Some(column) = self.wanted.columns.get_mut(position) else {
            return Ok(());
        };
        found.name.clone_into(&mut column.name);
        let wanted = column.kind;
        let is_key = self.wanted.key_columns.contains(&position) && !self.rules.is_new_copy;
        match self.compatibility(found, &wanted, is_key) {
            Compatibility::Adopt(kind) => self.set_kind(position, kind),
            Compatibility::Widen(..) if self.rules.policy == TypeChanges::Fail => {
                return Err(self.incompatible(position, found));
            }
            Compatibility::Widen(kind, sql_type) => {
                let name = self.identifier(found.name)?;
                self.run(table_statements::set_data_type(self.table, &name, &sql_type));
                self.set_kind(position, kind);
            }
            Compatibility::Incompatible => return self.change_type(position, found),
        }
        self.explain(position, found)?;
        self.clear_second_columns(position);
        Ok(())
    }

    /// Gives the column its description, if it says nothing of itself yet, or the mark of a conversion that is over.
    fn explain(&mut self, position: usize, found: &ExistingColumn<'_>) -> Result<(), LoadProblem> {
        let Some(column) = self.wanted.columns.get(position) else {
            return Ok(());
        };
        let is_marked = converted_column(found.comment).is_some();
        let comment = comment(column).filter(|_| self.rules.comments);
        if is_marked || (found.comment.is_empty() && comment.is_some()) {
            self.commented.push((self.identifier(&column.name)?, comment));
        }
        Ok(())
    }

    /// What the column is to say of itself after its type was changed: what it said, or its description.
    pub(super) fn comment_after(&self, position: usize, found: &ExistingColumn<'_>) -> Option<String> {
        let column = self.wanted.columns.get(position)?;
        if found.comment.is_empty() || converted_column(found.comment).is_some() {
            comment(column).filter(|_| self.rules.comments)
        } else {
            Some(found.comment.to_owned())
        }
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

    fn finish(mut self, primary_key: &[String]) -> Result<TableChanges, LoadProblem> {
        if !self.added.is_empty() {
            // Renamed columns make room for added ones, and everything else is beside them.
            let statement = table_statements::add_columns(self.table, &self.added);
            self.run(statement);
        }
        for commented in self.commented.chunks(COMMENTS_A_STATEMENT) {
            let texts: Vec<_> = commented
                .iter()
                .map(|(name, comment)| (name.clone(), comment.as_deref()))
                .collect();
            let statement = table_statements::comment_columns(self.table, &texts);
            self.steps.push(Step::Wish(statement));
        }
        let keys: Vec<&str> = self
            .wanted
            .key_columns
            .iter()
            .filter_map(|&key| self.wanted.columns.get(key))
            .map(|column| column.name.as_str())
            .collect();
        let is_same_key =
            primary_key.len() == keys.len() && primary_key.iter().all(|name| keys.contains(&name.as_str()));
        let is_rebuilt = self.steps.iter().any(|step| match step {
            Step::Convert(position, _) => self.wanted.key_columns.contains(position),
            Step::Run(_) => self.rules.is_new_copy,
            Step::Wish(_) => false,
        });
        let mut key = Vec::new();
        // First of all, while every column still has the name that it was found by.
        let mut steps = self.freed(&keys)?;
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

    /// Other targets make key columns NOT NULL; a column that is no key now, or not sent any more, must be able to be NULL.
    fn freed(&self, keys: &[&str]) -> Result<Vec<Step>, LoadProblem> {
        let is_kept = |column: &&ExistingColumn<'_>| keys.contains(&column.name) && !self.rules.frees_keys;
        let free = |column: &ExistingColumn<'_>| {
            let name = self.identifier(column.name)?;
            Ok(Step::Run(table_statements::drop_not_null(self.table, &name)))
        };
        let bound = self.existing.iter().filter(|column| column.is_not_null);
        bound.filter(|column| !is_kept(column)).map(free).collect()
    }

    pub(super) fn run(&mut self, statement: String) {
        self.steps.push(Step::Run(statement));
    }

    pub(super) fn set_kind(&mut self, position: usize, kind: ColumnKind) {
        if let Some(column) = self.wanted.columns.get_mut(position) {
            column.adopt(kind);
        }
    }

    pub(super) fn identifier(&self, name: &str) -> Result<Identifier, LoadProblem> {
        identifier(&self.wanted, name)
    }

    pub(super) fn incompatible(&self, position: usize, found: &ExistingColumn<'_>) -> LoadProblem {
        let (property, kind) = self
            .wanted
            .columns
            .get(position)
            .map(|column| {
                let sql_type = column.kind.sql_type(self.wanted.settings.text_length());
                (column.property.as_str(), sql_type)
            })
            .unwrap_or_default();
        let message = format!(
            "column {:?} of table {} is {}, and property {property:?} now needs {kind}, which would lose values",
            found.name,
            self.table,
            found.type_words()
        );
        let hint = if self.wanted.key_columns.contains(&position) && self.rules.policy != TypeChanges::Fail {
            "rows are found again by this key, so it must keep its values; rename or drop the column in Snowflake, or load \
             into another table, then run again"
        } else {
            "set `type_changes` to cast, version or split, or rename or drop the column in Snowflake; then run again"
        };
        LoadProblem::of_stream(&self.wanted.stream, message).with_hint(hint)
    }
}

fn identifier(columns: &StreamColumns, name: &str) -> Result<Identifier, LoadProblem> {
    Identifier::new(name).map_err(|problem| LoadProblem::from_name(&columns.stream, "column", problem))
}

#[cfg(test)]
mod tests;
