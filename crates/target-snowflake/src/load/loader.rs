//! Snowflake's side of the contract in `batch_loader.rs`: which session does what, and what is tried again.
//! What is done on a session is `work.rs`.

use std::sync::OnceLock;
use std::time::{Duration, Instant};

use connector_process::{Metric, MetricValue};
use snowflake_client::Session;
use tokio::sync::RwLock;

use super::attempt::{Attempt, execute};
use super::batch_load::{long_statement, roll_back};
use super::batch_loader::{BatchLoader, Committed};
use super::commit_fate::{Fate, TransactionId};
use super::compared_columns;
use super::known_tables::{KnownTables, Question};
use super::new_objects::NewObjects;
use super::overwrite::Replacements;
use super::problem::LoadProblem;
use super::session_pool::SessionPool;
use super::shown_table::Looked;
use super::staging::RunStage;
use super::table_fit::{TableTraits, changes};
use super::table_name::Table;
use super::user_sql::UserSql;
use super::work::Work;
use super::work_session::WorkSession;
use crate::batch_file::BatchFile;
use crate::columns::StreamColumns;
use crate::config::{Config, LoadSettings};
use crate::stream_buffer::Batch;

/// Pauses before work is begun again on a new session, as multiples of the shortest pause between two requests. The
/// client has retried each call for minutes by then.
const PAUSES: [u32; 2] = [8, 60];
/// How long lanes may take to leave their work when the run is given up (the limits for cancelling and for the close), and to tidy
/// up at its end.
const WITHDRAWAL_LIMIT: Duration = Duration::from_secs(15);

/// Loads into Snowflake.
#[derive(Debug)]
pub(crate) struct SnowflakeLoader {
    pub(super) sessions: SessionPool,
    pub(super) settings: LoadSettings,
    pub(super) stage: RunStage,
    tables: KnownTables,
    pub(super) new_objects: NewObjects,
    /// The database's name as it is spelled there, once a session has said it.
    pub(super) database: OnceLock<String>,
    pub(super) replacements: Replacements,
    pub(super) user_sql: UserSql,
    shortest_pause: Duration,
    /// Read by work that goes on.
    at_work: RwLock<()>,
}

impl SnowflakeLoader {
    /// Nothing happens before the first job.
    pub(crate) fn new(config: &Config) -> Self {
        let stage = RunStage::new(config.staging.clone());
        let settings = config.load.clone();
        Self {
            sessions: SessionPool::new(config.client.clone(), settings.warehouse.clone()),
            tables: KnownTables::default(),
            new_objects: NewObjects::default(),
            database: OnceLock::new(),
            replacements: Replacements::new(stage.run()),
            user_sql: UserSql::new(&settings),
            settings,
            stage,
            shortest_pause: config.client.time_limits.backoff.0,
            at_work: RwLock::new(()),
        }
    }

