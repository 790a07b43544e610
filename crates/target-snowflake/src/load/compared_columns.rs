//! Columns by whose values rows are compared, keys and `newest_row_by`, when the table has them in another type than the
//! schema asks for. What makes them fit is `table_changes.rs`.

use super::problem::LoadProblem;
use crate::columns::{ColumnKind, StreamColumns};

/// Says which keys keep their type.
///
/// # Errors
/// Numbers or times that say how new a row is and lie in a column of text, where "9" comes after "10".
pub(super) fn check(wanted: &StreamColumns, prepared: &StreamColumns) -> Result<(), LoadProblem> {
    log_kept_keys(wanted, prepared);
    let columns = |position: usize| Some((wanted.columns.get(position)?, prepared.columns.get(position)?));
    match wanted.newest_row_by.and_then(columns) {
        Some((asked, found)) if is_ordered(asked.kind) && !is_ordered(found.kind) => {
            let text = format!(
                "`newest_row_by` names {:?}, whose column {:?} is {}, which has another order than the schema's {}",
                asked.property,
                found.name,
                found.kind.sql_type(wanted.settings.text_length()),
                asked.kind.sql_type(wanted.settings.text_length())
            );
            Err(LoadProblem::of_stream(&wanted.stream, text)
                .with_hint("change the column's type in Snowflake, or name another property, then run again"))
        }
        _ => Ok(()),
    }
}

/// Values are compared by what they mean, not by how they are written.
fn is_ordered(kind: ColumnKind) -> bool {
    kind.is_numeric() || kind.is_temporal()
}

/// Keys are not always what their schema asks for, because old rows could not be found again otherwise. Of numbers that were
/// texts only those can be: whether 1.0 was written for 1 nobody knows.
fn log_kept_keys(wanted: &StreamColumns, prepared: &StreamColumns) {
    for &key in &wanted.key_columns {
        let (Some(asked), Some(kept)) = (wanted.columns.get(key), prepared.columns.get(key)) else {
            continue;
        };
        let sql_type = kept.kind.sql_type(wanted.settings.text_length());
        if asked.kind == ColumnKind::Text && kept.kind != asked.kind {
            log::info!(
                "stream {:?}: key column {:?} stays {sql_type}, so that its rows are found again; values must be such",
                wanted.stream,
                kept.name
            );
        }
        if asked.kind.is_numeric() && kept.kind == ColumnKind::Text {
            log::warn!(
                "stream {:?}: key column {:?} stays {sql_type}, where a number is the text without zeros at its end; rows \
                 whose text has such, like 1.0, are not the rows of that number",
                wanted.stream,
                kept.name
            );
        }
    }
}
