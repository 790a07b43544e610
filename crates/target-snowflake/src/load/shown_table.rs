//! What SHOW says of a stream's schema and table, as this program keeps it. Pure; asking is `table_look.rs`.

use std::collections::HashMap;

use snowflake_client::{ColumnDescription, ResultSet};

use crate::columns::TablePlace;

/// SHOW gives no more rows than this and says nothing of the rest, so a list of so many is no complete list
/// (Snowflake's documentation of the SHOW commands).
const SHOW_ROWS_LIMIT: usize = 10_000;

/// A table that is there.
#[derive(Debug, Clone, Default)]
pub(crate) struct ShownTable {
    pub(crate) is_transient: bool,
    pub(crate) is_iceberg: bool,
    pub(crate) comment: String,
    /// Rows of SHOW COLUMNS.
    pub(crate) columns: ResultSet,
    /// The columns of the primary key constraint.
    pub(crate) primary_key: Vec<String>,
}

/// What was found for a stream: where its table is or will be, and the table if there is one.
#[derive(Debug, Clone)]
pub(crate) struct Looked {
    /// The names as they are spelled in the database.
    pub(crate) place: TablePlace,
    pub(crate) table: Option<ShownTable>,
}

/// A row of SHOW TABLES.
pub(crate) fn shown_table(tables: &ResultSet, name: &str) -> ShownTable {
    let row = tables.rows().find(|row| row.get("name") == Some(name));
    let cell = |column: &str| row.as_ref().and_then(|row| row.get(column)).unwrap_or_default();
    ShownTable {
        is_transient: cell("kind") == "TRANSIENT",
        is_iceberg: cell("is_iceberg") == "Y",
        comment: cell("comment").to_owned(),
        ..ShownTable::default()
    }
}

/// The columns that rows of SHOW PRIMARY KEYS name.
pub(crate) fn key_columns(shown: &ResultSet) -> Vec<String> {
    let names = shown.rows().filter_map(|row| row.get("column_name"));
    names.map(str::to_owned).collect()
}

/// The object of this name; of another case too, if there is only one and cases are not the user's own.
pub(crate) fn found_name(shown: &ResultSet, name: &str, minds_case: bool) -> Option<String> {
    let names = || shown.rows().filter_map(|row| row.get("name"));
    if let Some(exact) = names().find(|found| *found == name) {
        return Some(exact.to_owned());
    }
    let upper = name.to_uppercase();
    let mut alike = names().filter(|found| found.to_uppercase() == upper);
    let first = alike.next().filter(|_| !minds_case)?;
    alike.next().is_none().then(|| first.to_owned())
}

/// All rows of a list over a schema, by table; `None` when the list may not be complete.
pub(crate) fn by_table(shown: ResultSet) -> Option<RowsByTable> {
    let table = shown.column_index("table_name")?;
    if shown.rows.len() >= SHOW_ROWS_LIMIT {
        return None;
    }
    let mut rows: HashMap<String, Vec<Vec<Option<String>>>> = HashMap::new();
    for row in shown.rows {
        let name = row.get(table).cloned().flatten().unwrap_or_default();
        rows.entry(name).or_default().push(row);
    }
    Some(RowsByTable {
        columns: shown.columns,
        rows,
    })
}

/// Rows of a list over a schema.
#[derive(Debug)]
pub(crate) struct RowsByTable {
    columns: Vec<ColumnDescription>,
    rows: HashMap<String, Vec<Vec<Option<String>>>>,
}

impl RowsByTable {
    /// Those of a table, as SHOW would give them for it alone. Given once.
    pub(crate) fn take(&mut self, table: &str) -> ResultSet {
        ResultSet {
            columns: self.columns.clone(),
            rows: self.rows.remove(table).unwrap_or_default(),
            ..ResultSet::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(columns: &[&str], rows: &[&[&str]]) -> ResultSet {
        let column = |name: &&str| ColumnDescription {
            name: (*name).to_owned(),
            ..ColumnDescription::default()
        };
        let row = |row: &&[&str]| row.iter().map(|cell| Some((*cell).to_owned())).collect();
        ResultSet {
            columns: columns.iter().map(column).collect(),
            rows: rows.iter().map(row).collect(),
            ..ResultSet::default()
        }
    }

    #[test]
    fn another_case_counts_when_it_is_the_only_one_and_nobody_minds() {
        let one = shown(&["name"], &[&["Orders"], &["other"]]);
        assert_eq!(found_name(&one, "ORDERS", false).as_deref(), Some("Orders"));
        assert_eq!(found_name(&one, "ORDERS", true), None);
        let two = shown(&["name"], &[&["Orders"], &["orders"]]);
        assert_eq!(found_name(&two, "ORDERS", false), None);
        assert_eq!(found_name(&two, "orders", false).as_deref(), Some("orders"));
    }

    #[test]
    fn rows_of_a_schema_are_told_apart_by_table() {
        let list = shown(&["table_name", "column_name"], &[&["A", "x"], &["B", "y"], &["A", "z"]]);
        let mut list = by_table(list).unwrap();
        assert_eq!(key_columns(&list.take("A")), ["x", "z"]);
        assert_eq!(key_columns(&list.take("A")), Vec::<String>::new(), "given once");
        assert_eq!(key_columns(&list.take("b")), Vec::<String>::new());
        assert_eq!(key_columns(&list.take("B")), ["y"]);
    }

    #[test]
    fn a_list_that_may_be_cut_is_not_believed() {
        let rows = vec![["A", "x"].as_slice(); SHOW_ROWS_LIMIT];
        assert!(by_table(shown(&["table_name", "column_name"], &rows)).is_none());
        assert!(by_table(shown(&["table_name", "column_name"], &rows[1..])).is_some());
    }
}
