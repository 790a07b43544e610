//! What each message and each finished job does: buffers, jobs, ledger, STATE. One thread owns all of it.
//! The order of things in a run is `run.rs`.

use std::collections::{HashMap, HashSet};
use std::io::{self, Write};
use std::sync::Arc;
use std::time::{Instant, SystemTime};

use connector_process::{ExitCode, Failure};
use serde_json::Value;
use serde_json::value::RawValue;
use singer_protocol::{Line, Message, RecordScanner};

use crate::batch_file::{BatchFileProblem, CompressionPool};
use crate::batch_messages::{CloudFiles, ConsumedFiles};
use crate::columns::{StreamColumns, TablePlace};
use crate::config::Config;
use crate::events::{Event, Events};
use crate::invalid_records::InvalidRecords;
use crate::load::{BatchLoader, Done, Job, JobReport, Lanes, LoadProblem};
use crate::progress::Progress;
use crate::record_check::RecordCheck;
use crate::run::stopped_again;
use crate::state_ledger::{StateLedger, StreamIndex};
use crate::state_output::StateOutput;
use crate::stream_buffer::StreamBuffer;
use crate::streams::{Phase, Streams};

/// Message types that are not known and get a warning each; after so many the input is nothing a warning helps with.
const UNKNOWN_TYPES_TOLD: usize = 20;

/// A run's working parts.
#[derive(Debug)]
pub(crate) struct Pipeline<L, W> {
    pub(crate) config: Config,
    pub(crate) events: Events,
    pub(crate) streams: Streams,
    pub(crate) ledger: StateLedger<Box<RawValue>>,
    pub(crate) lanes: Lanes<L>,
    /// Jobs sent and not reported.
    pub(crate) outstanding_jobs: usize,
    /// Of those, the batches: their files take room on disk.
    pub(crate) outstanding_batches: usize,
    pub(crate) sync_started_at_milliseconds: i64,
    /// Which stream has a table, so that two streams never share one unnoticed.
    pub(crate) tables: HashMap<TablePlace, String>,
    pub(crate) invalid: InvalidRecords,
    /// The streams that are loaded of each of the tap's, while stream maps, flattening and the like are on.
    pub(crate) shaped: HashMap<String, Vec<StreamIndex>>,
    /// Whether they are.
    pub(crate) is_shaping: bool,
    /// Reads what shapes made of records; lent out while it does.
    pub(crate) scanner: RecordScanner,
    progress: Progress,
    compression: CompressionPool,
    output: StateOutput<W>,
    unknown_types: HashSet<String>,
    /// Files of BATCH messages whose rows are not all committed.
    pub(crate) consumed: ConsumedFiles,
    /// Those of them that are in cloud storage.
    pub(crate) cloud_files: CloudFiles,
    /// What ended the run early: the first problem wins.
    problem: Option<LoadProblem>,
    stop_requests: u32,
}

impl<L: BatchLoader, W: Write> Pipeline<L, W> {
    /// Everything empty.
    ///
    /// # Errors
    /// When the compressor threads cannot be started.
    pub(crate) fn new(config: Config, events: Events, lanes: Lanes<L>, output: W) -> io::Result<Self> {
        Ok(Self {
            is_shaping: config.shaping.is_active(),
            cloud_files: CloudFiles::new(lanes.runtime().clone(), lanes.reports().clone()),
            config,
            events,
            streams: Streams::default(),
            ledger: StateLedger::new(),
            lanes,
            outstanding_jobs: 0,
            outstanding_batches: 0,
            sync_started_at_milliseconds: now_milliseconds(),
            tables: HashMap::new(),
            invalid: InvalidRecords::default(),
            shaped: HashMap::new(),
            scanner: RecordScanner::default(),
            progress: Progress::default(),
            compression: CompressionPool::start(None)?,
            output: StateOutput::new(output),
            unknown_types: HashSet::new(),
            consumed: ConsumedFiles::default(),
            problem: None,
            stop_requests: 0,
        })
    }

    /// Does what a message says.
    ///
    /// # Errors
    /// What is wrong with the message, with its line.
    pub(crate) fn handle(&mut self, line: Line<'_>) -> Result<(), Failure> {
        let number = line.number;
        match line.message {
            Message::Record(record) if self.is_shaping => self.shaped_record(number, &record),
            Message::Record(record) => self.record(number, &record),
            Message::State(state) => self.state(number, state.value),
            Message::Schema(schema) => self.schema(number, schema),
            Message::ActivateVersion(message) => self.activate_version(&message),
            Message::Batch(batch) => self.batch(number, &batch),
            Message::Unknown { kind } => {
                if self.unknown_types.len() < UNKNOWN_TYPES_TOLD && self.unknown_types.insert(kind) {
                    log::warn!("line {number}: a message of a type that is not known has no effect");
                }
                Ok(())
            }
        }
    }

    fn state(&mut self, line: u64, value: &RawValue) -> Result<(), Failure> {
        if is_empty(value.get()) {
            log::debug!("line {line}: an empty STATE is not passed on");
            return Ok(());
        }
        let safe = self.ledger.state(value.to_owned());
        self.print(safe)
    }

