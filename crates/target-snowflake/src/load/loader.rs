//! Snowflake's side of the contract in `batch_loader.rs`: which session does what, and what is tried again.
//! The steps themselves are `table_preparation.rs`, `batch_load.rs` and `version_statements.rs`.

use std::sync::OnceLock;
use std::time::{Duration, Instant};

use connector_process::{Metric, MetricValue};
use jiff::Timestamp;
use snowflake_client::Session;

use super::attempt::{Attempt, execute, run};
use super::batch_load::{Way, abandon, load_batch};
use super::batch_loader::BatchLoader;
use super::known_tables::{KnownSchema, KnownTables, Question};
use super::overwrite::Replacements;
use super::problem::LoadProblem;
use super::session_pool::SessionPool;
use super::shown_table::Looked;
use super::stage::{RunStage, stage_file};
use super::table_name::Table;
use super::table_preparation::{Preparation, changes};
use super::user_sql::UserSql;
use super::version_statements::activate_version;
use super::work_session::{WorkSession, query_tag};
use crate::batch_file::BatchFile;
use crate::columns::{StreamColumns, TablePlace};
use crate::config::{Config, LoadMethod, LoadSettings};
use crate::stream_buffer::Batch;

/// Pauses before work is begun again on a new session, as multiples of the shortest pause between two requests. The
/// client has retried each call for minutes by then.
const PAUSES: [u32; 2] = [8, 60];

/// Loads into Snowflake.
#[derive(Debug)]
pub(crate) struct SnowflakeLoader {
    sessions: SessionPool,
    settings: LoadSettings,
    stage: RunStage,
    tables: KnownTables,
    /// The database's name as it is spelled there, once a session has said it.
    database: OnceLock<String>,
    replacements: Replacements,
    user_sql: UserSql,
    shortest_pause: Duration,
}

