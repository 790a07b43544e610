//! One lane per stream: its jobs run in order, one at a time; lanes run beside each other up to a limit.
//! What a job does is the loader's; what follows from it is the run's.

use std::sync::Arc;
use std::sync::mpsc::Sender;

use tokio::runtime::Handle;
use tokio::sync::{Semaphore, mpsc};

use super::batch_loader::{BatchLoader, Committed};
use super::problem::LoadProblem;
use crate::batch_file::BatchFile;
use crate::columns::StreamColumns;
use crate::events::Event;
use crate::state_ledger::StreamIndex;
use crate::stream_buffer::Batch;

/// Something to do for a stream.
#[derive(Debug)]
pub(crate) enum Job {
    /// Make or extend the table.
    Prepare(StreamColumns),
    /// Stage a file of the batch that comes next.
    Stage {
        /// The stream's columns.
        columns: Arc<StreamColumns>,
        /// The file.
        file: Arc<BatchFile>,
    },
    /// Load a batch.
    Load(Batch),
    /// Delete rows of older versions.
    Activate {
        /// The stream's columns.
        columns: Arc<StreamColumns>,
        /// The version that is valid now.
        version: i64,
        /// Its number in the stream, for the ledger.
        sequence: u64,
    },
    /// Put everything that was loaded in the place of the table's rows.
    Replace {
        /// The stream's columns.
        columns: Arc<StreamColumns>,
        /// The number of the stream's last record, for the ledger.
        sequence: u64,
    },
}

/// Which job a report is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum JobKind {
    Prepare,
    Stage,
    Load,
    Activate,
    Replace,
}

impl JobKind {
    /// True for a batch, whose files take room on disk until it is reported.
    pub(crate) fn is_load(self) -> bool {
        self == Self::Load
    }
}

/// What a job led to.
#[derive(Debug)]
pub(crate) enum Done {
    /// The table is ready for rows of these columns.
    Prepared(StreamColumns),
    /// The file is where it is loaded from.
    Staged,
    /// Everything of the stream up to this number is committed.
    Durable {
        /// The number.
        sequence: u64,
    },
    /// Committed in a table that is not in its place yet.
    NotInPlace,
    /// Not begun, because an earlier job of the stream failed.
    Skipped,
}

impl Done {
    fn committed(columns: &StreamColumns, sequence: u64) -> Self {
        match columns.replaces_table {
            true => Self::NotInPlace,
            false => Self::Durable { sequence },
        }
    }
}

/// The end of a job.
#[derive(Debug)]
pub(crate) struct JobReport {
    pub(crate) stream: StreamIndex,
    pub(crate) kind: JobKind,
    pub(crate) outcome: Result<Done, LoadProblem>,
}

/// All lanes of a run.
#[derive(Debug)]
pub(crate) struct Lanes<L> {
    loader: Arc<L>,
    runtime: Handle,
    reports: Sender<Event>,
    permits: Arc<Semaphore>,
    lanes: Vec<mpsc::UnboundedSender<Job>>,
}

impl<L: BatchLoader> Lanes<L> {
    /// No lanes yet; at most `parallelism` jobs will run at a time.
    pub(crate) fn new(loader: Arc<L>, runtime: Handle, reports: Sender<Event>, parallelism: usize) -> Self {
        Self {
            loader,
            runtime,
            reports,
            permits: Arc::new(Semaphore::new(parallelism.max(1))),
            lanes: Vec::new(),
        }
    }

    /// Where the lanes' work runs.
    pub(crate) fn runtime(&self) -> &Handle {
        &self.runtime
    }

    /// Where their reports go.
    pub(crate) fn reports(&self) -> &Sender<Event> {
        &self.reports
    }

    /// Opens the lane of the next stream; streams are opened in order of their index.
    pub(crate) fn open(&mut self) {
        let (sender, jobs) = mpsc::unbounded_channel();
        let stream = self.lanes.len();
        let worker = Lane {
            stream,
            loader: Arc::clone(&self.loader),
            permits: Arc::clone(&self.permits),
            reports: self.reports.clone(),
        };
        self.runtime.spawn(worker.work(jobs));
        self.lanes.push(sender);
    }

    /// Puts a job into the stream's lane. A report follows for every job. The caller bounds how many there are.
    pub(crate) fn send(&self, stream: StreamIndex, job: Job) {
        if let Some(lane) = self.lanes.get(stream) {
            // A lane's worker lives as long as this sender.
            let _sent = lane.send(job);
        }
    }
}

struct Lane<L> {
    stream: StreamIndex,
    loader: Arc<L>,
    permits: Arc<Semaphore>,
    reports: Sender<Event>,
}

impl<L: BatchLoader> Lane<L> {
    async fn work(self, mut jobs: mpsc::UnboundedReceiver<Job>) {
        let mut failed = false;
        while let Some(job) = jobs.recv().await {
            let kind = match &job {
                Job::Prepare(_) => JobKind::Prepare,
                Job::Stage { .. } => JobKind::Stage,
                Job::Load(_) => JobKind::Load,
                Job::Activate { .. } => JobKind::Activate,
                Job::Replace { .. } => JobKind::Replace,
            };
            // After a failure later rows must not overtake the ones that are missing.
            let outcome = if failed {
                Ok(Some(Done::Skipped))
            } else {
                self.run(job).await
            };
            failed |= outcome.is_err();
            if let Some(outcome) = outcome.transpose()
                && !self.report(kind, outcome)
            {
                return;
            }
        }
    }

    /// False when nobody hears reports any more.
    fn report(&self, kind: JobKind, outcome: Result<Done, LoadProblem>) -> bool {
        let report = JobReport {
            stream: self.stream,
            kind,
            outcome,
        };
        self.reports.send(Event::Job(report)).is_ok()
    }

    /// What there is to report; nothing when that was done on the way.
    async fn run(&self, job: Job) -> Result<Option<Done>, LoadProblem> {
        // The semaphore is never closed.
        let _permit = self.permits.acquire().await;
        match job {
            Job::Prepare(columns) => {
                let prepared = Box::pin(self.loader.prepare(columns)).await?;
                Ok(Some(Done::Prepared(prepared)))
            }
            Job::Stage { columns, file } => {
                Box::pin(self.loader.stage(&columns, &file)).await?;
                Ok(Some(Done::Staged))
            }
            Job::Load(batch) => {
                self.load(&batch).await?;
                Ok(None)
            }
            Job::Activate {
                columns,
                version,
                sequence,
            } => {
                Box::pin(self.loader.activate_version(&columns, version)).await?;
                Ok(Some(Done::committed(&columns, sequence)))
            }
            Job::Replace { columns, sequence } => {
                Box::pin(self.loader.replace(&columns)).await?;
                Ok(Some(Done::Durable { sequence }))
            }
        }
    }

    /// Reports the batch when it is committed.
    async fn load(&self, batch: &Batch) -> Result<(), LoadProblem> {
        let report = || {
            let done = Done::committed(&batch.columns, batch.last_sequence);
            // Whether anybody hears it shows with the next report.
            let _heard = self.report(JobKind::Load, Ok(done));
        };
        Box::pin(self.loader.load(batch, Committed::new(&report))).await
    }
}
