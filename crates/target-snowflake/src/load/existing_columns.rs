//! The columns of a table that exists, as SHOW COLUMNS tells them. What they lack is `table_changes.rs`.

use serde_json::Value;
use snowflake_client::ResultSet;

use crate::columns::ExistingType;

/// A column that exists.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ExistingColumn<'a> {
    pub(crate) name: &'a str,
    /// SHOW COLUMNS's own description of the type.
    pub(super) data_type: &'a str,
    pub(crate) kind: ExistingType,
    pub(crate) is_not_null: bool,
    pub(crate) comment: &'a str,
}

impl ExistingColumn<'_> {
    /// The type as a person would write it: `NUMBER(38, 0)`.
    pub(crate) fn type_words(&self) -> String {
        let description = description(self.data_type);
        let number = |key: &str| description.get(key).and_then(Value::as_u64).unwrap_or_default();
        match description.get("type").and_then(Value::as_str) {
            Some("FIXED") => format!("NUMBER({}, {})", number("precision"), number("scale")),
            Some("TEXT") => format!("VARCHAR({})", number("length")),
            Some("REAL") => "FLOAT".to_owned(),
            Some(other) => other.to_owned(),
            None => "of an unknown type".to_owned(),
        }
    }
}

/// All columns, in table order.
pub(crate) fn existing_columns(shown: &ResultSet) -> Vec<ExistingColumn<'_>> {
    let columns = shown.rows().filter_map(|row| {
        let data_type = row.get("data_type")?;
        Some(ExistingColumn {
            name: row.get("column_name")?,
            data_type,
            kind: ExistingType::from_show_columns(data_type).unwrap_or(ExistingType::Other),
            is_not_null: description(data_type).get("nullable").and_then(Value::as_bool) == Some(false),
            comment: row.get("comment").unwrap_or_default(),
        })
    });
    columns.collect()
}

/// `{"type":"FIXED","precision":38,"scale":0,…}`; nothing when it cannot be read.
fn description(data_type: &str) -> Value {
    serde_json::from_str(data_type).unwrap_or_default()
}
