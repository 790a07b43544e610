//! SCHEMA, RECORD and ACTIVATE_VERSION: what each does to its stream. STATE and the jobs' ends are `pipeline.rs`.

use std::io::Write;
use std::sync::Arc;

use connector_process::{ExitCode, Failure};
use singer_protocol::{ActivateVersionMessage, RecordMessage, RecordText, SchemaMessage};

use crate::columns::{ColumnKind, SchemaRemarks, StreamColumns, TablePlace};
use crate::config::LoadMethod;
use crate::load::{BatchLoader, Job};
use crate::metadata_columns::RowMetadata;
use crate::pipeline::{Pipeline, now_milliseconds};
use crate::record_row::{RecordProblem, RowNote};
use crate::shaping::Output;
use crate::state_ledger::StreamIndex;
use crate::stream_buffer::BufferProblem;
use crate::streams::Phase;

impl<L: BatchLoader, W: Write> Pipeline<L, W> {
    /// Starts making or changing the stream's table. Reading goes on until the first record that needs it.
    pub(crate) fn schema(&mut self, line: u64, message: SchemaMessage) -> Result<(), Failure> {
        if self.is_shaping {
            return self.shaped_schema(line, &message);
        }
        let source = message.stream.clone();
        self.output_schema(line, Output::unchanged(message), &source)
            .map(|_| ())
    }

    /// The same for a stream as it is to be loaded; `source` is the tap's name for it.
    pub(crate) fn output_schema(&mut self, line: u64, output: Output, source: &str) -> Result<StreamIndex, Failure> {
        let Output { message, shaper } = output;
        let known = self.streams.find(&message.stream);
        if let Some(stream) = known.and_then(|index| self.streams.get(index))
            && stream.source != source
        {
            let text = format!(
                "streams {:?} and {source:?} would both be stream {:?}",
                stream.source, message.stream
            );
            return Err(input_failure(line, text).with_hint("give one another `__alias__` in `stream_maps`"));
        }
        let is_same = known.and_then(|index| self.streams.get(index)).is_some_and(|stream| {
            stream.schema.schema == message.schema && stream.schema.key_properties == message.key_properties
        });
        let place = self.config.routing.place(&message.stream);
        let index = match known {
            Some(index) if is_same => index,
            Some(index) => {
                let columns = self.columns(line, &message, place)?;
                // A change that is still being made must end before the next begins, and old rows go before it.
                self.wait_until(|pipeline| !pipeline.streams.is_preparing(index))?;
                self.flush(index)?;
                if let Some(stream) = self.streams.get_mut(index) {
                    stream.schema = message;
                    if !matches!(stream.phase, Phase::Failed) {
                        stream.phase = Phase::Preparing;
                    }
                }
                self.send(index, Job::Prepare(columns));
                index
            }
            None => {
                let columns = self.columns(line, &message, place.clone())?;
                self.claim_table(line, &place, &message.stream)?;
                self.lanes.open();
                let index = self.streams.add(message);
                if columns.replaces_table {
                    // That the old rows go is part of what a later STATE stands for, so it counts like a record.
                    self.ledger.record(index);
                    self.ledger.seal(index);
                }
                self.send(index, Job::Prepare(columns));
                index
            }
        };
        if let Some(stream) = self.streams.get_mut(index) {
            source.clone_into(&mut stream.source);
            stream.shaper = shaper.map(Box::new);
        }
        Ok(index)
    }

    fn columns(&self, line: u64, message: &SchemaMessage, place: TablePlace) -> Result<StreamColumns, Failure> {
        let columns = StreamColumns::from_schema(
            &message.stream,
            &message.schema,
            &message.key_properties,
            &self.config.columns,
        );
        let columns = columns.map_err(|problem| input_failure(line, problem.to_string()))?;
        log_remarks(
            &message.stream,
            &SchemaRemarks::of(&message.schema, &self.config.columns),
        );
        if columns.key_columns.is_empty() && self.config.load.primary_key_required {
            let text = format!("stream {:?} has no key_properties", message.stream);
            return Err(
                input_failure(line, text).with_hint("give it keys in the tap, or set `primary_key_required` to false")
            );
        }
        Ok(StreamColumns {
            place,
            replaces_table: self.config.load.method_of(&message.stream) == LoadMethod::Overwrite,
            newest_row_by: self.newest_row_by(line, &columns)?,
            ..columns
        })
    }

    /// The column that says how new a row is, if the user named one for the stream.
    fn newest_row_by(&self, line: u64, columns: &StreamColumns) -> Result<Option<usize>, Failure> {
        let Some(property) = self.config.load.newest_row_by.find(&columns.stream) else {
            return Ok(None);
        };
        let refuse = |what: &str| {
            let stream = &columns.stream;
            let text = format!("stream {stream:?}: `newest_row_by` names {property:?}, which {what}");
            input_failure(line, text).with_hint("name a number, date or time of this stream, or `_sdc_sequence`")
        };
        let position = columns
            .of_property(property)
            .ok_or_else(|| refuse("is not in the schema"))?;
        let kind = columns.columns.get(position).map(|column| column.kind);
        match kind {
            Some(kind) if kind.is_numeric() || kind.is_temporal() || kind == ColumnKind::Text => Ok(Some(position)),
            _ => Err(refuse("has no order")),
        }
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
        let index = self.streams.find(&message.stream);
        let index = index.ok_or_else(|| before_schema(line, "RECORD", &message.stream))?;
        self.take_record(line, index, message, message.record)
    }