    /// Does the work, on a new session again while sessions break. Gives the prepared columns for `Prepare`.
    async fn work(&self, mut work: Work<'_>) -> Result<Option<StreamColumns>, LoadProblem> {
        let _at_work = self.at_work.read().await;
        let mut pauses = PAUSES.iter();
        let mut may_resume = true;
        loop {
            let session = self.sessions.take().await?;
            let problem = match Box::pin(self.attempt(&session, work)).await {
                Ok(done) => {
                    // Files that could not be removed after a load mean that the session broke behind its COMMIT.
                    match matches!(work, Work::Load(..)) && self.stage.is_filled_by(work.stream()) {
                        true => self.sessions.end(session).await,
                        false => self.sessions.give_back(session),
                    }
                    return Ok(done);
                }
                Err(Attempt::Suspended(problem)) if std::mem::take(&mut may_resume) => {
                    self.resume(session, work, problem).await?;
                    work = work.anew();
                    continue;
                }
                Err(Attempt::Refused(problem) | Attempt::Suspended(problem)) => {
                    if self.roll_back(&session, work).await {
                        self.clear_stage(&session, work).await;
                    }
                    self.sessions.end(session).await;
                    return Err(problem);
                }
                Err(Attempt::GivenUp) => {
                    self.withdraw(session, work).await;
                    return Err(LoadProblem::of_given_up_run());
                }
                Err(Attempt::Broken(problem)) => {
                    self.sessions.end(session).await;
                    problem
                }
                Err(Attempt::Undecided { problem, transaction }) => {
                    self.sessions.end(session).await;
                    match self.fate(transaction).await {
                        Fate::Committed => {
                            self.found_committed(work).await;
                            return Ok(None);
                        }
                        Fate::RolledBack => problem,
                        Fate::Unknown => return Err(problem),
                    }
                }
            };
            let Some(pause) = pauses.next() else {
                return Err(problem);
            };
            log::warn!("trying again on a new session after: {}", problem.failure.message);
            work = work.anew();
            tokio::select! {
                () = tokio::time::sleep(self.shortest_pause * *pause) => {}
                () = self.sessions.given_up().heard() => return Err(problem),
            }
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
        let seen = looked.table.as_ref()?;
        let traits = TableTraits {
            is_new_copy: false,
            is_iceberg: seen.is_iceberg,
        };
        let changes = changes(&self.settings, &table, wanted, seen, traits).ok()?;
        (changes.steps.is_empty() && changes.primary_key.is_empty()).then_some(changes.columns)
    }

    /// Resumes the warehouse, outside the transaction that found it suspended.
    async fn resume(&self, session: Session, work: Work<'_>, suspended: LoadProblem) -> Result<(), LoadProblem> {
        if !self.roll_back(&session, work).await {
            self.sessions.end(session).await;
            return Err(suspended);
        }
        let resumed = self.settings.warehouse.resume(&session, suspended).await;
        if resumed.is_err() {
            self.clear_stage(&session, work).await;
        }
        self.sessions.give_back(session);
        resumed
    }

    /// A batch that Snowflake says it has: what follows a COMMIT that was answered follows now.
    async fn found_committed(&self, work: Work<'_>) {
        log::info!(
            "stream {:?}: the batch was committed although no answer came",
            work.stream()
        );
        if let Work::Load(batch, committed) = work {
            self.keep_and_tell(batch, committed).await;
        }
    }

    /// False when the session is of no use any more.
    async fn roll_back(&self, session: &Session, work: Work<'_>) -> bool {
        !matches!(work, Work::Load(..)) || roll_back(&WorkSession::new(session, None)).await
    }

    async fn clear_stage(&self, session: &Session, work: Work<'_>) {
        let session = WorkSession::new(session, None);
        self.stage.clear(Some(&session), work.stream()).await;
    }

    /// Leaves the work where it is: what runs is cancelled, what was begun is undone, staged files are removed.
    async fn withdraw(&self, session: Session, work: Work<'_>) {
        Box::pin(session.cancel_running()).await;
        if self.roll_back(&session, work).await {
            self.clear_stage(&session, work).await;
            self.sessions.give_back(session);
        } else {
            self.sessions.end(session).await;
        }
    }

    /// What became of a transaction whose session is gone, asked on other sessions while they break, too.
    async fn fate(&self, transaction: Option<TransactionId>) -> Fate {
        let Some(transaction) = transaction else {
            return Fate::Unknown;
        };
        let mut pauses = PAUSES.iter();
        loop {
            let Ok(session) = self.sessions.take().await else {
                return Fate::Unknown;
            };
            let asked = transaction
                .fate(&WorkSession::new(&session, None), self.shortest_pause * PAUSES[0])
                .await;
            match asked {
                Ok(fate) => {
                    self.sessions.give_back(session);
                    return fate;
                }
                Err(_) => self.sessions.end(session).await,
            }
            let Some(pause) = pauses.next() else {
                return Fate::Unknown;
            };
            tokio::time::sleep(self.shortest_pause * *pause).await;
        }
    }

    /// Until no lane is at work; false when that takes too long.
    async fn wait_for_lanes(&self) -> bool {
        let at_rest = tokio::time::timeout(WITHDRAWAL_LIMIT, self.at_work.write());
        at_rest.await.is_ok()
    }

    /// Takes away what was only needed on the way: tables beside others, and files that were staged ahead of a batch
    /// that did not come.
    async fn clean_up(&self) {
        self.stage.clear_own_storage().await;
        let session = match self.sessions.take_idle() {
            Some(session) => session,
            None if self.stage.needs_session() => match self.sessions.take().await {
                Ok(session) => session,
                Err(_) => {
                    log::warn!("files may be left in {}", self.stage.shown());
                    return;
                }
            },
            None => return,
        };
        let on_session = WorkSession::new(&session, None);
        for statement in self.replacements.drop_statements(&self.database(&session)) {
            if let Err(error) = execute(&on_session, &statement).await {
                log::warn!("cannot clean up: {} ({statement})", error.code().unwrap_or("no answer"));
            }
        }
        self.stage.clear_all(Some(&on_session)).await;
        self.sessions.give_back(session);
    }
}

impl BatchLoader for SnowflakeLoader {
    async fn prepare(&self, wanted: StreamColumns) -> Result<StreamColumns, LoadProblem> {
        let looked = self.look(&wanted).await?;
        let prepared = match self.without_changes(&wanted, looked.as_ref()) {
            Some(prepared) => prepared,
            None => {
                let prepared = self.work(Work::Prepare(&wanted, looked.as_ref())).await?;
                prepared.unwrap_or_else(|| wanted.clone())
            }
        };
        let database = self.database.get().unwrap_or(&self.settings.database);
        if let Some(warning) = long_statement(&self.table(database, &prepared)?, &prepared)? {
            log::warn!("stream {:?}: {warning}", wanted.stream);
        }
        compared_columns::check(&wanted, &prepared)?;
        Ok(prepared)
    }

