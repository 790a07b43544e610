//! SQL text of making and changing tables. Pure, metadata only; what is to be changed is `table_changes.rs`.

use snowflake_client::{Identifier, Literal, QualifiedName};

/// Schemas of a name, in any case; the caller picks the exact one. `_` matches any character in this LIKE, which only
/// makes the answer longer.
pub(crate) fn show_schemas(database: &Identifier, schema: &Identifier) -> String {
    format!(
        "SHOW SCHEMAS LIKE {} IN DATABASE {database}",
        Literal::new(schema.as_str())
    )
}

/// A schema that nobody else may have made meanwhile, or not.
pub(crate) fn create_schema(schema: &QualifiedName) -> String {
    format!("CREATE SCHEMA IF NOT EXISTS {schema}")
}

/// Tables of a name, in any case.
pub(crate) fn show_tables(schema: &QualifiedName, table: &Identifier) -> String {
    format!("SHOW TABLES LIKE {} IN SCHEMA {schema}", Literal::new(table.as_str()))
}

/// A table's columns with their types.
pub(crate) fn show_columns(table: &QualifiedName) -> String {
    format!("SHOW COLUMNS IN TABLE {table}")
}

/// A table with these columns, in order. No column is NOT NULL and there is no primary key: Snowflake enforces neither
/// usefully for a loader, and a stream's keys may change.
pub(crate) fn create_table(table: &QualifiedName, columns: &[(Identifier, String)]) -> String {
    format!("CREATE TABLE IF NOT EXISTS {table} ({})", definitions(columns))
}

/// New columns at the end of the table. Not `IF NOT EXISTS`: a column that somebody adds meanwhile may have any type.
pub(crate) fn add_columns(table: &QualifiedName, columns: &[(Identifier, String)]) -> String {
    format!("ALTER TABLE {table} ADD COLUMN {}", definitions(columns))
}

/// A wider type, in place.
pub(crate) fn set_data_type(table: &QualifiedName, column: &Identifier, sql_type: &str) -> String {
    format!("ALTER TABLE {table} ALTER COLUMN {column} SET DATA TYPE {sql_type}")
}

/// Lets a column hold NULL.
pub(crate) fn drop_not_null(table: &QualifiedName, column: &Identifier) -> String {
    format!("ALTER TABLE {table} ALTER COLUMN {column} DROP NOT NULL")
}

fn definitions(columns: &[(Identifier, String)]) -> String {
    columns
        .iter()
        .map(|(name, sql_type)| format!("{name} {sql_type}"))
        .collect::<Vec<_>>()
        .join(", ")
}