    /// The same for a stream that is known and what is to be loaded of the record.
    pub(crate) fn take_record(
        &mut self,
        line: u64,
        index: StreamIndex,
        message: &RecordMessage<'_>,
        record: RecordText<'_>,
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
        match self.push_row(index, record, &metadata)? {
            Ok(()) => Ok(()),
            Err(problem) => self.refuse(line, index, message.record.text(), &problem),
        }
    }

    /// Writes a row into an open batch and hands the batch over when it is full. Gives back what is wrong with the record.
    pub(crate) fn push_row(
        &mut self,
        index: StreamIndex,
        record: RecordText<'_>,
        metadata: &RowMetadata<'_>,
    ) -> Result<Result<(), RecordProblem>, Failure> {
        let sequence = self.ledger.next_number(index);
        // A failed stream takes nothing; the run ends as soon as this line is done.
        let Some(buffer) = self.streams.buffer_mut(index) else {
            return Ok(Ok(()));
        };
        match buffer.push(record, metadata, sequence) {
            Ok(()) => {}
            Err(BufferProblem::Record(problem)) => return Ok(Err(problem)),
            Err(BufferProblem::File(problem)) => return Err(self.lose_rows(index, &problem)),
        }
        let limits = self.config.limits;
        let is_first = buffer.row_count() == 1;
        let is_full = buffer.row_count() >= limits.rows || buffer.compressed_bytes() >= limits.size_bytes;
        let staged = buffer.next_finished().map(|file| (Arc::clone(buffer.columns()), file));
        self.ledger.record(index);
        if let Some((columns, file)) = staged {
            self.send(index, Job::Stage { columns, file });
        }
        if is_first {
            self.set_deadline();
        }
        if is_full && limits.flushes_all {
            self.flush_all()?;
        } else if is_full {
            self.flush(index)?;
            self.flush_rejected()?;
        }
        Ok(Ok(()))
    }

    /// Loads the stream's rows so far, then deletes those of older versions. Not while the tap says what is known.
    pub(crate) fn activate_version(&mut self, message: &ActivateVersionMessage) -> Result<(), Failure> {
        let indices = self.streams_of(&message.stream);
        if indices.is_empty() {
            log::info!(
                "stream {:?}: ACTIVATE_VERSION before its SCHEMA has no effect",
                message.stream
            );
        }
        indices
            .into_iter()
            .try_for_each(|index| self.activate_version_of(index, message))
    }

    fn activate_version_of(&mut self, index: StreamIndex, message: &ActivateVersionMessage) -> Result<(), Failure> {
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
        let columns = Arc::clone(buffer.columns());
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
                    RowNote::NoTime => {
                        log::warn!(
                            "stream {stream:?}: a `time_extracted` is no time, so its _SDC_EXTRACTED_AT is NULL"
                        );
                    }
                    RowNote::CutText { key } => {
                        log::warn!("stream {stream:?}: key {key:?} has texts that were cut to what a column takes");
                    }
                    RowNote::RoundedNumber { key } => {
                        log::warn!("stream {stream:?}: key {key:?} has numbers with more digits than a double keeps");
                    }
                    RowNote::QuotedNumber { key } => {
                        log::warn!(
                            "stream {stream:?}: key {key:?} has numbers that VARIANT would round; they are loaded as strings, \
                             see `variant_numbers`"
                        );
                    }
                }
            }
        }
    }
}

/// Tells the user what the schema asks for and does not get.
fn log_remarks(stream: &str, remarks: &SchemaRemarks) {
    if !remarks.sql_types.is_empty() {
        log::warn!(
            "stream {stream:?}: `x-sql-datatype` is not used, columns follow the JSON Schema: {}",
            remarks.sql_types.join(", ")
        );
    }
    if !remarks.mixed_datetimes.is_empty() {
        log::info!(
            "stream {stream:?}: dates or any text, loaded as dates; other text is refused unless `datetime_error_treatment` \
             says otherwise, or `datetime_or_text` is text: {}",
            remarks.mixed_datetimes.join(", ")
        );
    }
}

/// Records whose stream nothing is known of.
pub(crate) fn before_schema(line: u64, message: &str, stream: &str) -> Failure {
    input_failure(line, format!("{message} of stream {stream:?} before its SCHEMA"))
        .with_hint("the tap should write a SCHEMA before the first RECORD")
}

/// Something wrong with the input itself.
pub(crate) fn input_failure(line: u64, text: impl Into<String>) -> Failure {
    Failure::new(ExitCode::Input, text).in_context(format_args!("line {line}"))
}
