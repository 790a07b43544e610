//! The rows of one batch as JSON objects. How each type of value is written is `value_text`.

use arrow_array::RecordBatch;

use crate::problem::Problem;
use crate::value_text::{Members, ValueText};

/// A batch and the next of its rows.
pub(crate) struct BatchText {
    members: Members,
    next_row: usize,
    row_count: usize,
}

impl BatchText {
    pub(crate) fn of_batch(batch: &RecordBatch) -> Result<Self, Problem> {
        let columns = batch.schema_ref().fields().iter().zip(batch.columns());
        let columns = columns.map(|(field, array)| Ok((field.name().as_str(), ValueText::of_field(field, array)?)));
        Ok(Self {
            members: Members::new(columns.collect::<Result<_, Problem>>()?),
            next_row: 0,
            row_count: batch.num_rows(),
        })
    }

    /// Appends the next row's object; false when there is none.
    pub(crate) fn write_next(&mut self, out: &mut Vec<u8>) -> bool {
        if self.next_row >= self.row_count {
            return false;
        }
        self.members.write(self.next_row, out);
        self.next_row += 1;
        true
    }
}