    fn print(&mut self, state: Option<Box<RawValue>>) -> Result<(), Failure> {
        match state {
            // Rows whose STATE nobody hears of are read again, so no more of them should be loaded.
            Some(state) => self.output.print(state).inspect_err(|failure| {
                let failure = failure.clone();
                let problem = LoadProblem {
                    failure,
                    ends_all: true,
                };
                self.problem.get_or_insert(problem).ends_all = true;
            }),
            None => Ok(()),
        }
    }

    /// Everything that happened beside the input.
    ///
    /// # Errors
    /// When STATE cannot be printed.
    pub(crate) fn handle_events(&mut self) -> Result<(), Failure> {
        while let Some(event) = self.events.next() {
            self.handle_event(event)?;
        }
        Ok(())
    }

    fn handle_event(&mut self, event: Event) -> Result<(), Failure> {
        match event {
            Event::Job(report) => self.finish_job(report),
            Event::Stop(requests) => {
                self.stop_requests = requests;
                match requests {
                    1 => log::info!("asked to stop: loading what was read; once more to cancel what runs"),
                    _ => log::info!("asked to stop again: cancelling what runs"),
                }
                Ok(())
            }
            Event::Copied(outcome) => {
                self.cloud_files.copied = Some(outcome);
                Ok(())
            }
            Event::Draw => {
                self.progress.draw(&self.streams);
                Ok(())
            }
            // Input is kept by the queue; that a copy grew is only a time to look for other things.
            Event::Input(_) | Event::InputEnded(_) | Event::CopyGrew => Ok(()),
        }
    }

    fn finish_job(&mut self, report: JobReport) -> Result<(), Failure> {
        self.outstanding_jobs = self.outstanding_jobs.saturating_sub(1);
        if report.kind.is_load() {
            self.outstanding_batches = self.outstanding_batches.saturating_sub(1);
            self.progress.ended(report.stream, report.outcome.is_ok());
        }
        match report.outcome {
            Ok(Done::Skipped | Done::Staged | Done::NotInPlace) => Ok(()),
            Ok(Done::Prepared(columns)) => {
                let files = Arc::new(self.config.batch_files.clone());
                let stream = self.streams.get(report.stream);
                let check = stream.and_then(|stream| self.record_check(&stream.schema.schema, &columns));
                let mut buffer = StreamBuffer::new(Arc::new(columns), files, self.compression.clone());
                buffer.set_check(check);
                if let Some(stream) = self.streams.get_mut(report.stream) {
                    let bookmark = stream.schema.bookmark_properties.first().map(String::as_str);
                    buffer.set_bookmark(bookmark.filter(|_| self.config.staging.archive.is_some()));
                    stream.phase = Phase::Ready(Box::new(buffer));
                }
                Ok(())
            }
            Ok(Done::Durable { sequence }) => {
                self.consumed.durable(report.stream, sequence);
                let safe = self.ledger.durable(report.stream, sequence);
                self.print(safe)?;
                self.delete_safe_files();
                Ok(())
            }
            Err(problem) => {
                if let Some(stream) = self.streams.get_mut(report.stream) {
                    stream.phase = Phase::Failed;
                }
                self.note(problem);
                Ok(())
            }
        }
    }

    /// What a schema demands of records; `None` when that is nothing, or nobody asks.
    pub(crate) fn record_check(&self, schema: &Value, columns: &StreamColumns) -> Option<Arc<RecordCheck>> {
        let validates = self.config.invalid_records.validates;
        let check = validates.then(|| RecordCheck::compile(schema, columns));
        check.flatten().map(Arc::new)
    }

    /// Keeps the first problem; others are only logged.
    fn note(&mut self, problem: LoadProblem) {
        if let Some(first) = &mut self.problem {
            first.ends_all |= problem.ends_all;
            if first.failure != problem.failure {
                log::error!("{}", problem.failure);
            }
        } else {
            self.problem = Some(problem);
        }
    }

    /// Handles events until `enough`; input waits meanwhile.
    ///
    /// # Errors
    /// When STATE cannot be printed, and when the process was asked to stop a second time.
    pub(crate) fn wait_until(&mut self, enough: impl Fn(&Self) -> bool) -> Result<(), Failure> {
        while !enough(self) {
            self.wait_once()?;
        }
        Ok(())
    }

    /// Handles the next event.
    ///
    /// # Errors
    /// As [`wait_until`](Self::wait_until).
    pub(crate) fn wait_once(&mut self) -> Result<(), Failure> {
        if self.stop_requests > 1 {
            return Err(stopped_again("batches not loaded"));
        }
        match self.events.wait() {
            Some(event) => self.handle_event(event),
            None => Err(Failure::new(ExitCode::Failed, "the loaders are gone")),
        }
    }

