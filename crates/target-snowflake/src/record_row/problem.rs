//! Why a record cannot become a row. Names stream and key, never the value; the caller adds the line number.

use crate::columns::ColumnKind;
use crate::record_check::Violation;

/// A record that was refused. Nothing of it was written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("stream {stream:?}: {kind}")]
pub struct RecordProblem {
    /// The stream's name.
    pub stream: String,
    /// What is wrong.
    pub kind: RecordProblemKind,
}

/// What is wrong with a record.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RecordProblemKind {
    /// `record` is not a JSON object.
    #[error("the record is not an object")]
    NotAnObject,
    /// A key property is missing or null, so the row could never be found again.
    #[error("key {key:?} is missing or null")]
    MissingKey {
        /// The key property's name.
        key: String,
    },
    /// A value that its column cannot hold without loss.
    #[error("key {key:?}: expected {}, found {found}", column.expectation())]
    Value {
        /// The property's name.
        key: String,
        /// What the column holds.
        column: ColumnKind,
        /// The JSON type that came: `a string`, `a number`, `an object`, …
        found: &'static str,
    },
    /// A number of which the schema says that no digit may go, for a column of doubles that was there before.
    #[error("key {key:?}: the number has more digits than its FLOAT column keeps, and the schema asks for exact ones")]
    Rounded {
        /// The property's name.
        key: String,
    },
    /// A value that is larger than its column can be.
    #[error("key {key:?}: {size_bytes} bytes are more than the {limit_bytes} that its column takes")]
    TooLarge {
        /// The property's name.
        key: String,
        /// Bytes of the value as it would be loaded.
        size_bytes: usize,
        /// Bytes that the column takes.
        limit_bytes: usize,
    },
    /// The record is not what its schema says.
    #[error("{0}")]
    Invalid(Violation),
    /// The record does not have the shape that flattening or a stream map needs.
    #[error("{0}")]
    Shape(String),
}

impl RecordProblem {
    /// What the user can do about it, when there is more to do than to mend the record.
    pub fn hint(&self) -> Option<&'static str> {
        match &self.kind {
            RecordProblemKind::Value { column, .. } if column.is_temporal() => Some(
                "set `datetime_error_treatment` to `max`, `null` or `reject`, or `datetime_or_text` to `text` if any text is right",
            ),
            RecordProblemKind::Value {
                column: ColumnKind::Variant,
                ..
            } => Some("set `variant_numbers` to `string` to load such numbers as strings"),
            RecordProblemKind::Rounded { .. } => Some(
                "rename or drop the column in Snowflake, so that an exact one is made; or set `on_invalid_record` to `reject`",
            ),
            RecordProblemKind::TooLarge { .. } => {
                Some("set `value_too_large` to `reject` or `truncate`, or `on_invalid_record` to `reject`")
            }
            RecordProblemKind::Invalid(_) => {
                Some("set `on_invalid_record` to `reject` to keep such records aside, or `validate_records` to false")
            }
            _ => Some("set `on_invalid_record` to `reject` to keep such records aside and go on"),
        }
    }
}
