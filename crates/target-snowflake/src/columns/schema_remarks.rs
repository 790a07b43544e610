//! What a schema asks for and does not get, for the user to hear once. Not for what ends a run: `problem.rs`.

use serde_json::Value;

use super::schema_kind::is_mixed_datetime;
use super::settings::ColumnSettings;

/// Properties, by name, of which there is something to say.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SchemaRemarks {
    /// They name an SQL type (`x-sql-datatype`), and have the one that JSON Schema says.
    pub sql_types: Vec<String>,
    /// They may be dates or any text, and have a column for dates.
    pub mixed_datetimes: Vec<String>,
}

impl SchemaRemarks {
    /// Looks at the schema of a stream.
    pub fn of(schema: &Value, settings: &ColumnSettings) -> Self {
        let mut remarks = Self::default();
        let properties = schema.get("properties").and_then(Value::as_object);
        for (property, property_schema) in properties.into_iter().flatten() {
            if property_schema.get("x-sql-datatype").is_some() {
                remarks.sql_types.push(property.clone());
            }
            if is_mixed_datetime(property_schema, schema, settings) {
                remarks.mixed_datetimes.push(property.clone());
            }
        }
        remarks
    }
}
