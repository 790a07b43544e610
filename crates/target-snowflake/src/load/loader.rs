//! Snowflake's side of the contract in `batch_loader.rs`: which session does what, and what is tried again.
//! The steps themselves are `table_preparation.rs`, `batch_load.rs` and `version_statements.rs`.

use std::time::{Duration, Instant};

use connector_process::{Metric, MetricValue};
use jiff::Timestamp;
use snowflake_client::Session;

use super::attempt::{Attempt, run};
use super::batch_load::{Way, abandon, load_batch};
use super::batch_loader::BatchLoader;
use super::problem::LoadProblem;
use super::session_pool::SessionPool;
use super::stage::{RunStage, stage_file};
use super::table_name::Table;
use super::table_preparation::{KnownSchemas, prepare_table};
use super::version_statements::activate_version;
use crate::batch_file::BatchFile;
use crate::columns::StreamColumns;
use crate::config::{Config, LoadMethod, LoadSettings};
use crate::stream_buffer::Batch;

/// Pauses before work is begun again on a new session. The client has retried each call for minutes by then.
const PAUSES: [Duration; 2] = [Duration::from_secs(2), Duration::from_secs(15)];

/// Loads into Snowflake.
#[derive(Debug)]
pub(crate) struct SnowflakeLoader {
    sessions: SessionPool,
    settings: LoadSettings,
    stage: RunStage,
    schemas: KnownSchemas,
}

/// What is done on one session. All of it can be done again on another when the session breaks.
#[derive(Debug, Clone, Copy)]
enum Work<'a> {
    Prepare(&'a StreamColumns),
    Stage(&'a StreamColumns, &'a BatchFile),
    Load(&'a Batch),
    Activate(&'a StreamColumns, i64),
}

impl Work<'_> {
    fn columns(&self) -> &StreamColumns {
        match self {
            Self::Prepare(columns) | Self::Stage(columns, _) | Self::Activate(columns, _) => columns,
            Self::Load(batch) => &batch.columns,
        }
    }

    fn stream(&self) -> &str {
        &self.columns().stream
    }
}

impl SnowflakeLoader {
    /// Nothing happens before the first job.
    pub(crate) fn new(config: &Config) -> Self {
        Self {
            sessions: SessionPool::new(config.client.clone()),
            settings: config.load.clone(),
            stage: RunStage::new(),
            schemas: KnownSchemas::default(),
        }
    }

    /// Does the work, on a new session again while sessions break. Gives the prepared columns for `Prepare`.
    async fn work(&self, work: Work<'_>) -> Result<Option<StreamColumns>, LoadProblem> {
        let mut pauses = PAUSES.iter();
        loop {
            let session = self.sessions.take().await?;
            match Box::pin(self.attempt(&session, work)).await {
                Ok(done) => {
                    self.sessions.give_back(session);
                    return Ok(done);
                }
                Err(Attempt::Refused(problem)) => {
                    self.sessions.forget(&session);
                    match work {
                        Work::Stage(..) | Work::Load(_) => abandon(session, &self.stage.of_stream(work.stream())).await,
                        Work::Prepare(_) | Work::Activate(..) => Box::pin(session.close()).await,
                    }
                    return Err(problem);
                }
                Err(Attempt::Broken(problem)) => {
                    // If the server hears it, the open transaction ends now and not when its lock has stood in the way.
                    self.sessions.forget(&session);
                    Box::pin(session.close()).await;
                    let Some(pause) = pauses.next() else {
                        return Err(problem);
                    };
                    log::warn!("trying again on a new session after: {}", problem.failure.message);
                    tokio::time::sleep(*pause).await;
                }
            }
        }
    }

    async fn attempt(&self, session: &Session, work: Work<'_>) -> Result<Option<StreamColumns>, Attempt> {
        let stream = work.stream();
        // The session knows how the database is spelled; the setting may be in any case.
        let database = session
            .session_info()
            .database
            .as_deref()
            .unwrap_or(&self.settings.database);
        let table = Table::new(stream, database, &work.columns().place)?;
        match work {
            Work::Prepare(wanted) => {
                return prepare_table(session, &self.schemas, &table, wanted.clone())
                    .await
                    .map(Some);
            }
            Work::Stage(_, file) => {
                stage_file(session, &self.stage.of_stream(stream), stream, file).await?;
            }
            Work::Load(batch) => {
                let has_keys = !batch.columns.key_columns.is_empty();
                let merges = has_keys && self.settings.method == LoadMethod::Upsert;
                let way = if merges { Way::Merge } else { Way::Insert };
                load_batch(session, &table, &self.stage.of_stream(stream), batch, way).await?;
            }
            Work::Activate(columns, version) => {
                let now = Timestamp::now();
                let statement = activate_version(
                    &table.name,
                    columns,
                    version,
                    (!self.settings.hard_delete).then_some(now),
                );
                let statement = statement.map_err(|problem| LoadProblem::from_name(stream, "column", problem))?;
                if let Some(statement) = statement {
                    run(session, stream, "cannot delete rows of older versions", &statement).await?;
                }
            }
        }
        Ok(None)
    }
}

impl BatchLoader for SnowflakeLoader {
    async fn prepare(&self, wanted: StreamColumns) -> Result<StreamColumns, LoadProblem> {
        let prepared = self.work(Work::Prepare(&wanted)).await?;
        Ok(prepared.unwrap_or(wanted))
    }

    async fn stage(&self, columns: &StreamColumns, file: &BatchFile) -> Result<(), LoadProblem> {
        self.work(Work::Stage(columns, file)).await.map(|_| ())
    }

    async fn load(&self, batch: &Batch) -> Result<(), LoadProblem> {
        let begun = Instant::now();
        let stream = batch.columns.stream.as_str();
        let outcome = self.work(Work::Load(batch)).await;
        let status = if outcome.is_ok() { "succeeded" } else { "failed" };
        let seconds = begun.elapsed().as_secs_f64();
        let time = Metric::new("batch_processing_time", MetricValue::Timer(seconds));
        time.tag("stream", stream).tag("status", status).log();
        if outcome.is_ok() {
            Metric::new("record_count", MetricValue::Counter(batch.row_count))
                .tag("stream", stream)
                .log();
            log::info!("stream {stream:?}: loaded {} rows in {seconds:.1} s", batch.row_count);
        }
        outcome.map(|_| ())
    }

    async fn activate_version(&self, columns: &StreamColumns, version: i64) -> Result<(), LoadProblem> {
        self.work(Work::Activate(columns, version)).await.map(|_| ())
    }

    async fn close(&self) {
        self.sessions.close().await;
    }
}
