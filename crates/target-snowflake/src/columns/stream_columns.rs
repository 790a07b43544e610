//! One stream's columns in table order, made from its SCHEMA message. Not for types: see `schema_kind`.

use std::collections::HashMap;

use serde_json::Value;

use super::identifier_case::IdentifierCase;
use super::kind::ColumnKind;
use super::names::column_name;
use super::problem::SchemaProblem;
use super::schema_kind::kind_of_property;
use super::settings::ColumnSettings;
use super::table_place::TablePlace;
use crate::metadata_columns::MetadataColumn;

/// The batch table's first column: the record's sequence number, which is the order of arrival. Never in the user's table.
pub const ROW_NUMBER_COLUMN: &str = "_SDC_BATCH_ROW_NUMBER";

/// Where a column's values come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ColumnSource {
    /// The record's property of the column's `property` name.
    Property,
    /// Made by the target: one of the `_SDC_…` columns.
    Metadata(MetadataColumn),
}

/// A column of the stream's table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// The key in the record; for metadata columns the lower-case `_sdc_…` name.
    pub property: String,
    /// The column's name in the table: spelled as it is there, unquoted.
    pub name: String,
    /// What it holds.
    pub kind: ColumnKind,
    /// Where its values come from.
    pub source: ColumnSource,
    /// The schema says numbers of which no digit may go: a column of doubles that was there before refuses what it would round.
    pub refuses_rounding: bool,
    /// The property's `description` in the schema, if it has one.
    pub description: Option<String>,
}

impl Column {
    /// Goes on in a column of this kind, which the table has in place of the one that the schema asks for.
    pub(crate) fn adopt(&mut self, kind: ColumnKind) {
        self.refuses_rounding = kind == ColumnKind::Float && (self.kind.is_exact_number() || self.refuses_rounding);
        self.kind = kind;
    }

    /// Whether all rows of a batch have the same value in it: such columns are not in batch files.
    pub fn is_of_batch(&self) -> bool {
        matches!(self.source, ColumnSource::Metadata(column) if column.is_of_batch())
    }
}

/// The columns of a stream's table: the schema's properties in their order, then the metadata columns.
///
/// A batch file has one field more in front: the row number ([`ROW_NUMBER_COLUMN`]), and lacks the columns whose value all
/// rows of the batch share ([`Column::is_of_batch`]).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StreamColumns {
    /// The stream's name as it came.
    pub stream: String,
    /// Its table. Whoever knows where streams go sets it; empty until then.
    pub place: TablePlace,
    /// All columns in the order of the batch file's fields.
    pub columns: Vec<Column>,
    /// Positions in `columns` of the key properties, in the order of the SCHEMA message. Empty: no keys.
    pub key_columns: Vec<usize>,
    /// What decided the kinds; the encoder follows the same.
    pub settings: ColumnSettings,
    /// The rows of this run take the place of all that the table has. Whoever knows the load method sets it.
    pub replaces_table: bool,
    /// The position in `columns` of what says how new a row is, if older rows must not replace newer ones. Whoever knows
    /// the settings sets it.
    pub newest_row_by: Option<usize>,
    /// Columns that hold NULL in a row that is loaded again, because another column has this type's values now.
    pub cleared_columns: Vec<String>,
}

impl StreamColumns {
    /// Makes the columns of `stream` from its JSON Schema and key properties.
    ///
    /// # Errors
    /// A schema without `properties` (or with none, and no metadata columns either), two properties with one column name, or a key that is no property.
    pub fn from_schema(
        stream: &str,
        schema: &Value,
        key_properties: &[String],
        settings: &ColumnSettings,
    ) -> Result<Self, SchemaProblem> {
        let properties =
            schema
                .get("properties")
                .and_then(Value::as_object)
                .ok_or_else(|| SchemaProblem::NoProperties {
                    stream: stream.to_owned(),
                })?;
        let mut columns = Vec::with_capacity(properties.len() + MetadataColumn::ALL.len());
        for (property, property_schema) in properties {
            if MetadataColumn::from_property(property).is_some() {
                continue;
            }
            columns.push(Column {
                property: property.clone(),
                name: column_name(property, settings.identifier_case),
                kind: kind_of_property(property_schema, schema, settings),
                source: ColumnSource::Property,
                refuses_rounding: false,
                description: property_schema
                    .get("description")
                    .and_then(Value::as_str)
                    .map(str::to_owned),
            });
        }
        if settings.add_record_metadata {
            columns.extend(MetadataColumn::ALL.into_iter().map(|metadata| Column {
                property: metadata.property().to_owned(),
                name: column_name(metadata.property(), settings.identifier_case),
                kind: metadata.kind(settings),
                source: ColumnSource::Metadata(metadata),
                refuses_rounding: false,
                description: None,
            }));
        }
        if columns.is_empty() {
            return Err(SchemaProblem::NoProperties {
                stream: stream.to_owned(),
            });
        }
        refuse_same_names(stream, &columns)?;
        let key_columns = key_columns(stream, &columns, key_properties, settings.identifier_case)?;
        Ok(Self {
            stream: stream.to_owned(),
            place: TablePlace::default(),
            columns,
            key_columns,
            settings: *settings,
            replaces_table: false,
            newest_row_by: None,
            cleared_columns: Vec::new(),
        })
    }

