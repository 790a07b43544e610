//! Tables whose rows a run replaces: rows go into a table beside them, which takes their place when the run ended well.
//! Which streams those are is the settings' business.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use uuid::Uuid;

use super::attempt::{Attempt, is_broken, run};
use super::problem::LoadProblem;
use super::table_name::Table;
use super::table_preparation::{Found, Preparation};
use super::table_statements;
use super::work_session::WorkSession;
use crate::columns::{StreamColumns, TablePlace};

/// The tables beside the ones that are replaced.
#[derive(Debug)]
pub(crate) struct Replacements {
    run: Uuid,
    /// By the place that the stream's name leads to.
    by_wanted: Mutex<HashMap<TablePlace, Replacement>>,
}

/// One table and the one that will take its place.
#[derive(Debug, Clone)]
pub(crate) struct Replacement {
    /// The users' table, where it was found.
    pub(crate) target: TablePlace,
    /// The table of this run's rows.
    pub(crate) shadow: TablePlace,
}

impl Replacements {
    /// None yet.
    pub(crate) fn new(run: Uuid) -> Self {
        Self {
            run,
            by_wanted: Mutex::default(),
        }
    }

    /// Makes the table that rows go into, or changes it after a further SCHEMA. The users' table is only made when it is
    /// missing, and stays as it is otherwise.
    pub(crate) async fn prepare(
        &self,
        preparation: &Preparation<'_>,
        wanted: StreamColumns,
    ) -> Result<StreamColumns, Attempt> {
        let stream = wanted.stream.clone();
        let database = preparation.database;
        if let Some(replacement) = self.find(&wanted.place) {
            let shadow = Table::new(&stream, database, &replacement.shadow)?;
            return preparation.fit(&shadow, wanted, false).await;
        }
        let Found {
            place, is_transient, ..
        } = preparation.find_or_create(&wanted).await?;
        let target = Table::new(&stream, database, &place)?;
        let cut: String = place.table.chars().take(200).collect();
        let replacement = Replacement {
            shadow: TablePlace {
                schema: place.schema.clone(),
                table: format!("{cut}_SDC_OVERWRITE_{}", self.run.simple()),
            },
            target: place,
        };
        let shadow = Table::new(&stream, database, &replacement.shadow)?;
        // Known before it exists, so that it is dropped whatever comes.
        self.lock().insert(wanted.place.clone(), replacement);
        let prepared = async {
            let create = table_statements::create_like(&shadow.name, &target.name, is_transient);
            let doing = format!("cannot create a table like {}", target.name);
            run(preparation.session, &stream, &doing, &create).await?;
            preparation.fit(&shadow, wanted.clone(), true).await
        };
        let prepared = prepared.await;
        if prepared.is_err() {
            // Begun again from the start on the next session.
            self.lock().remove(&wanted.place);
            let drop = table_statements::drop_table(&shadow.name);
            let _dropped_or_unreachable = super::attempt::execute(preparation.session, &drop).await;
        }
        prepared
    }

    /// The table that the stream's rows go into.
    pub(crate) fn find(&self, wanted: &TablePlace) -> Option<Replacement> {
        self.lock().get(wanted).cloned()
    }

    /// Puts the new rows in the place of the old ones. One statement, so that readers see either all or nothing of it.
    pub(crate) async fn finish(
        &self,
        session: &WorkSession,
        stream: &str,
        database: &str,
        wanted: &TablePlace,
    ) -> Result<(), Attempt> {
        let Some(replacement) = self.find(wanted) else {
            return Ok(());
        };
        let target = Table::new(stream, database, &replacement.target)?;
        let shadow = Table::new(stream, database, &replacement.shadow)?;
        let doing = format!("cannot replace table {}", target.name);
        let swap = table_statements::swap(&target.name, &shadow.name);
        super::attempt::execute(session, &swap).await.map_err(|error| {
            let problem = LoadProblem::from_client(stream, &doing, &error);
            // Swapping twice would undo it, so this is not tried again. A further run does everything again.
            Attempt::Refused(if is_broken(&error) {
                problem.with_hint("the table has either the old rows or all of the new; run again")
            } else {
                problem
            })
        })?;
        log::info!("stream {stream:?}: replaced all rows of table {}", target.name);
        self.lock().remove(wanted);
        let drop = table_statements::drop_table(&shadow.name);
        if let Err(Attempt::Refused(problem) | Attempt::Broken(problem)) =
            run(session, stream, "cannot drop the old rows", &drop).await
        {
            log::warn!("{}; table {} is left", problem.failure.message, shadow.name);
        }
        Ok(())
    }

    /// Statements that drop what was not put in place.
    pub(crate) fn drop_statements(&self, database: &str) -> Vec<String> {
        let replacements = std::mem::take(&mut *self.lock());
        replacements
            .values()
            .filter_map(|replacement| Table::new("", database, &replacement.shadow).ok())
            .map(|shadow| table_statements::drop_table(&shadow.name))
            .collect()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<TablePlace, Replacement>> {
        // Whole whatever happened to the thread that held it.
        self.by_wanted.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
