//! What an existing table lacks for a stream, worked out from SHOW COLUMNS. Pure; the statements are
//! `table_statements.rs`, running them is `loader.rs`.

use snowflake_client::{Identifier, QualifiedName, ResultSet};

use super::problem::LoadProblem;
use super::table_statements;
use crate::columns::{ColumnKind, Compatibility, ExistingType, StreamColumns};

/// Statements that make a table fit, and the columns as rows must then be written.
#[derive(Debug)]
pub(crate) struct TableChanges {
    /// To be run in order; each is a change that loses nothing.
    pub(crate) statements: Vec<String>,
    /// The wanted columns, with the kinds of existing columns that are kept.
    pub(crate) columns: StreamColumns,
}

/// A column that exists.
struct ExistingColumn<'a> {
    name: &'a str,
    /// SHOW COLUMNS's own description of the type.
    data_type: &'a str,
    kind: Option<ExistingType>,
    is_not_null: bool,
}

/// The columns with names and SQL types, for a table that does not exist.
pub(crate) fn definitions(columns: &StreamColumns) -> Result<Vec<(Identifier, String)>, LoadProblem> {
    columns
        .columns
        .iter()
        .map(|column| Ok((identifier(columns, &column.name)?, column.kind.sql_type())))
        .collect()
}

/// Compares what a stream wants with what is there.
///
/// # Errors
/// A column whose type cannot take the stream's values.
pub(crate) fn table_changes(
    table: &QualifiedName,
    mut wanted: StreamColumns,
    shown: &ResultSet,
) -> Result<TableChanges, LoadProblem> {
    let existing: Vec<ExistingColumn<'_>> = existing_columns(shown);
    let mut added = Vec::new();
    let mut statements = Vec::new();
    for position in 0..wanted.columns.len() {
        let Some(column) = wanted.columns.get(position) else {
            continue;
        };
        let Some(found) = existing.iter().find(|found| found.name == column.name) else {
            added.push((identifier(&wanted, &column.name)?, column.kind.sql_type()));
            continue;
        };
        match found.kind.unwrap_or(ExistingType::Other).compatibility(&column.kind) {
            Compatibility::Same => {}
            Compatibility::Adopt(kind) => {
                if let Some(column) = wanted.columns.get_mut(position) {
                    column.kind = kind;
                }
            }
            Compatibility::Widen(sql_type) => {
                let name = identifier(&wanted, &column.name)?;
                statements.push(table_statements::set_data_type(table, &name, &sql_type));
                if let (Some(ExistingType::Text { .. }), Some(column)) = (found.kind, wanted.columns.get_mut(position))
                {
                    column.kind = ColumnKind::Text;
                }
            }
            Compatibility::Incompatible => return Err(incompatible(&wanted, position, found, table)),
        }
    }
    if !added.is_empty() {
        statements.insert(0, table_statements::add_columns(table, &added));
    }
    for column in existing
        .iter()
        .filter(|column| column.is_not_null && !is_key(&wanted, column.name))
    {
        statements.push(table_statements::drop_not_null(
            table,
            &identifier(&wanted, column.name)?,
        ));
    }
    Ok(TableChanges {
        statements,
        columns: wanted,
    })
}

/// Other targets make key columns NOT NULL; a column that is no key now, or not sent any more, must be able to be NULL.
fn is_key(columns: &StreamColumns, name: &str) -> bool {
    columns
        .key_columns
        .iter()
        .filter_map(|&key| columns.columns.get(key))
        .any(|column| column.name == name)
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
    LoadProblem::of_stream(&wanted.stream, message)
        .with_hint("rename or drop the column in Snowflake, or make the tap send the old type; then run again")
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
