//! What becomes of a record that cannot be loaded: it ends the run, is left out, or goes into `_SDC_REJECTED`. Rows of that
//! table are loaded like all others, so no STATE passes one that is not committed. What makes a record invalid is
//! `record_row` and `record_check`.

use std::collections::HashMap;
use std::io::Write;

use connector_process::Failure;
use jiff::Timestamp;
use serde_json::json;
use singer_protocol::{RecordScanner, SchemaMessage};

use crate::columns::{ColumnSettings, DatetimeTreatment, StreamColumns, TablePlace};
use crate::load::{BatchLoader, Job};
use crate::messages::input_failure;
use crate::metadata_columns::RowMetadata;
use crate::pipeline::Pipeline;
use crate::record_row::{RecordProblem, RecordProblemKind};
use crate::state_ledger::StreamIndex;

/// So many records of a stream are told one by one; of the others only the number.
const TOLD_RECORDS: u64 = 10;

/// The user's choices.
#[derive(Debug, Clone, Copy)]
pub(crate) struct InvalidRecordSettings {
    /// Compares records with their schema.
    pub(crate) validates: bool,
    pub(crate) on_invalid: InvalidPolicy,
    pub(crate) on_too_large: InvalidPolicy,
    /// More invalid records of one stream than this end the run.
    pub(crate) threshold: Option<u64>,
}

/// What becomes of an invalid record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum InvalidPolicy {
    /// It ends the run.
    Fail,
    /// It goes into the table of rejected records.
    Reject,
    /// It is left out.
    Skip,
}

impl InvalidPolicy {
    /// Reads a setting's value; `truncate` leaves what cannot be cut to `None`.
    pub(crate) fn from_name(name: &str) -> Option<Self> {
        match name {
            "fail" => Some(Self::Fail),
            "reject" => Some(Self::Reject),
            "skip" => Some(Self::Skip),
            _ => None,
        }
    }
}

/// What was refused so far.
#[derive(Debug, Default)]
pub(crate) struct InvalidRecords {
    counts: HashMap<StreamIndex, u64>,
    /// The stream of rejected records of each schema.
    tables: HashMap<String, StreamIndex>,
}

impl<L: BatchLoader, W: Write> Pipeline<L, W> {
    /// Does with an invalid record what the user wants. `record` is its text as it came.
    pub(crate) fn refuse(
        &mut self,
        line: u64,
        index: StreamIndex,
        record: &str,
        problem: &RecordProblem,
    ) -> Result<(), Failure> {
        let settings = self.config.invalid_records;
        let policy = match problem.kind {
            RecordProblemKind::TooLarge { .. } => settings.on_too_large,
            RecordProblemKind::Value { column, .. } if column.is_temporal() && self.rejects_dates() => {
                InvalidPolicy::Reject
            }
            _ => settings.on_invalid,
        };
        let failure = input_failure(line, problem.to_string());
        if policy == InvalidPolicy::Fail {
            return Err(match problem.hint() {
                Some(hint) => failure.with_hint(hint),
                None => failure,
            });
        }
        let count = self.invalid.counts.entry(index).or_default();
        *count += 1;
        if let Some(threshold) = settings.threshold.filter(|threshold| *count > *threshold) {
            return Err(failure.with_hint(format!(
                "these are more than {threshold} invalid records of one stream, which `invalid_records_threshold` allows"
            )));
        }
        if *count <= TOLD_RECORDS {
            let done = if policy == InvalidPolicy::Skip {
                "left out"
            } else {
                "rejected"
            };
            log::warn!("line {line}: {problem}; the record is {done}");
        }
        match policy {
            InvalidPolicy::Reject => self.reject(line, index, record, &problem.kind),
            InvalidPolicy::Skip | InvalidPolicy::Fail => Ok(()),
        }
    }

    fn rejects_dates(&self) -> bool {
        self.config.columns.datetime_treatment == DatetimeTreatment::Reject
    }

    fn reject(&mut self, line: u64, index: StreamIndex, record: &str, kind: &RecordProblemKind) -> Result<(), Failure> {
        let Some(stream) = self.streams.get(index) else {
            return Ok(());
        };
        // Not the buffer's: rows that replace a table are gathered in another.
        let place = self.config.routing.place(&stream.schema.stream);
        let rejected = self.rejected_stream(line, &place.schema)?;
        self.wait_until(|pipeline| !pipeline.streams.is_preparing(rejected))?;
        let row = json!({
            "_sdc_rejected_at": Timestamp::now().to_string(),
            "table_name": place.table,
            "reason": format!("line {line}: {kind}"),
            "record": record,
        });
        let mut scanner = RecordScanner::default();
        let row = row.to_string();
        let Some(row) = scanner.scan(&row) else {
            return Ok(());
        };
        self.push_row(rejected, row, &RowMetadata::default())?
            .map_err(|problem| input_failure(line, problem.to_string()))
    }

    /// The stream of rejected records of a schema; its table is made when the first comes.
    fn rejected_stream(&mut self, line: u64, schema: &str) -> Result<StreamIndex, Failure> {
        if let Some(index) = self.invalid.tables.get(schema) {
            return Ok(*index);
        }
        let message = SchemaMessage {
            stream: format!("rejected records of schema {schema}"),
            schema: json!({"properties": {
                "_sdc_rejected_at": {"type": "string", "format": "date-time"},
                "table_name": {"type": "string"},
                "reason": {"type": "string"},
                "record": {"type": "string"},
            }}),
            key_properties: Vec::new(),
            bookmark_properties: Vec::new(),
        };
        let settings = ColumnSettings {
            add_record_metadata: false,
            // A record that was too large for its table is too large here as well.
            truncates_text: true,
            ..self.config.columns
        };
        let columns = StreamColumns::from_schema(&message.stream, &message.schema, &[], &settings);
        let mut columns = columns.map_err(|problem| input_failure(line, problem.to_string()))?;
        columns.place = TablePlace {
            schema: schema.to_owned(),
            table: settings.identifier_case.apply("_sdc_rejected"),
        };
        self.claim_table(line, &columns.place, &message.stream)?;
        self.lanes.open();
        let index = self.streams.add_unnamed(message);
        self.invalid.tables.insert(schema.to_owned(), index);
        self.send(index, Job::Prepare(columns));
        Ok(index)
    }

    /// Hands over rejected rows together with those of their neighbours, so that STATE does not wait for them.
    pub(crate) fn flush_rejected(&mut self) -> Result<(), Failure> {
        let tables: Vec<StreamIndex> = self.invalid.tables.values().copied().collect();
        tables.into_iter().try_for_each(|index| self.flush(index))
    }

    /// Says how many records were refused, at the end.
    pub(crate) fn log_refused(&self) {
        for (index, count) in &self.invalid.counts {
            if let Some(stream) = self.streams.get(*index) {
                log::warn!(
                    "stream {:?}: {count} invalid records were not loaded",
                    stream.schema.stream
                );
            }
        }
    }
}
