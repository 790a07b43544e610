//! What each policy does about a column whose type cannot take a stream's values. Pure; the comparison that finds such
//! columns is `table_changes.rs`.

use super::existing_columns::ExistingColumn;
use super::problem::LoadProblem;
use super::second_columns::{interim_name, split_name, split_names, version_name};
use super::table_changes::{Comparison, Step, definition};
use super::table_statements;
use super::type_cast::casts;
use super::type_change::{ChangedColumn, Otherwise};
use crate::columns::{ColumnKind, Compatibility, ExistingType};
use crate::config::TypeChanges;

impl Comparison<'_> {
    pub(super) fn change_type(&mut self, position: usize, found: &ExistingColumn<'_>) -> Result<(), LoadProblem> {
        let is_key = self.wanted.key_columns.contains(&position);
        let is_compared = is_key || self.wanted.newest_row_by == Some(position);
        match self.rules.policy {
            TypeChanges::Fail => Err(self.incompatible(position, found)),
            _ if self.rules.is_new_copy => self.replace(position, found),
            TypeChanges::Widen => Err(self.incompatible(position, found)),
            TypeChanges::Split if !is_compared => self.split(position, found),
            TypeChanges::Version if !is_compared => self.keep_version(position, found),
            // Rows are found again by their keys, and what is newer is told by another: these keep their values whatever
            // the policy.
            _ => self.convert(position, found),
        }
    }

    fn replace(&mut self, position: usize, found: &ExistingColumn<'_>) -> Result<(), LoadProblem> {
        let name = self.identifier(found.name)?;
        // Added first: a table always has a column.
        let interim = self.identifier(&interim_name(found.name, |name| self.is_taken(name)))?;
        if let Some(column) = self.wanted.columns.get(position) {
            let definition = definition(column, &self.wanted.settings, self.rules.comments);
            self.run(table_statements::add_columns(
                self.table,
                &[(interim.clone(), definition)],
            ));
        }
        self.run(table_statements::drop_column(self.table, &name));
        self.run(table_statements::rename_column(self.table, &interim, &name));
        Ok(())
    }

    fn convert(&mut self, position: usize, found: &ExistingColumn<'_>) -> Result<(), LoadProblem> {
        let Some(wanted) = self.wanted.columns.get(position).map(|column| column.kind) else {
            return Ok(());
        };
        let is_key = self.wanted.key_columns.contains(&position);
        let column = self.identifier(found.name)?;
        let interim = self.identifier(&interim_name(found.name, |name| self.is_taken(name)))?;
        let comment = self.comment_after(position, found);
        let changed = ChangedColumn {
            table: self.table,
            column: &column,
            interim: &interim,
            comment: comment.as_deref(),
            text_length: self.wanted.settings.text_length(),
        };
        let last = if found.kind == ExistingType::Float && wanted.is_numeric() {
            // A double is what its digits say; what it cannot say is refused, see `Column::refuses_rounding`.
            Otherwise::Keep(ColumnKind::Float)
        } else {
            Otherwise::Refuse(self.incompatible(position, found))
        };
        match changed.conversion(&casts(found.kind, wanted, &column, is_key), last.clone()) {
            Some(conversion) => self.steps.push(Step::Convert(position, Box::new(conversion))),
            None => match last {
                Otherwise::Keep(kind) => self.set_kind(position, kind),
                Otherwise::Refuse(problem) if is_key => return Err(problem),
                _ => return self.keep_version(position, found),
            },
        }
        Ok(())
    }

    fn keep_version(&mut self, position: usize, found: &ExistingColumn<'_>) -> Result<(), LoadProblem> {
        let kept = version_name(found.name, self.rules.now, |name| self.is_taken(name));
        let (from, to) = (self.identifier(found.name)?, self.identifier(&kept)?);
        self.run(table_statements::rename_column(self.table, &from, &to));
        self.add(position)
    }

    /// A name that another column has, or a property wants.
    fn is_taken(&self, name: &str) -> bool {
        self.existing.iter().any(|other| other.name == name)
            || self.wanted.columns.iter().any(|column| column.name == name)
    }

    fn split(&mut self, position: usize, found: &ExistingColumn<'_>) -> Result<(), LoadProblem> {
        let case = self.wanted.settings.identifier_case;
        let Some(column) = self.wanted.columns.get_mut(position) else {
            return Ok(());
        };
        let second = split_name(found.name, column.kind, case);
        column.name.clone_from(&second);
        self.wanted.cleared_columns.push(found.name.to_owned());
        let claims = self.wanted.columns.iter().filter(|column| column.name == second);
        if claims.count() > 1 {
            return Err(self.incompatible(position, found));
        }
        let others: Vec<String> = split_names(found.name, case)
            .filter(|name| *name != second && self.existing.iter().any(|other| other.name == name.as_str()))
            .filter(|name| !self.wanted.columns.iter().any(|column| column.name == *name))
            .collect();
        self.wanted.cleared_columns.extend(others);
        match self.existing.iter().find(|other| other.name == second).copied() {
            None => self.add(position),
            Some(there) => self.fit_second(position, &there),
        }
    }

    /// Makes a second column that exists take values of the kind that it is for.
    fn fit_second(&mut self, position: usize, there: &ExistingColumn<'_>) -> Result<(), LoadProblem> {
        let Some(column) = self.wanted.columns.get(position) else {
            return Ok(());
        };
        match self.compatibility(there, &column.kind, false) {
            Compatibility::Adopt(kind) => self.set_kind(position, kind),
            Compatibility::Widen(kind, sql_type) => {
                let name = self.identifier(there.name)?;
                self.run(table_statements::set_data_type(self.table, &name, &sql_type));
                self.set_kind(position, kind);
            }
            // There is no third column for the same kind of values, so this one keeps them all.
            Compatibility::Incompatible => return self.convert(position, there),
        }
        Ok(())
    }
}
