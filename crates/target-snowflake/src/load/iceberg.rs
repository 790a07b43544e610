//! Tables of Apache Iceberg with Snowflake as their catalogue: what CREATE says beside the columns. Their types are the
//! columns' business (`ColumnSettings::is_iceberg`).

use snowflake_client::Literal;

use super::table_name::Table;

/// The user's choices; what is not given is the schema's, database's or account's default.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct IcebergOptions {
    pub(crate) external_volume: Option<String>,
    pub(crate) catalog: Option<String>,
    /// The directory of the files, with `{{database}}`, `{{schema}}`, `{{table}}` and `{{stream}}`.
    pub(crate) base_location: Option<String>,
}

impl IcebergOptions {
    /// The clauses of one table's CREATE ICEBERG TABLE, each with a space before it.
    pub(crate) fn of_table(&self, table: &Table, stream: &str) -> String {
        let location = self.base_location.as_ref().map(|template| {
            let parts = [
                ("database", table.database.as_str()),
                ("schema", table.schema.as_str()),
                ("table", table.name.name().as_str()),
                ("stream", stream),
            ];
            parts.iter().fold(template.clone(), |text, (token, value)| {
                text.replace(&format!("{{{{{token}}}}}"), value)
            })
        });
        let clause = |name: &str, value: Option<&String>| {
            value.map_or_else(String::new, |value| format!(" {name} = {}", Literal::new(value)))
        };
        [
            clause("EXTERNAL_VOLUME", self.external_volume.as_ref()),
            clause("CATALOG", self.catalog.as_ref()),
            clause("BASE_LOCATION", location.as_ref()),
        ]
        .concat()
    }
}
