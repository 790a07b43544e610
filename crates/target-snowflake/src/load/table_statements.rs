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

/// A schema with so many tables is not listed: SHOW would take longer than it saves.
pub(crate) const TABLE_LIST_LIMIT: usize = 1_000;

/// Tables of a schema, up to the limit.
pub(crate) fn list_tables(schema: &QualifiedName) -> String {
    format!("SHOW TABLES IN SCHEMA {schema} LIMIT {TABLE_LIST_LIMIT}")
}

/// Columns of all tables of a schema.
pub(crate) fn list_columns(schema: &QualifiedName) -> String {
    format!("SHOW COLUMNS IN SCHEMA {schema}")
}

/// Primary keys of all tables of a schema.
pub(crate) fn list_primary_keys(schema: &QualifiedName) -> String {
    format!("SHOW PRIMARY KEYS IN SCHEMA {schema}")
}

/// A table's columns with their types.
pub(crate) fn show_columns(table: &QualifiedName) -> String {
    format!("SHOW COLUMNS IN TABLE {table}")
}

/// Which columns are the primary key.
pub(crate) fn show_primary_keys(table: &QualifiedName) -> String {
    format!("SHOW PRIMARY KEYS IN TABLE {table}")
}

/// What a new table has beside its columns.
#[derive(Debug, Default)]
pub(crate) struct TableProperties {
    pub(crate) is_transient: bool,
    pub(crate) cluster_by: Vec<Identifier>,
    pub(crate) retention_days: Option<u64>,
    pub(crate) comment: Option<String>,
    /// The clauses that make it a table of Apache Iceberg.
    pub(crate) iceberg: Option<String>,
}

/// Tables whose names begin like this.
pub(crate) fn show_tables_beginning(schema: &QualifiedName, beginning: &str) -> String {
    let pattern = format!("{beginning}%");
    format!("SHOW TABLES LIKE {} IN SCHEMA {schema}", Literal::new(&pattern))
}

/// A table with these columns, in order. No column is NOT NULL and there is no primary key: Snowflake enforces neither
/// usefully for a loader, and a stream's keys may change.
pub(crate) fn create_table(
    table: &QualifiedName,
    columns: &[(Identifier, String)],
    properties: &TableProperties,
) -> String {
    let kind = match (&properties.iceberg, properties.is_transient) {
        (Some(_), _) => "ICEBERG ",
        (None, true) => "TRANSIENT ",
        (None, false) => "",
    };
    let mut text = format!("CREATE {kind}TABLE IF NOT EXISTS {table} ({})", definitions(columns));
    if !properties.cluster_by.is_empty() {
        text.push_str(&format!(" CLUSTER BY ({})", names(&properties.cluster_by)));
    }
    text.push_str(properties.iceberg.as_deref().unwrap_or_default());
    if let Some(days) = properties.retention_days {
        text.push_str(&format!(" DATA_RETENTION_TIME_IN_DAYS = {days}"));
    }
    if let Some(comment) = &properties.comment {
        text.push_str(&format!(" COMMENT = {}", Literal::new(comment)));
    }
    text
}

/// An empty table like another, with its grants and comment, because these go with a table when it is swapped. Columns,
/// keys and the clustering key come with LIKE.
pub(crate) fn create_like(
    table: &QualifiedName,
    model: &QualifiedName,
    is_transient: bool,
    retention_days: Option<u64>,
    comment: &str,
) -> String {
    let transient = if is_transient { "TRANSIENT " } else { "" };
    let mut text = format!("CREATE OR REPLACE {transient}TABLE {table} LIKE {model} COPY GRANTS");
    if let Some(days) = retention_days {
        text.push_str(&format!(" DATA_RETENTION_TIME_IN_DAYS = {days}"));
    }
    if !comment.is_empty() {
        text.push_str(&format!(" COMMENT = {}", Literal::new(comment)));
    }
    text
}

/// Exchanges two tables' names in one step.
pub(crate) fn swap(table: &QualifiedName, other: &QualifiedName) -> String {
    format!("ALTER TABLE {table} SWAP WITH {other}")
}

/// A table that nobody wants any more.
pub(crate) fn drop_table(table: &QualifiedName) -> String {
    format!("DROP TABLE IF EXISTS {table}")
}

/// Takes a column and its values away.
pub(crate) fn drop_column(table: &QualifiedName, column: &Identifier) -> String {
    format!("ALTER TABLE {table} DROP COLUMN {column}")
}

/// Another name for a column.
pub(crate) fn rename_column(table: &QualifiedName, column: &Identifier, name: &Identifier) -> String {
    format!("ALTER TABLE {table} RENAME COLUMN {column} TO {name}")
}

/// The table has no primary key any more.
pub(crate) fn drop_primary_key(table: &QualifiedName) -> String {
    format!("ALTER TABLE {table} DROP PRIMARY KEY")
}

/// These columns are the primary key.
pub(crate) fn add_primary_key(table: &QualifiedName, columns: &[Identifier]) -> String {
    format!("ALTER TABLE {table} ADD PRIMARY KEY ({})", names(columns))
}

/// A role may look into the schema.
pub(crate) fn grant_usage(schema: &QualifiedName, role: &Identifier) -> String {
    format!("GRANT USAGE ON SCHEMA {schema} TO ROLE {role}")
}

/// A role may read the table.
pub(crate) fn grant_select(table: &QualifiedName, role: &Identifier) -> String {
    format!("GRANT SELECT ON TABLE {table} TO ROLE {role}")
}

/// New columns at the end of the table. Not `IF NOT EXISTS`: a column that somebody adds meanwhile may have any type.
pub(crate) fn add_columns(table: &QualifiedName, columns: &[(Identifier, String)]) -> String {
    format!("ALTER TABLE {table} ADD COLUMN {}", definitions(columns))
}

/// A wider type, in place.
pub(crate) fn set_data_type(table: &QualifiedName, column: &Identifier, sql_type: &str) -> String {
    format!("ALTER TABLE {table} ALTER COLUMN {column} SET DATA TYPE {sql_type}")
}

/// What columns say of themselves; `None` for nothing.
pub(crate) fn comment_columns(table: &QualifiedName, columns: &[(Identifier, Option<&str>)]) -> String {
    let changes = columns.iter().map(|(name, comment)| match comment {
        Some(comment) => format!("COLUMN {name} COMMENT {}", Literal::new(comment)),
        None => format!("COLUMN {name} UNSET COMMENT"),
    });
    format!("ALTER TABLE {table} ALTER {}", changes.collect::<Vec<_>>().join(", "))
}

/// What a table says of itself.
pub(crate) fn comment_table(table: &QualifiedName, comment: &str) -> String {
    format!("COMMENT ON TABLE {table} IS {}", Literal::new(comment))
}

/// Lets a column hold NULL.
pub(crate) fn drop_not_null(table: &QualifiedName, column: &Identifier) -> String {
    format!("ALTER TABLE {table} ALTER COLUMN {column} DROP NOT NULL")
}

fn names(columns: &[Identifier]) -> String {
    let names: Vec<String> = columns.iter().map(ToString::to_string).collect();
    names.join(", ")
}

fn definitions(columns: &[(Identifier, String)]) -> String {
    columns
        .iter()
        .map(|(name, sql_type)| format!("{name} {sql_type}"))
        .collect::<Vec<_>>()
        .join(", ")
}
