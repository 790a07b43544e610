//! A name with what it is in: table, schema.table, database.schema.table (or schema, database.schema).

use std::fmt;

use crate::sql::Identifier;

/// One to three identifiers. Display joins them with dots, each quoted.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct QualifiedName {
    container: Vec<Identifier>,
    name: Identifier,
}

impl QualifiedName {
    /// `"NAME"`, resolved by the session's database and schema.
    pub fn unqualified(name: Identifier) -> Self {
        QualifiedName {
            container: Vec::new(),
            name,
        }
    }

    /// `"SCHEMA"."NAME"`; also right for a schema in its database.
    pub fn in_schema(schema: Identifier, name: Identifier) -> Self {
        QualifiedName {
            container: vec![schema],
            name,
        }
    }

    /// `"DATABASE"."SCHEMA"."NAME"`.
    pub fn in_database(database: Identifier, schema: Identifier, name: Identifier) -> Self {
        QualifiedName {
            container: vec![database, schema],
            name,
        }
    }

    /// The last part.
    pub fn name(&self) -> &Identifier {
        &self.name
    }

    /// What comes before the last part, each followed by a dot.
    pub(crate) fn write_container(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.container.iter().try_for_each(|part| write!(formatter, "{part}."))
    }
}

impl fmt::Display for QualifiedName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write_container(formatter)?;
        write!(formatter, "{}", self.name)
    }
}