    async fn stage(&self, columns: &StreamColumns, file: &BatchFile) -> Result<(), LoadProblem> {
        self.work(Work::Stage(columns, file)).await.map(|_| ())
    }

    async fn load(&self, batch: &Batch, committed: Committed<'_>) -> Result<(), LoadProblem> {
        let begun = Instant::now();
        let loaded = || {
            log_loaded(batch, begun);
            committed.tell();
        };
        let outcome = self.work(Work::Load(batch, Committed::new(&loaded))).await;
        if outcome.is_err() {
            log_time(batch, begun, "failed");
        }
        outcome.map(|_| ())
    }

    async fn activate_version(&self, columns: &StreamColumns, version: i64) -> Result<(), LoadProblem> {
        self.work(Work::Activate(columns, version)).await.map(|_| ())
    }

    async fn replace(&self, columns: &StreamColumns) -> Result<(), LoadProblem> {
        self.work(Work::Replace(columns)).await.map(|_| ())
    }

    async fn end_well(&self, is_whole: bool) -> Result<(), LoadProblem> {
        if !self.user_sql.has_end().await {
            return Ok(());
        }
        if !is_whole {
            log::warn!("`after_run_sql` is not run: the run was asked to stop before its end");
            return Ok(());
        }
        // Batches are reported before their lanes have tidied up, and then there is a session to be had again.
        let _settled = self.wait_for_lanes().await;
        let session = self.sessions.take().await?;
        let outcome = self.user_sql.after(&WorkSession::new(&session, None)).await;
        self.sessions.give_back(session);
        outcome
    }

    fn give_up(&self) {
        self.sessions.given_up().say();
    }

    async fn close(&self) {
        // Lanes that were told to give up clean up after themselves.
        if !self.wait_for_lanes().await {
            log::warn!("what still ran was left to the server");
        }
        self.clean_up().await;
        self.sessions.close().await;
    }
}

fn log_loaded(batch: &Batch, begun: Instant) {
    let stream = batch.columns.stream.as_str();
    log_time(batch, begun, "succeeded");
    Metric::new("record_count", MetricValue::Counter(batch.row_count))
        .tag("stream", stream)
        .log();
    let seconds = begun.elapsed().as_secs_f64();
    log::info!("stream {stream:?}: loaded {} rows in {seconds:.1} s", batch.row_count);
}

fn log_time(batch: &Batch, begun: Instant, status: &str) {
    let seconds = begun.elapsed().as_secs_f64();
    let time = Metric::new("batch_processing_time", MetricValue::Timer(seconds));
    time.tag("stream", batch.columns.stream.as_str())
        .tag("status", status)
        .log();
}
