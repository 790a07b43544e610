//! What the run asks of a warehouse. The contract is written here; how Snowflake keeps it is `loader.rs`.

use std::fmt;
use std::future::Future;

use super::problem::LoadProblem;
use crate::batch_file::BatchFile;
use crate::columns::StreamColumns;
use crate::stream_buffer::Batch;

/// Whom to tell that a batch is committed. Told early, so that a process which is killed while it tidies up has said so.
#[derive(Clone, Copy)]
pub(crate) struct Committed<'a>(&'a (dyn Fn() + Sync));

impl<'a> Committed<'a> {
    pub(crate) fn new(hear: &'a (dyn Fn() + Sync)) -> Self {
        Self(hear)
    }

    pub(crate) fn tell(self) {
        (self.0)();
    }
}

impl fmt::Debug for Committed<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Committed").finish_non_exhaustive()
    }
}

/// Makes tables and loads batches. The caller keeps the order: for one stream it never runs two calls at a time.
///
/// Durability: when `load` tells that it is committed, or `activate_version` returns `Ok`, its effect is committed and survives anything that
/// happens to this process afterwards. When it returns `Err`, either nothing of it was committed, or all of it was and
/// loading the same records again ends in the same table (`upsert`). The one exception is stated in the error: an
/// append whose COMMIT got no answer, and of which Snowflake does not tell either whether it happened. A call that is
/// dropped before it returns counts as an error.
pub(crate) trait BatchLoader: Send + Sync + 'static {
    /// Makes or extends the stream's table so that it can take `wanted`. Returns the columns as rows must be written
    /// for the table that there is now. Uses metadata statements only: no warehouse runs for it.
    fn prepare(&self, wanted: StreamColumns) -> impl Future<Output = Result<StreamColumns, LoadProblem>> + Send;

    /// Brings a file of the batch that comes next to where `load` reads it, and notes that on the file. Only a head start:
    /// `load` does it for files that are not there.
    fn stage(&self, columns: &StreamColumns, file: &BatchFile) -> impl Future<Output = Result<(), LoadProblem>> + Send {
        let _ = (columns, file);
        std::future::ready(Ok(()))
    }

    /// Loads all rows of a batch, or none. Tells once, as soon as they are durable, and then removes what was only needed on
    /// the way; it returns `Ok` when it has told, and `Err` when it has not.
    fn load(&self, batch: &Batch, committed: Committed<'_>) -> impl Future<Output = Result<(), LoadProblem>> + Send;

    /// For columns whose rows replace the table's: puts all that was loaded in the place of what was there. Until then the
    /// old rows stay, and rows that were loaded do not count as durable.
    fn replace(&self, columns: &StreamColumns) -> impl Future<Output = Result<(), LoadProblem>> + Send {
        let _unused = columns;
        async { Ok(()) }
    }

    /// Everything that was read is loaded and nothing failed. `is_whole` unless the input was cut short.
    fn end_well(&self, is_whole: bool) -> impl Future<Output = Result<(), LoadProblem>> + Send {
        let _unused = is_whole;
        async { Ok(()) }
    }

    /// Deletes the stream's rows of versions before `version`; rows without a version stay.
    fn activate_version(
        &self,
        columns: &StreamColumns,
        version: i64,
    ) -> impl Future<Output = Result<(), LoadProblem>> + Send;

    /// Nobody waits for the jobs any more: nothing begins, and what runs is cancelled, but a COMMIT.
    fn give_up(&self) {}

    /// Ends everything that is open, and removes what was only needed on the way. Failures are only logged.
    fn close(&self) -> impl Future<Output = ()> + Send;
}
