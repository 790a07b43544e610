//! The end of a run whose streams replace their tables: what was loaded is put in place, if everything went well.
//! How that is done in Snowflake is `load/overwrite.rs`.

use std::io::Write;
use std::sync::Arc;

use connector_process::Failure;

use crate::load::{BatchLoader, Job};
use crate::pipeline::Pipeline;

impl<L: BatchLoader, W: Write> Pipeline<L, W> {
    /// Puts the loaded rows of every stream that replaces its table in place, and prints the STATE that becomes safe by
    /// it. To be called when the input ended well and everything is loaded.
    ///
    /// # Errors
    /// As [`wait_until`](Self::wait_until).
    pub(crate) fn replace_tables(&mut self) -> Result<(), Failure> {
        if self.failure().is_some() {
            return Ok(());
        }
        for index in self.streams.indices() {
            let Some(columns) = self
                .streams
                .buffer_mut(index)
                .map(|buffer| Arc::clone(buffer.columns()))
            else {
                continue;
            };
            if !columns.replaces_table {
                continue;
            }
            if self.is_stopped() {
                log::warn!(
                    "stream {:?}: asked to stop, so its table keeps the old rows",
                    columns.stream
                );
                continue;
            }
            let sequence = self.ledger.next_number(index).saturating_sub(1);
            self.send(index, Job::Replace { columns, sequence });
        }
        self.wait_until(|pipeline| pipeline.outstanding_jobs == 0)
    }
}
