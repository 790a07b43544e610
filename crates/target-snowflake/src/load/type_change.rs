//! The statements that change a column's type by way of a second column. Pure; which types are tried is `type_cast.rs`,
//! which columns those are is `table_changes.rs`, running it is `conversion_run.rs`.

use snowflake_client::{Identifier, Literal, QualifiedName};

use super::problem::LoadProblem;
use super::second_columns::conversion_mark;
use super::table_statements;
use super::type_cast::Cast;
use crate::columns::{ColumnKind, TextLength};

/// A change of one column's type by way of a second column.
#[derive(Debug, Clone)]
pub(crate) struct Conversion {
    /// What the column is in the end.
    pub(crate) kind: ColumnKind,
    /// Counts the rows that this way would lose or refuse, before anything is done; without it there are none.
    pub(crate) count_misfits: Option<String>,
    /// Makes the second column and fills it.
    pub(crate) fill: Vec<String>,
    /// Counts the rows that lost something; without it the cast is known to lose nothing.
    pub(crate) count_losses: Option<String>,
    /// Puts the second column in the place of the first.
    pub(crate) finish: Vec<String>,
    /// Drops the second column, when it lost something.
    pub(crate) undo: String,
    /// What to do if a count is not zero.
    pub(crate) otherwise: Otherwise,
}

/// What to do when a way would lose something.
#[derive(Debug, Clone)]
pub(crate) enum Otherwise {
    /// Another way.
    Convert(Box<Conversion>),
    /// The column stays as it is and takes values as this kind.
    Keep(ColumnKind),
    /// The stream cannot be loaded.
    Refuse(LoadProblem),
}

/// The column that is changed, and the one that will be it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ChangedColumn<'a> {
    pub(crate) table: &'a QualifiedName,
    pub(crate) column: &'a Identifier,
    pub(crate) interim: &'a Identifier,
    /// What the column says of itself, which is kept.
    pub(crate) comment: Option<&'a str>,
    pub(crate) text_length: TextLength,
}

impl ChangedColumn<'_> {
    /// The ways in their order, `last` behind them; `None` when there is no way at all.
    pub(crate) fn conversion(&self, ways: &[Cast], last: Otherwise) -> Option<Conversion> {
        let mut otherwise = last;
        let mut first = None;
        for way in ways.iter().rev() {
            if let Some(next) = first.take() {
                otherwise = Otherwise::Convert(Box::new(next));
            }
            first = Some(self.one_way(way, otherwise.clone()));
        }
        first
    }

    fn one_way(&self, way: &Cast, otherwise: Otherwise) -> Conversion {
        let Self {
            table, column, interim, ..
        } = self;
        let count = |condition: &str| {
            format!("SELECT COUNT(*) AS LOST FROM {table} WHERE {column} IS NOT NULL AND {condition}")
        };
        let mark = Literal::new(&conversion_mark(column.as_str())).to_string();
        let definition = format!("{} COMMENT {mark}", way.kind.sql_type(self.text_length));
        Conversion {
            kind: way.kind,
            count_misfits: way.misfit.as_deref().map(count),
            fill: vec![
                table_statements::add_columns(table, &[((*interim).clone(), definition)]),
                format!(
                    "UPDATE {table} SET {interim} = {} WHERE {column} IS NOT NULL",
                    way.expression
                ),
            ],
            count_losses: way
                .back
                .map(|back| count(&format!("NOT EQUAL_NULL({}, {column})", back(interim)))),
            finish: vec![
                table_statements::drop_column(table, column),
                table_statements::rename_column(table, interim, column),
                table_statements::comment_columns(table, &[((*column).clone(), self.comment)]),
            ],
            undo: table_statements::drop_column(table, interim),
            otherwise,
        }
    }
}
