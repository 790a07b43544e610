//! From a stream to its table: database, schema, name. How names are spelled is `columns/names.rs`.

use snowflake_client::{Identifier, QualifiedName};

use super::problem::LoadProblem;
use crate::columns::{schema_name, table_name};
use crate::config::LoadSettings;

/// Decides where streams go.
#[derive(Debug, Clone)]
pub(crate) struct TableNames {
    default_target_schema: Option<String>,
    fallback_schema: String,
}

/// A stream's table, before the database is known.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct TablePlace {
    /// Schema, as it is spelled in the database.
    pub(crate) schema: String,
    /// Table, as it is spelled in the database.
    pub(crate) table: String,
}

impl TableNames {
    /// With the user's choices.
    pub(crate) fn new(settings: &LoadSettings) -> Self {
        Self {
            default_target_schema: settings.default_target_schema.clone(),
            fallback_schema: settings.fallback_schema.clone(),
        }
    }

    /// The schema is `default_target_schema`, else what the stream's name carries, else `schema`.
    pub(crate) fn place(&self, stream: &str) -> TablePlace {
        let schema = self.default_target_schema.clone().or_else(|| schema_name(stream));
        TablePlace {
            schema: schema.unwrap_or_else(|| self.fallback_schema.clone()),
            table: table_name(stream),
        }
    }
}

/// A table's names ready for SQL.
#[derive(Debug, Clone)]
pub(crate) struct Table {
    /// The database.
    pub(crate) database: Identifier,
    /// The schema.
    pub(crate) schema: Identifier,
    /// The complete name of the table.
    pub(crate) name: QualifiedName,
}

impl Table {
    /// Checks and joins the names.
    pub(crate) fn new(stream: &str, database: &str, place: &TablePlace) -> Result<Self, LoadProblem> {
        let identifier = |what: &str, name: &str| {
            Identifier::new(name).map_err(|problem| LoadProblem::from_name(stream, what, problem))
        };
        let database = identifier("database", database)?;
        let schema = identifier("schema", &place.schema)?;
        let table = identifier("table", &place.table)?;
        let name = QualifiedName::in_database(database.clone(), schema.clone(), table);
        Ok(Self { database, schema, name })
    }

    /// Another name in the same schema.
    pub(crate) fn beside(&self, name: Identifier) -> QualifiedName {
        QualifiedName::in_database(self.database.clone(), self.schema.clone(), name)
    }

    /// The schema's complete name.
    pub(crate) fn schema_name(&self) -> QualifiedName {
        QualifiedName::in_schema(self.database.clone(), self.schema.clone())
    }
}