    /// Hands the open batch of a stream to its lane, when there is one.
    ///
    /// # Errors
    /// When its file cannot be finished.
    pub(crate) fn flush(&mut self, index: StreamIndex) -> Result<(), Failure> {
        let Some(buffer) = self.streams.buffer_mut(index) else {
            return Ok(());
        };
        let taken = match buffer.take() {
            Ok(taken) => taken,
            Err(problem) => return Err(self.lose_rows(index, &problem)),
        };
        let Some(batch) = taken else { return Ok(()) };
        self.ledger.seal(index);
        // As many wait as load: the next batch is there when a lane is free, and the disk holds no more than that.
        let limit = self.config.load.parallelism * 2;
        self.wait_until(|pipeline| pipeline.outstanding_batches < limit || pipeline.ends_all())?;
        self.outstanding_batches += 1;
        self.progress.sent(index, &batch);
        self.send(index, Job::Load(batch));
        Ok(())
    }

    /// Rows that were read could not be kept. The stream loads nothing more, so that no STATE can pass them by.
    pub(crate) fn lose_rows(&mut self, index: StreamIndex, problem: &BatchFileProblem) -> Failure {
        let cause = std::error::Error::source(problem)
            .map(|cause| format!(": {cause}"))
            .unwrap_or_default();
        let failure = Failure::new(ExitCode::Failed, format!("{problem}{cause}"))
            .with_hint("make room, or set `temp_dir` to a directory that has it");
        let Some(stream) = self.streams.get_mut(index) else {
            return failure;
        };
        stream.phase = Phase::Failed;
        failure.in_context(format_args!("stream {:?}", stream.schema.stream))
    }

    /// Puts a job into a stream's lane.
    pub(crate) fn send(&mut self, index: StreamIndex, job: Job) {
        self.outstanding_jobs += 1;
        self.lanes.send(index, job);
    }

    /// Hands over all open batches if the oldest has waited long enough, and says when to look again. All of them,
    /// because the STATE that all streams wait for needs all of them, and the warehouse is awake anyway.
    ///
    /// # Errors
    /// As [`flush`](Self::flush).
    pub(crate) fn flush_by_age(&mut self) -> Result<(), Failure> {
        let age = self.config.limits.age;
        if self.oldest().is_some_and(|begun| begun.elapsed() >= age) {
            self.flush_all()?;
        }
        self.set_deadline();
        Ok(())
    }

    /// Hands over all open batches.
    ///
    /// # Errors
    /// As [`flush`](Self::flush).
    pub(crate) fn flush_all(&mut self) -> Result<(), Failure> {
        self.streams.indices().try_for_each(|index| self.flush(index))
    }

    /// Lets the input pause when the oldest open batch has waited long enough.
    pub(crate) fn set_deadline(&self) {
        self.events
            .set_deadline(self.oldest().map(|begun| begun + self.config.limits.age));
    }

    fn oldest(&self) -> Option<Instant> {
        self.streams.open_batches().filter_map(StreamBuffer::begun).min()
    }

    /// Loads what is buffered, waits for everything, prints the last STATE that becomes safe.
    ///
    /// # Errors
    /// As [`flush`](Self::flush) and [`wait_until`](Self::wait_until).
    pub(crate) fn drain(&mut self) -> Result<(), Failure> {
        self.wait_until(|pipeline| {
            pipeline
                .streams
                .indices()
                .all(|index| !pipeline.streams.is_preparing(index))
        })?;
        if !self.ends_all() {
            self.flush_all()?;
        }
        self.wait_until(|pipeline| pipeline.outstanding_jobs == 0)
    }

    /// Shows for the last time how far the run is, if anybody watches.
    pub(crate) fn end_progress(&mut self) {
        if self.config.is_watched {
            self.progress.end(&self.streams);
        }
    }

    /// Prints the STATE of what was committed while the run was given up.
    ///
    /// # Errors
    /// When STATE cannot be printed.
    pub(crate) fn print_late_states(&mut self) -> Result<(), Failure> {
        while let Some(event) = self.events.next() {
            if let Event::Job(report) = event
                && report.outcome.is_ok()
            {
                self.finish_job(report)?;
            }
        }
        Ok(())
    }

    /// Whether jobs were sent that have not ended.
    pub(crate) fn has_outstanding_jobs(&self) -> bool {
        self.outstanding_jobs > 0
    }

    /// What ended the run early, if something did.
    pub(crate) fn failure(&self) -> Option<Failure> {
        self.problem.as_ref().map(|problem| problem.failure.clone())
    }

    /// True when nothing that is still to be loaded could be.
    pub(crate) fn ends_all(&self) -> bool {
        self.problem.as_ref().is_some_and(|problem| problem.ends_all)
    }

    /// True when the process was asked to stop.
    pub(crate) fn is_stopped(&self) -> bool {
        self.stop_requests > 0
    }
}

/// Whether a STATE says nothing. Whoever kept it would forget what was known before.
fn is_empty(state: &str) -> bool {
    let bracketed = |open: char, close: char| {
        let inside = state.strip_prefix(open).and_then(|rest| rest.strip_suffix(close));
        inside.is_some_and(|inside| inside.trim().is_empty())
    };
    matches!(state, "null" | "\"\"") || bracketed('{', '}') || bracketed('[', ']')
}

/// Now, in milliseconds since 1970.
pub(crate) fn now_milliseconds() -> i64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    since
        .ok()
        .and_then(|time| i64::try_from(time.as_millis()).ok())
        .unwrap_or_default()
}
