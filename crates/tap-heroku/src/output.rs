//! The way out: SCHEMA before the first RECORD of a stream, selected properties only, STATE when it changed, counts.
//! Knows nothing of Heroku.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;

use crate::state_pace::StatePace;
use crate::streams::StreamEntry;
use connector_process::{ExitCode, Failure, Metric, MetricValue};
use serde::Serialize;
use serde_json::{Map, Value};
use singer_protocol::{CatalogEntry, MessageWriter, SchemaMessage, State};

/// What a run lets out; `--test` narrows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Extent {
    /// Everything.
    Everything,
    /// The SCHEMA and at most one RECORD of each stream, no STATE.
    OneRecordEach,
    /// SCHEMA messages only.
    SchemasOnly,
}

/// Enough to hide the time that answers take, few enough for an account's pool of requests.
const APPS_AT_ONCE: usize = 4;

/// Writes the messages of a run.
#[derive(Debug)]
pub(crate) struct Output<W> {
    writer: MessageWriter<W>,
    streams: BTreeMap<String, SelectedStream>,
    extent: Extent,
    state_pace: StatePace,
}

#[derive(Debug)]
struct SelectedStream {
    schema: SchemaMessage,
    properties: BTreeSet<String>,
    omissions: Omissions,
    /// Nothing is left out of its records.
    is_whole: bool,
    schema_written: bool,
    record_count: u64,
}

/// What is left out of records: known properties that the user did not select. Fields of nested objects that the
/// tap's own schema does not know pass, so that nothing Heroku adds is lost.
#[derive(Debug, Default)]
struct Omissions {
    names: BTreeSet<String>,
    nested: BTreeMap<String, Omissions>,
}

impl<W: Write> Output<W> {
    /// An output for the selected entries of a catalog; records of any other stream are not written.
    pub(crate) fn new(writer: W, selected: &[(&StreamEntry, CatalogEntry)], extent: Extent) -> Self {
        let streams = selected
            .iter()
            .map(|(stream, entry)| (stream.name.to_owned(), SelectedStream::new(stream, entry)));
        Self {
            writer: MessageWriter::new(writer),
            streams: streams.collect(),
            extent,
            state_pace: StatePace::default(),
        }
    }

    /// Whether records of the stream are wanted at all.
    pub(crate) fn is_selected(&self, stream: &str) -> bool {
        self.streams.contains_key(stream)
    }

    /// Whether another record of the stream would be written: false for streams that are not selected, and in a
    /// `--test` run once there is one.
    pub(crate) fn wants_more(&self, stream: &str) -> bool {
        self.streams.get(stream).is_some_and(|selected| match self.extent {
            Extent::Everything => true,
            Extent::OneRecordEach => selected.record_count == 0,
            Extent::SchemasOnly => false,
        })
    }

    /// How many apps to ask about at the same time; one in a try-out, which soon has what it wants.
    pub(crate) fn apps_at_once(&self) -> usize {
        match self.extent {
            Extent::Everything => APPS_AT_ONCE,
            Extent::OneRecordEach | Extent::SchemasOnly => 1,
        }
    }

    /// Writes the SCHEMA of a selected stream, once.
    ///
    /// # Errors
    /// When stdout is closed or full.
    pub(crate) fn schema(&mut self, stream: &str) -> Result<(), Failure> {
        match self.streams.get_mut(stream) {
            Some(selected) if !selected.schema_written => {
                selected.schema_written = true;
                self.writer
                    .schema(&selected.schema)
                    .map_err(|problem| write_failure(&problem))
            }
            _ => Ok(()),
        }
    }

    /// Writes one record, without the properties that are not selected. Writes the SCHEMA before, if it is not out.
    ///
    /// # Errors
    /// When stdout is closed or full.
    pub(crate) fn record(&mut self, stream: &str, record: Map<String, Value>) -> Result<(), Failure> {
        if !self.wants_more(stream) {
            return Ok(());
        }
        self.schema(stream)?;
        let Some(selected) = self.streams.get_mut(stream) else {
            return Ok(());
        };
        selected.record_count += 1;
        let record = selected.select(record);
        self.writer
            .record(stream, &record, Some(&now()), None)
            .map_err(|problem| write_failure(&problem))
    }

