//! Where a stream's table is, before the database is known. How it is decided is `routing.rs`.

/// A table by schema and name, both as they are spelled in the database.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct TablePlace {
    /// The schema.
    pub schema: String,
    /// The table.
    pub table: String,
}
