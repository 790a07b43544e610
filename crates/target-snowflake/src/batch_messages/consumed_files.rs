//! Files of BATCH messages until their rows are safe. Not for deleting them.

use super::place::BatchPlace;
use crate::state_ledger::StreamIndex;

/// Files of BATCH messages that were read, until all their rows are committed.
#[derive(Debug, Default)]
pub(crate) struct ConsumedFiles(Vec<ConsumedFile>);

#[derive(Debug)]
struct ConsumedFile {
    place: BatchPlace,
    /// Streams, each with the record that must be durable.
    waiting: Vec<(StreamIndex, u64)>,
}

impl ConsumedFiles {
    /// Takes note of a file that was read to its end, and of the records that must be durable before it may go.
    pub(crate) fn add(&mut self, place: BatchPlace, waiting: Vec<(StreamIndex, u64)>) {
        self.0.push(ConsumedFile { place, waiting });
    }

    /// A stream is durable up to a record.
    pub(crate) fn durable(&mut self, stream: StreamIndex, number: u64) {
        for file in &mut self.0 {
            file.waiting
                .retain(|(waiting, record)| *waiting != stream || *record > number);
        }
    }

    /// Gives the files that nothing waits for any more.
    pub(crate) fn take_safe(&mut self) -> Vec<BatchPlace> {
        let safe = self.0.extract_if(.., |file| file.waiting.is_empty());
        safe.map(|file| file.place).collect()
    }
}
