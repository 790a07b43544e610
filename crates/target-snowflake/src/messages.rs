//! SCHEMA, RECORD and ACTIVATE_VERSION: what each does to its stream. STATE and the jobs' ends are `pipeline.rs`.

use std::io::Write;

use connector_process::{ExitCode, Failure};
use singer_protocol::{ActivateVersionMessage, RecordMessage, SchemaMessage};

use crate::columns::{StreamColumns, TablePlace};
use crate::load::{BatchLoader, Job};
use crate::metadata_columns::RowMetadata;
use crate::pipeline::{Pipeline, now_milliseconds};
use crate::record_row::{RecordProblem, RowNote};
use crate::state_ledger::StreamIndex;
use crate::stream_buffer::BufferProblem;
use crate::streams::Phase;

impl<L: BatchLoader, W: Write> Pipeline<L, W> {
    /// Starts making or changing the stream's table. Reading goes on until the first record that needs it.
    pub(crate) fn schema(&mut self, line: u64, message: SchemaMessage) -> Result<(), Failure> {
        let known = self.streams.find(&message.stream);
        let is_same = known.and_then(|index| self.streams.get(index)).is_some_and(|stream| {
            stream.schema.schema == message.schema && stream.schema.key_properties == message.key_properties
        });
        if is_same {
            return Ok(());
        }
        let columns = StreamColumns::from_schema(
            &message.stream,
            &message.schema,
            &message.key_properties,
            &self.config.columns,
        );
        let mut columns = columns.map_err(|problem| input_failure(line, problem.to_string()))?;
        columns.place = self.config.routing.place(&message.stream);
        let index = match known {
            Some(index) => {
                // A change that is still being made must end before the next begins, and old rows go before it.
                self.wait_until(|pipeline| !pipeline.streams.is_preparing(index))?;
                self.flush(index)?;
                if let Some(stream) = self.streams.get_mut(index) {
                    stream.schema = message;
                    if !matches!(stream.phase, Phase::Failed) {
                        stream.phase = Phase::Preparing;
                    }
                }
                index
            }
            None => self.new_stream(line, message)?,
        };
        self.send(index, Job::Prepare(columns));
        Ok(())
    }

    fn new_stream(&mut self, line: u64, message: SchemaMessage) -> Result<StreamIndex, Failure> {
        let place = self.config.routing.place(&message.stream);
        self.claim_table(line, &place, &message.stream)?;
        self.lanes.open();
        Ok(self.streams.add(message))
    }

    /// Notes whose table it is; fails when it is another stream's.
    pub(crate) fn claim_table(&mut self, line: u64, place: &TablePlace, stream: &str) -> Result<(), Failure> {
        if let Some(other) = self.tables.get(place) {
            let text = format!(
                "streams {other:?} and {stream:?} would both be loaded into table {:?} of schema {:?}",
                place.table, place.schema
            );
            return Err(input_failure(line, text).with_hint(
                "set `stream_name_format` or `schema_mapping`, or give one an `__alias__` in `stream_maps`",
            ));
        }
        self.tables.insert(place.clone(), stream.to_owned());
        Ok(())
    }

    /// Writes the record into its stream's open batch, and hands the batch over when it is full.
    pub(crate) fn record(&mut self, line: u64, message: &RecordMessage<'_>) -> Result<(), Failure> {
        let Some(index) = self.streams.find(&message.stream) else {
            let text = format!("RECORD of stream {:?} before its SCHEMA", message.stream);
            return Err(input_failure(line, text).with_hint("the tap should write a SCHEMA before the first RECORD"));
        };
        self.take_record(line, index, message, message.record.get().as_bytes())
    }

    /// The same for a stream that is known and the text that is to be loaded of the record.
    pub(crate) fn take_record(
        &mut self,
        line: u64,
        index: StreamIndex,
        message: &RecordMessage<'_>,
        text: &[u8],
    ) -> Result<(), Failure> {
        if self.streams.is_preparing(index) {
            self.wait_until(|pipeline| !pipeline.streams.is_preparing(index))?;
        }
        let metadata = RowMetadata {
            received_at_milliseconds: now_milliseconds(),
            sync_started_at_milliseconds: self.sync_started_at_milliseconds,
            time_extracted: message.time_extracted.as_deref(),
            table_version: message.version,
        };
        match self.push_row(index, text, &metadata)? {
            Ok(()) => Ok(()),
            Err(problem) => self.refuse(line, index, message.record.get(), &problem),
        }
    }

