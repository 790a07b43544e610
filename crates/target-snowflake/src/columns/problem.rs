//! Why a stream's schema cannot become a table. Not for single records: see `record_row::RecordProblem`.

/// A SCHEMA message that gives no usable table. Names the stream and the properties, never a value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SchemaProblem {
    /// The schema has no `properties`, so there would be no columns.
    #[error("stream {stream:?}: the schema has no \"properties\"")]
    NoProperties {
        /// The stream's name.
        stream: String,
    },
    /// Two properties would get the same column name.
    #[error(
        "stream {stream:?}: properties {first:?} and {second:?} would both be column {column:?}; rename one in the tap"
    )]
    SameColumn {
        /// The stream's name.
        stream: String,
        /// The property that took the column name first.
        first: String,
        /// The property that would take it again.
        second: String,
        /// The column name both would have.
        column: String,
    },
    /// A key property that the schema does not describe.
    #[error("stream {stream:?}: key property {property:?} is not in the schema")]
    UnknownKey {
        /// The stream's name.
        stream: String,
        /// The key property's name.
        property: String,
    },
}
