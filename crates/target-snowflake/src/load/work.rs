//! Work on one session, from the job to the statements' own modules. Which session it is, and what is tried again, is
//! `loader.rs`.

use jiff::Timestamp;
use snowflake_client::Session;

use super::attempt::{Attempt, execute, run};
use super::batch_load::{BatchLoad, Way};
use super::batch_loader::Committed;
use super::known_tables::KnownSchema;
use super::loader::SnowflakeLoader;
use super::problem::LoadProblem;
use super::shown_table::Looked;
use super::table_name::Table;
use super::table_preparation::Preparation;
use super::version_statements::activate_version;
use super::work_session::{WorkSession, query_tag};
use crate::batch_file::BatchFile;
use crate::columns::{StreamColumns, TablePlace};
use crate::config::LoadMethod;
use crate::stream_buffer::Batch;

/// What is done on one session. All of it can be done again on another when the session breaks.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Work<'a> {
    Look(&'a StreamColumns, &'a KnownSchema),
    Prepare(&'a StreamColumns, Option<&'a Looked>),
    Stage(&'a StreamColumns, &'a BatchFile),
    Load(&'a Batch, Committed<'a>),
    Activate(&'a StreamColumns, i64),
    Replace(&'a StreamColumns),
}

impl Work<'_> {
    pub(crate) fn columns(&self) -> &StreamColumns {
        match self {
            Self::Look(columns, _)
            | Self::Prepare(columns, _)
            | Self::Stage(columns, _)
            | Self::Activate(columns, _)
            | Self::Replace(columns) => columns,
            Self::Load(batch, _) => &batch.columns,
        }
    }

    pub(crate) fn stream(&self) -> &str {
        &self.columns().stream
    }

    /// The same once more, from the beginning: what was seen before may be other now.
    pub(crate) fn anew(self) -> Self {
        match self {
            Self::Prepare(columns, _) => Self::Prepare(columns, None),
            other => other,
        }
    }
}

impl SnowflakeLoader {
    /// Does it once.
    pub(crate) async fn attempt(&self, session: &Session, work: Work<'_>) -> Result<Option<StreamColumns>, Attempt> {
        let (stream, database) = (work.stream(), self.database(session));
        let table = self.table(&database, work.columns())?;
        let tag = |template: &String| query_tag(template, stream, &table, &self.stage.run().simple().to_string());
        let session = &WorkSession::new(session, self.settings.query_tag.as_ref().map(tag));
        let given_up = self.sessions.given_up();
        match work {
            Work::Look(wanted, schema) => {
                let preparation = self.preparation(session, &database);
                given_up.unless(preparation.look(schema, wanted)).await?;
            }
            Work::Prepare(wanted, looked) => {
                let preparation = self.preparation(session, &database);
                let prepared = self.prepare_on(&preparation, wanted.clone(), looked);
                return given_up.unless(prepared).await.map(Some);
            }
            Work::Stage(_, file) => {
                let staging = async {
                    let place = self.stage.place(session, &table.database, work.columns()).await?;
                    place.upload(session, [file]).await
                };
                given_up.unless(staging).await?;
            }
            Work::Load(batch, committed) => {
                let before = async { self.user_sql.before(session).await.map_err(Attempt::from) };
                given_up.unless(before).await?;
                let drop_batch_table = self.load_on(session, &table, batch).await?;
                // The batch is durable: nothing may fail it any more.
                self.keep_and_tell(batch, committed).await;
                if let Err(error) = execute(session, &drop_batch_table).await {
                    log::warn!("stream {stream:?}: cannot clean up after a batch: {error}");
                }
                self.stage.clear(Some(session), stream).await;
            }
            Work::Activate(columns, version) => {
                let deleted_at = (!self.settings.hard_delete).then(Timestamp::now);
                let unversioned = self.settings.unversioned_rows_are_old;
                let statement = activate_version(&table.name, columns, version, unversioned, deleted_at);
                let statement = statement.map_err(|problem| LoadProblem::from_name(stream, "column", problem))?;
                if let Some(statement) = statement {
                    let deleting = run(session, stream, "cannot delete rows of older versions", &statement);
                    given_up.unless(deleting).await?;
                }
            }
            Work::Replace(columns) => {
                let wanted = &columns.place;
                self.replacements.finish(session, stream, &database, wanted).await?;
            }
        }
        Ok(None)
    }

    /// What follows a COMMIT: what was told is not read again, so it is archived first.
    pub(crate) async fn keep_and_tell(&self, batch: &Batch, committed: Committed<'_>) {
        self.stage.archive(batch).await;
        committed.tell();
    }

    /// Gives the statement that removes what was only needed on the way.
    async fn load_on(&self, session: &WorkSession, table: &Table, batch: &Batch) -> Result<String, Attempt> {
        let stream = &batch.columns.stream;
        let has_keys = !batch.columns.key_columns.is_empty();
        let way = if has_keys && self.settings.method_of(stream) != LoadMethod::AppendOnly {
            Way::Merge(self.settings.null_keys)
        } else {
            Way::Insert
        };
        let given_up = self.sessions.given_up();
        let finding = self.stage.place(session, &table.database, &batch.columns);
        let load = BatchLoad {
            session,
            table,
            place: &given_up.unless(finding).await?,
            batch,
            way,
            hard_delete: self.settings.hard_delete,
        };
        load.run(given_up).await
    }

    fn preparation<'a>(&'a self, session: &'a WorkSession, database: &'a str) -> Preparation<'a> {
        Preparation {
            session,
            settings: &self.settings,
            new_objects: &self.new_objects,
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
        let (place, traits) = (found.place.clone(), found.traits());
        let wanted = StreamColumns {
            place: found.place,
            ..wanted
        };
        match found.seen {
            None => Ok(wanted),
            seen => preparation.fit(&place, wanted, seen, traits).await,
        }
    }

    /// The session knows how the database is spelled; the setting may be in any case.
    pub(crate) fn database(&self, session: &Session) -> String {
        let name = session.session_info().database.clone();
        let name = name.unwrap_or_else(|| self.settings.database.clone());
        self.database.get_or_init(|| name.clone());
        name
    }

    /// The table that rows go into.
    pub(crate) fn table(&self, database: &str, columns: &StreamColumns) -> Result<Table, LoadProblem> {
        let shadow: Option<TablePlace> = self.replacements.find(&columns.place).map(|found| found.shadow);
        Table::new(&columns.stream, database, shadow.as_ref().unwrap_or(&columns.place))
    }
}