    /// Writes a row into an open batch and hands the batch over when it is full. Gives back what is wrong with the record.
    pub(crate) fn push_row(
        &mut self,
        index: StreamIndex,
        text: &[u8],
        metadata: &RowMetadata<'_>,
    ) -> Result<Result<(), RecordProblem>, Failure> {
        let sequence = self.ledger.next_number(index);
        // A failed stream takes nothing; the run ends as soon as this line is done.
        let Some(buffer) = self.streams.buffer_mut(index) else {
            return Ok(Ok(()));
        };
        match buffer.push_text(text, metadata, sequence) {
            Ok(()) => {}
            Err(BufferProblem::Record(problem)) => return Ok(Err(problem)),
            Err(BufferProblem::File(problem)) => return Err(self.lose_rows(index, &problem)),
        }
        let limits = self.config.limits;
        let is_first = buffer.row_count() == 1;
        let is_full = buffer.row_count() >= limits.rows || buffer.compressed_bytes() >= limits.size_bytes;
        self.ledger.record(index);
        if is_first {
            self.set_deadline();
        }
        if is_full {
            self.flush(index)?;
            self.flush_rejected()?;
        }
        Ok(Ok(()))
    }

    /// Loads the stream's rows so far, then deletes those of older versions. Not while the tap says what is known.
    pub(crate) fn activate_version(&mut self, message: &ActivateVersionMessage) -> Result<(), Failure> {
        let Some(index) = self.streams.find(&message.stream) else {
            log::info!(
                "stream {:?}: ACTIVATE_VERSION before its SCHEMA has no effect",
                message.stream
            );
            return Ok(());
        };
        self.wait_until(|pipeline| !pipeline.streams.is_preparing(index))?;
        let is_known = self
            .streams
            .get(index)
            .is_some_and(|stream| stream.activated == Some(message.version));
        if is_known || !self.config.load.process_activate_version {
            return Ok(());
        }
        if let Some(stream) = self.streams.get_mut(index) {
            stream.activated = Some(message.version);
        }
        if !self.config.columns.add_record_metadata {
            log::warn!(
                "stream {:?}: ACTIVATE_VERSION has no effect without add_record_metadata",
                message.stream
            );
            return Ok(());
        }
        self.flush(index)?;
        let Some(buffer) = self.streams.buffer_mut(index) else {
            return Ok(());
        };
        let columns = std::sync::Arc::clone(buffer.columns());
        // The deletion is part of what a later STATE stands for, so it counts like a record.
        let sequence = self.ledger.record(index);
        self.ledger.seal(index);
        self.send(
            index,
            Job::Activate {
                columns,
                version: message.version,
                sequence,
            },
        );
        Ok(())
    }

    /// Tells the user what was odd and went through.
    pub(crate) fn log_notes(&mut self) {
        for index in self.streams.indices() {
            let Some(buffer) = self.streams.buffer_mut(index) else {
                continue;
            };
            let stream = buffer.columns().stream.clone();
            for note in buffer.take_notes() {
                match note {
                    RowNote::UnknownKey { key } => {
                        log::warn!("stream {stream:?}: key {key:?} is not in the schema and is not loaded");
                    }
                    RowNote::ManyUnknownKeys => {
                        log::warn!("stream {stream:?}: more keys are not in the schema and are not loaded");
                    }
                    RowNote::CutText { key } => {
                        log::warn!("stream {stream:?}: key {key:?} has texts that were cut to what a column takes");
                    }
                    RowNote::RoundedNumber { key } => {
                        log::warn!("stream {stream:?}: key {key:?} has numbers with more digits than FLOAT keeps");
                    }
                }
            }
        }
    }
}

/// Something wrong with the input itself.
pub(crate) fn input_failure(line: u64, text: impl Into<String>) -> Failure {
    Failure::new(ExitCode::Input, text).in_context(format_args!("line {line}"))
}