    /// Like [`Output::record`] for a record that is a type of our own: without deselected properties to take out it
    /// goes to the writer as it is, which is what makes log lines fast.
    ///
    /// # Errors
    /// When stdout is closed or full.
    pub(crate) fn typed_record<R: Serialize>(
        &mut self,
        stream: &str,
        record: &R,
        time_extracted: &str,
    ) -> Result<(), Failure> {
        if !self.wants_more(stream) {
            return Ok(());
        }
        self.schema(stream)?;
        let Some(selected) = self.streams.get_mut(stream) else {
            return Ok(());
        };
        selected.record_count += 1;
        let written = if selected.is_whole {
            self.writer.record(stream, record, Some(time_extracted), None)
        } else {
            let value = serde_json::to_value(record)
                .map_err(|problem| unserialisable(&format!("a record of {stream}"), &problem))?;
            let object = value.as_object().cloned().unwrap_or_default();
            self.writer
                .record(stream, &selected.select(object), Some(time_extracted), None)
        };
        written.map_err(|problem| write_failure(&problem))
    }

    /// Writes STATE in the middle of a stream, when it is worth it (see [`StatePace`]); flushes in any case.
    ///
    /// # Errors
    /// When stdout is closed or full.
    pub(crate) fn checkpoint(&mut self, state: &State) -> Result<(), Failure> {
        if self.state_pace.is_due() {
            self.state(state)
        } else {
            self.flush()
        }
    }

    /// Writes STATE when it differs from the last one written. Everything before it is flushed.
    ///
    /// # Errors
    /// When stdout is closed or full.
    pub(crate) fn state(&mut self, state: &State) -> Result<(), Failure> {
        if self.extent != Extent::Everything {
            return self.flush();
        }
        let next = self.state_pace.next(state);
        match next.map_err(|problem| unserialisable("the state", &problem))? {
            Some(text) => self.writer.state(text).map_err(|problem| write_failure(&problem)),
            None => self.flush(),
        }
    }

    /// Hands over what is buffered.
    ///
    /// # Errors
    /// When stdout is closed or full.
    pub(crate) fn flush(&mut self) -> Result<(), Failure> {
        self.writer.flush().map_err(|problem| write_failure(&problem))
    }

    /// Writes a `record_count` metric line per stream.
    pub(crate) fn log_counts(&self) {
        for (stream, selected) in &self.streams {
            Metric::new("record_count", MetricValue::Counter(selected.record_count))
                .tag("stream", stream.as_str())
                .log();
        }
    }
}

impl SelectedStream {
    fn new(stream: &StreamEntry, entry: &CatalogEntry) -> Self {
        let schema = entry.selected_schema();
        let bookmark_properties = entry.chosen_replication_key().map(str::to_owned).into_iter().collect();
        let omissions = Omissions::between(&stream.schema(), &schema);
        Self {
            properties: properties_of(&schema).map(|(name, _)| name.clone()).collect(),
            is_whole: omissions.is_empty(),
            omissions,
            schema: SchemaMessage {
                stream: entry.stream.clone(),
                schema,
                key_properties: entry.chosen_key_properties(),
                bookmark_properties,
            },
            schema_written: false,
            record_count: 0,
        }
    }

    fn select(&self, mut record: Map<String, Value>) -> Map<String, Value> {
        record.retain(|name, _| self.properties.contains(name));
        self.omissions.apply(&mut record);
        record
    }
}

impl Omissions {
    fn between(full: &Value, selected: &Value) -> Self {
        let mut omissions = Self::default();
        for (name, property) in properties_of(full) {
            match selected.get("properties").and_then(|properties| properties.get(name)) {
                None => {
                    omissions.names.insert(name.clone());
                }
                Some(kept) => {
                    let nested = Self::between(property, kept);
                    if !nested.is_empty() {
                        omissions.nested.insert(name.clone(), nested);
                    }
                }
            }
        }
        omissions
    }

    fn is_empty(&self) -> bool {
        self.names.is_empty() && self.nested.is_empty()
    }

    fn apply(&self, object: &mut Map<String, Value>) {
        object.retain(|name, _| !self.names.contains(name));
        for (name, nested) in &self.nested {
            if let Some(Value::Object(object)) = object.get_mut(name) {
                nested.apply(object);
            }
        }
    }
}

fn properties_of(schema: &Value) -> impl Iterator<Item = (&String, &Value)> {
    schema
        .get("properties")
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
}

/// The time for `time_extracted`: UTC with microseconds.
pub(crate) fn now() -> String {
    format!("{:.6}", jiff::Timestamp::now())
}

fn unserialisable(what: &str, problem: &serde_json::Error) -> Failure {
    Failure::new(ExitCode::Failed, format!("{what} cannot be written as JSON: {problem}"))
}

fn write_failure(problem: &std::io::Error) -> Failure {
    if problem.kind() == std::io::ErrorKind::BrokenPipe {
        return Failure::new(ExitCode::Failed, "stdout was closed before everything was written")
            .with_hint("see why the program that reads this output ended; run again with its last state");
    }
    Failure::new(
        ExitCode::Failed,
        format!("stdout cannot be written: {}", problem.kind()),
    )
}

#[cfg(test)]
mod tests;
