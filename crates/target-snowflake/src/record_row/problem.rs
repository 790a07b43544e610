//! Why a record cannot become a row. Names stream and key, never the value; the caller adds the line number.

use crate::columns::ColumnKind;

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
}

impl RecordProblem {
    /// What the user can do about it, when there is more to do than to mend the record.
    pub fn hint(&self) -> Option<&'static str> {
        match &self.kind {
            RecordProblemKind::Value {
                column: ColumnKind::Date | ColumnKind::Time | ColumnKind::Timestamp(_),
                ..
            } => Some("set `datetime_error_treatment` to `max` or `null` to load such records"),
            _ => None,
        }
    }
}
