//! A table's complete name, ready for SQL. Where a stream's table is, is `routing.rs`.

use snowflake_client::{Identifier, QualifiedName};

use super::problem::LoadProblem;
use crate::columns::TablePlace;

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