/// What is done on one session. All of it can be done again on another when the session breaks.
#[derive(Debug, Clone, Copy)]
enum Work<'a> {
    Look(&'a StreamColumns, &'a KnownSchema),
    Prepare(&'a StreamColumns, Option<&'a Looked>),
    Stage(&'a StreamColumns, &'a BatchFile),
    Load(&'a Batch),
    Activate(&'a StreamColumns, i64),
    Replace(&'a StreamColumns),
}

impl Work<'_> {
    fn columns(&self) -> &StreamColumns {
        match self {
            Self::Look(columns, _)
            | Self::Prepare(columns, _)
            | Self::Stage(columns, _)
            | Self::Activate(columns, _)
            | Self::Replace(columns) => columns,
            Self::Load(batch) => &batch.columns,
        }
    }

    fn stream(&self) -> &str {
        &self.columns().stream
    }

    /// The same once more, from the beginning: what was seen before may be other now.
    fn anew(self) -> Self {
        match self {
            Self::Prepare(columns, _) => Self::Prepare(columns, None),
            other => other,
        }
    }
}

impl SnowflakeLoader {
    /// Nothing happens before the first job.
    pub(crate) fn new(config: &Config) -> Self {
        let stage = RunStage::new();
        let settings = config.load.clone();
        Self {
            sessions: SessionPool::new(config.client.clone()),
            tables: KnownTables::default(),
            database: OnceLock::new(),
            replacements: Replacements::new(stage.run()),
            user_sql: UserSql::new(settings.before_run.clone(), settings.after_run.clone()),
            settings,
            stage,
            shortest_pause: config.client.time_limits.backoff.0,
        }
    }

    /// Does the work, on a new session again while sessions break. Gives the prepared columns for `Prepare`.
    async fn work(&self, mut work: Work<'_>) -> Result<Option<StreamColumns>, LoadProblem> {
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
                    if matches!(work, Work::Stage(..) | Work::Load(_)) {
                        let place = self.stage.of_stream(work.stream());
                        abandon(&WorkSession::new(&session, None), &place).await;
                    }
                    Box::pin(session.close()).await;
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
                    work = work.anew();
                    tokio::time::sleep(self.shortest_pause * *pause).await;
                }
            }
        }
    }

    async fn attempt(&self, session: &Session, work: Work<'_>) -> Result<Option<StreamColumns>, Attempt> {
        let (stream, database) = (work.stream(), self.database(session));
        let table = self.table(&database, work.columns())?;
        let tag = |template: &String| query_tag(template, stream, &table, &self.stage.run().simple().to_string());
        let session = &WorkSession::new(session, self.settings.query_tag.as_ref().map(tag));
        match work {
            Work::Look(wanted, schema) => self.preparation(session, &database).look(schema, wanted).await?,
            Work::Prepare(wanted, looked) => {
                let preparation = self.preparation(session, &database);
                return self.prepare_on(&preparation, wanted.clone(), looked).await.map(Some);
            }
            Work::Stage(_, file) => {
                stage_file(session, &self.stage.of_stream(stream), stream, file).await?;
            }
            Work::Load(batch) => {
                self.user_sql.before(session).await?;
                let has_keys = !batch.columns.key_columns.is_empty();
                let merges = has_keys && self.settings.method_of(stream) != LoadMethod::AppendOnly;
                let way = if merges {
                    Way::Merge(self.settings.null_keys)
                } else {
                    Way::Insert
                };
                let place = self.stage.of_stream(stream);
                load_batch(session, &table, &place, batch, way, self.settings.hard_delete).await?;
            }
            Work::Activate(columns, version) => {
                let deleted_at = (!self.settings.hard_delete).then(Timestamp::now);
                let unversioned = self.settings.unversioned_rows_are_old;
                let statement = activate_version(&table.name, columns, version, unversioned, deleted_at);
                let statement = statement.map_err(|problem| LoadProblem::from_name(stream, "column", problem))?;
                if let Some(statement) = statement {
                    run(session, stream, "cannot delete rows of older versions", &statement).await?;
                }
            }
            Work::Replace(columns) => {
                let wanted = &columns.place;
                self.replacements.finish(session, stream, &database, wanted).await?;
            }
        }
        Ok(None)
    }

    fn preparation<'a>(&'a self, session: &'a WorkSession, database: &'a str) -> Preparation<'a> {
        Preparation {
            session,
            settings: &self.settings,
            database,
        }
    }

    async fn prepare_on(
        &self,
        preparation: &Preparation<'_>,
        wanted: StreamColumns,
        looked: Option<&Looked>,
    ) -> Result<StreamColumns, Attempt> {
        if wanted.replaces_table {
            return self.replacements.prepare(preparation, wanted, looked).await;
        }
        let found = preparation.find_or_create(&wanted, looked).await?;
        let place = found.place.clone();
        let wanted = StreamColumns {
            place: found.place,
            ..wanted
        };
        match found.seen {
            None => Ok(wanted),
            seen => preparation.fit(&place, wanted, seen, false).await,
        }
    }

    /// What there is for the stream. Asks only what is not known; of the lanes of one schema, one at a time.
    async fn look(&self, wanted: &StreamColumns) -> Result<Option<Looked>, LoadProblem> {
        if self.replacements.find(&wanted.place).is_some() {
            return Ok(None);
        }
        let schema = self.tables.schema(&wanted.place.schema);
        let _turn = schema.turn.lock().await;
        if schema.name().is_none() || schema.question(wanted) != Question::Nothing {
            self.work(Work::Look(wanted, &schema)).await?;
        }
        Ok(schema.take(wanted))
    }

    /// The columns as rows are written, when the table was seen and needs no change.
    fn without_changes(&self, wanted: &StreamColumns, looked: Option<&Looked>) -> Option<StreamColumns> {
        let looked = looked.filter(|_| !wanted.replaces_table)?;
        let table = Table::new(&wanted.stream, self.database.get()?, &looked.place).ok()?;
        let wanted = StreamColumns {
            place: looked.place.clone(),
            ..wanted.clone()
        };
        let changes = changes(&self.settings, &table, wanted, looked.table.as_ref()?, false).ok()?;
        (changes.steps.is_empty() && changes.primary_key.is_empty()).then_some(changes.columns)
    }

    /// The session knows how the database is spelled; the setting may be in any case.
    fn database(&self, session: &Session) -> String {
        let name = session.session_info().database.clone();
        let name = name.unwrap_or_else(|| self.settings.database.clone());
        self.database.get_or_init(|| name.clone());
        name
    }

    /// The table that rows go into.
    fn table(&self, database: &str, columns: &StreamColumns) -> Result<Table, LoadProblem> {
        let shadow: Option<TablePlace> = self.replacements.find(&columns.place).map(|found| found.shadow);
        Table::new(&columns.stream, database, shadow.as_ref().unwrap_or(&columns.place))
    }
}

impl BatchLoader for SnowflakeLoader {
    async fn prepare(&self, wanted: StreamColumns) -> Result<StreamColumns, LoadProblem> {
        let looked = self.look(&wanted).await?;
        if let Some(prepared) = self.without_changes(&wanted, looked.as_ref()) {
            return Ok(prepared);
        }
        let prepared = self.work(Work::Prepare(&wanted, looked.as_ref())).await?;
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

    async fn replace(&self, columns: &StreamColumns) -> Result<(), LoadProblem> {
        self.work(Work::Replace(columns)).await.map(|_| ())
    }

    async fn end_well(&self) -> Result<(), LoadProblem> {
        if !self.user_sql.has_end().await {
            return Ok(());
        }
        let session = self.sessions.take().await?;
        let outcome = self.user_sql.after(&WorkSession::new(&session, None)).await;
        self.sessions.give_back(session);
        outcome
    }

    async fn close(&self) {
        if let Some(session) = self.sessions.take_idle() {
            for statement in self.replacements.drop_statements(&self.database(&session)) {
                if let Err(error) = execute(&WorkSession::new(&session, None), &statement).await {
                    log::warn!("cannot clean up: {} ({statement})", error.code().unwrap_or("no answer"));
                }
            }
            self.sessions.give_back(session);
        }
        self.sessions.close().await;
    }
}