    /// The column of a property that the user names: as the schema has it, or as the column is called.
    pub fn of_property(&self, property: &str) -> Option<usize> {
        let name = column_name(property, self.settings.identifier_case);
        let is_it = |column: &Column| column.property == property || column.name == name;
        self.columns.iter().position(is_it)
    }

    /// The position of the column with this name in the table (exact, as spelled there), if there is one.
    pub fn position(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|column| column.name == name)
    }
}

fn refuse_same_names(stream: &str, columns: &[Column]) -> Result<(), SchemaProblem> {
    let mut first_by_name = HashMap::from([(ROW_NUMBER_COLUMN, ROW_NUMBER_COLUMN)]);
    for column in columns {
        if let Some(first) = first_by_name.insert(&column.name, &column.property) {
            return Err(SchemaProblem::SameColumn {
                stream: stream.to_owned(),
                first: first.to_owned(),
                second: column.property.clone(),
                column: column.name.clone(),
            });
        }
    }
    Ok(())
}

/// Exact names first; taps are known to write keys in another case than the schema, so that is accepted next.
fn key_columns(
    stream: &str,
    columns: &[Column],
    key_properties: &[String],
    case: IdentifierCase,
) -> Result<Vec<usize>, SchemaProblem> {
    let mut positions = Vec::with_capacity(key_properties.len());
    for key in key_properties {
        let position = columns
            .iter()
            .position(|column| column.property == *key)
            .or_else(|| columns.iter().position(|column| column.name == column_name(key, case)))
            .or_else(|| {
                let upper = key.to_uppercase();
                columns
                    .iter()
                    .position(|column| column.property.to_uppercase() == upper)
            })
            .ok_or_else(|| SchemaProblem::UnknownKey {
                stream: stream.to_owned(),
                property: key.clone(),
            })?;
        if !positions.contains(&position) {
            positions.push(position);
        }
    }
    Ok(positions)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn columns(properties: Value, keys: &[&str], add_record_metadata: bool) -> Result<StreamColumns, SchemaProblem> {
        let keys: Vec<String> = keys.iter().map(|key| (*key).to_owned()).collect();
        let settings = ColumnSettings {
            add_record_metadata,
            ..ColumnSettings::default()
        };
        StreamColumns::from_schema("s", &json!({"properties": properties}), &keys, &settings)
    }

    fn names(columns: &StreamColumns) -> Vec<&str> {
        columns.columns.iter().map(|column| column.name.as_str()).collect()
    }

    #[test]
    fn properties_come_first_and_metadata_last() {
        let properties = json!({"b": {"type": "integer"}, "_sdc_deleted_at": {"type": "string"}, "A": {}});
        let with_metadata = columns(properties.clone(), &["A", "b", "A"], true).expect("columns");
        assert_eq!(names(&with_metadata).len(), 9);
        assert_eq!(
            names(&with_metadata).get(..3),
            Some(["B", "A", "_SDC_EXTRACTED_AT"].as_slice())
        );
        assert_eq!(with_metadata.key_columns, [1, 0]);
        assert_eq!(names(&columns(properties, &[], false).expect("columns")), ["B", "A"]);
    }

    #[test]
    fn keys_may_differ_in_case() {
        assert_eq!(
            columns(json!({"x": {}, "Id": {}}), &["ID"], false)
                .expect("columns")
                .key_columns,
            [1]
        );
        let problem = columns(json!({"x": {}}), &["id"], false).expect_err("no such key");
        assert_eq!(
            problem.to_string(),
            "stream \"s\": key property \"id\" is not in the schema"
        );
    }

    #[test]
    fn names_that_meet_are_both_named() {
        let problem = columns(json!({"id": {}, "ID": {}}), &[], false).expect_err("one column for two");
        assert!(problem.to_string().contains("\"id\" and \"ID\""), "{problem}");
        assert!(columns(json!({"_sdc_batch_row_number": {}}), &[], false).is_err());
    }

    #[test]
    fn a_table_needs_columns() {
        let settings = ColumnSettings::default();
        assert!(StreamColumns::from_schema("s", &json!({"type": "object"}), &[], &settings).is_err());
        assert!(columns(json!({}), &[], false).is_err());
        assert!(columns(json!({}), &[], true).is_ok());
    }
}
