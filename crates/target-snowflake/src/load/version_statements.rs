//! SQL text of ACTIVATE_VERSION: rows of older versions go, or are marked. Rows without a version stay,
//! unless the user wants otherwise. And the removal of rows that the tap says are deleted. Pure.

use jiff::Timestamp;
use snowflake_client::{Identifier, IdentifierProblem, Literal, QualifiedName};

use crate::columns::{ColumnKind, StreamColumns, TimestampType};
use crate::metadata_columns::MetadataColumn;

/// Rows that are marked as deleted go; `None` when the table has no such mark.
pub(crate) fn remove_deleted(
    table: &QualifiedName,
    columns: &StreamColumns,
) -> Result<Option<String>, IdentifierProblem> {
    let mark = columns
        .columns
        .iter()
        .find(|column| column.property == MetadataColumn::DeletedAt.property());
    let Some(mark) = mark else { return Ok(None) };
    let name = Identifier::new(mark.name.as_str())?;
    Ok(Some(format!("DELETE FROM {table} WHERE {name} IS NOT NULL")))
}

/// The statement, or `None` when the table has no column that says which version a row is of. With `deleted_at` rows
/// are marked with that time, without it they are removed.
pub(crate) fn activate_version(
    table: &QualifiedName,
    columns: &StreamColumns,
    version: i64,
    unversioned_are_old: bool,
    deleted_at: Option<Timestamp>,
) -> Result<Option<String>, IdentifierProblem> {
    let find = |wanted: MetadataColumn| {
        columns
            .columns
            .iter()
            .find(|column| column.property == wanted.property())
    };
    let (Some(version_column), Some(deleted_column)) =
        (find(MetadataColumn::TableVersion), find(MetadataColumn::DeletedAt))
    else {
        return Ok(None);
    };
    let version_name = Identifier::new(version_column.name.as_str())?;
    let is_old = if unversioned_are_old {
        format!("({version_name} < {version} OR {version_name} IS NULL)")
    } else {
        format!("{version_name} < {version}")
    };
    let Some(deleted_at) = deleted_at else {
        return Ok(Some(format!("DELETE FROM {table} WHERE {is_old}")));
    };
    let deleted_name = Identifier::new(deleted_column.name.as_str())?;
    let has_offset = matches!(
        deleted_column.kind,
        ColumnKind::Timestamp {
            zone: TimestampType::Tz | TimestampType::Ltz,
            ..
        }
    );
    let offset = if has_offset { "+00:00" } else { "" };
    let text = format!("{}{offset}", deleted_at.strftime("%Y-%m-%dT%H:%M:%S.%9f"));
    let time = deleted_column.kind.cast(&Literal::new(&text));
    Ok(Some(format!(
        "UPDATE {table} SET {deleted_name} = {time} WHERE {is_old} AND {deleted_name} IS NULL"
    )))
}

#[cfg(test)]
mod tests;
