//! BATCH messages: files of records that the tap wrote beside its output. Each record takes the same way as one in a
//! RECORD message. Not for the batches that are loaded: those are `stream_buffer.rs`.

mod batch_records;
mod cloud_files;
mod columnar_schema;
mod consumed_files;
mod encoding;
mod faults;
mod place;

use std::fs::File;
use std::io::Write;
use std::sync::Arc;

use connector_process::Failure;
use singer_protocol::{BatchMessage, RecordMessage, RecordScanner};

use crate::load::BatchLoader;
use crate::messages::before_schema;
use crate::pipeline::Pipeline;
use crate::state_ledger::StreamIndex;
use crate::streams::Phase;

use batch_records::{BatchFileFault, BatchRecords};
pub(crate) use cloud_files::{CloudFiles, CopyFault};
use columnar_schema::columnar_schema;
pub(crate) use consumed_files::ConsumedFiles;
use encoding::Encoding;
use faults::{NotDeleted, faulty_file, refused};
use place::BatchPlace;

/// How often reading a file looks for finished jobs and old batches, in records.
const RECORDS_BETWEEN_LOOKS: u64 = 256;

impl<L: BatchLoader, W: Write> Pipeline<L, W> {
    /// Loads the records of all files.
    pub(crate) fn batch(&mut self, line: u64, message: &BatchMessage) -> Result<(), Failure> {
        let stream = message.stream.as_str();
        let encoding = Encoding::of_message(&message.encoding).map_err(|text| refused(line, stream, &text))?;
        let is_known = self.streams.find(stream).is_some() || self.shaped.contains_key(stream);
        if !is_known {
            return Err(before_schema(line, "BATCH", stream));
        }
        let is_columnar = matches!(encoding, Encoding::Columns(_));
        if is_columnar {
            self.compare_with(stream, true)?;
        }
        let outcome = self.batch_files(line, message, encoding);
        if is_columnar {
            self.compare_with(stream, false)?;
        }
        outcome
    }

    fn batch_files(&mut self, line: u64, message: &BatchMessage, encoding: Encoding) -> Result<(), Failure> {
        for entry in &message.manifest {
            let place = BatchPlace::parse(entry).map_err(|text| refused(line, &message.stream, &text))?;
            let is_read = match self.open_file(line, &message.stream, &place)? {
                Some(file) => self.batch_file(line, message, encoding, &place, file)?,
                None => false,
            };
            if !is_read {
                return Ok(());
            }
            if self.config.load.clean_up_batch_files {
                let waiting = self.unsettled();
                self.consumed.add(place, waiting);
                self.delete_safe_files();
            }
        }
        Ok(())
    }

    /// Opens a file of this machine, or a copy of one in cloud storage. `None` when the run ends meanwhile.
    fn open_file(&mut self, line: u64, stream: &str, place: &BatchPlace) -> Result<Option<File>, Failure> {
        let faulty = |fault| faulty_file(line, stream, place, fault);
        let (container, key) = match place {
            BatchPlace::Local(path) => {
                let opened = File::open(path).map_err(|problem| faulty(BatchFileFault::Unreadable(problem)));
                return opened.map(Some);
            }
            BatchPlace::Object { container, key } => (container, key),
        };
        let copy = tempfile::tempfile_in(&self.config.batch_files.directory);
        let copy = copy.map_err(|problem| faulty(BatchFileFault::NoRoom(problem)))?;
        let copying = self.cloud_files.begin_copy(container, key, copy);
        loop {
            if self.failure().is_some() || self.is_stopped() {
                copying.abort();
                return Ok(None);
            }
            match self.cloud_files.copied.take() {
                Some(Ok(file)) => return Ok(Some(file)),
                Some(Err(CopyFault::Storage(problem))) => return Err(faulty(BatchFileFault::Storage(problem))),
                Some(Err(CopyFault::Disk(problem))) => return Err(faulty(BatchFileFault::NoRoom(problem))),
                None => self.wait_once()?,
            }
            self.flush_by_age()?;
        }
    }

    /// Deletes the files whose rows are safe. One that cannot be deleted is only untidy.
    pub(crate) fn delete_safe_files(&mut self) {
        for place in self.consumed.take_safe() {
            let problem = match &place {
                BatchPlace::Local(path) => std::fs::remove_file(path).err().map(|problem| problem.kind().into()),
                BatchPlace::Object { container, key } => {
                    let deleted = self.cloud_files.delete(container, key);
                    deleted.err().map(|problem| NotDeleted::from(problem.kind()))
                }
            };
            if let Some(problem) = problem {
                log::warn!("cannot delete the BATCH file {place}: {}", problem.0);
            }
        }
    }

    /// What records of a stream are compared with from now on: its schema, or that as far as a file of columns can follow.
    fn compare_with(&mut self, stream: &str, is_columnar: bool) -> Result<(), Failure> {
        for index in self.streams_of(stream) {
            self.wait_until(|pipeline| !pipeline.streams.is_preparing(index))?;
            let Some(stream) = self.streams.get(index) else {
                continue;
            };
            let Phase::Ready(buffer) = &stream.phase else { continue };
            let columns = Arc::clone(buffer.columns());
            let check = if is_columnar {
                self.record_check(&columnar_schema(&stream.schema.schema), &columns)
            } else {
                self.record_check(&stream.schema.schema, &columns)
            };
            if let Some(buffer) = self.streams.buffer_mut(index) {
                buffer.set_check(check);
            }
        }
        Ok(())
    }

    /// Every stream with records that are not durable, rejected ones too, and the last of these.
    fn unsettled(&self) -> Vec<(StreamIndex, u64)> {
        self.streams
            .indices()
            .filter(|index| !self.ledger.is_settled(*index))
            .map(|index| (index, self.ledger.next_number(index).saturating_sub(1)))
            .collect()
    }

    /// Loads the records of a file, one by one. False when the run ends early, so that the file is not done with.
    fn batch_file(
        &mut self,
        line: u64,
        message: &BatchMessage,
        encoding: Encoding,
        place: &BatchPlace,
        file: File,
    ) -> Result<bool, Failure> {
        let stream = message.stream.as_str();
        let faulty = |fault| faulty_file(line, stream, place, fault);
        let directory = self.config.batch_files.directory.clone();
        let mut records = BatchRecords::open(file, encoding, &directory).map_err(faulty)?;
        let mut text = Vec::new();
        let mut scanner = RecordScanner::default();
        let mut count: u64 = 0;
        while records.next(&mut text).map_err(faulty)? {
            let record = std::str::from_utf8(&text).ok().and_then(|text| scanner.scan(text));
            let record = record.ok_or_else(|| {
                faulty(BatchFileFault::Content(format!(
                    "{} is not a JSON object",
                    records.place()
                )))
            })?;
            let record = RecordMessage {
                stream: stream.into(),
                record,
                version: message.version,
                time_extracted: None,
            };
            if self.is_shaping {
                self.shaped_record(line, &record)?;
            } else {
                self.record(line, &record)?;
            }
            count += 1;
            if count.is_multiple_of(RECORDS_BETWEEN_LOOKS) {
                self.handle_events()?;
                self.flush_by_age()?;
            }
            if self.failure().is_some() || self.is_stopped() {
                return Ok(false);
            }
        }
        Ok(true)
    }
}
