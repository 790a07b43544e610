//! Tables whose rows a run replaces: rows go into a table beside them, which takes their place when the run ended well.
//! Which streams those are is the settings' business.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use snowflake_client::{Identifier, Row};
use uuid::Uuid;

use super::attempt::{Attempt, is_broken, run};
use super::problem::LoadProblem;
use super::shown_table::Looked;
use super::table_fit::TableTraits;
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
    /// What the users' table says of itself. The other says the same and this run's mark.
    comment: String,
}

/// A table beside another that is so old belongs to a run that was killed.
const LEFTOVER_SECONDS: u64 = 7 * 24 * 60 * 60;

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
        looked: Option<&Looked>,
    ) -> Result<StreamColumns, Attempt> {
        let stream = wanted.stream.clone();
        let database = preparation.database;
        if let Some(replacement) = self.find(&wanted.place) {
            return preparation
                .fit(&replacement.shadow, wanted, None, TableTraits::default())
                .await;
        }
        let Found {
            place,
            is_transient,
            comment,
            is_iceberg,
            ..
        } = preparation.find_or_create(&wanted, looked).await?;
        let target = Table::new(&stream, database, &place)?;
        if is_iceberg {
            return Err(cannot_be_exchanged(&stream, &target).into());
        }
        let cut: String = place.table.chars().take(200).collect();
        let beginning = format!("{cut}_SDC_OVERWRITE_");
        drop_leftovers(preparation.session, &stream, &target, &beginning).await?;
        let replacement = Replacement {
            shadow: TablePlace {
                schema: place.schema.clone(),
                table: format!("{beginning}{}", self.run.simple()),
            },
            target: place,
            comment: without_mark(&comment).to_owned(),
        };
        // Known before it exists, so that it is dropped whatever comes.
        self.lock().insert(wanted.place.clone(), replacement.clone());
        let shadow = Table::new(&stream, database, &replacement.shadow)?;
        let place = wanted.place.clone();
        let retention_days = preparation.settings.tables.retention_days;
        let create = table_statements::create_like(
            &shadow.name,
            &target.name,
            is_transient,
            retention_days.filter(|days| !is_transient || *days <= 1),
            &self.marked(&replacement.comment),
        );
        let prepared = make_shadow(preparation, wanted, (&create, &target), &replacement.shadow).await;
        if prepared.is_err() {
            // Begun again from the start on the next session.
            self.lock().remove(&place);
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
        self.confirm(session, stream, (&target, &shadow), &replacement.comment)
            .await?;
        log::info!("stream {stream:?}: replaced all rows of table {}", target.name);
        self.lock().remove(wanted);
        let comment = table_statements::comment_table(&target.name, &replacement.comment);
        if let Err(error) = super::attempt::execute(session, &comment).await {
            let code = error.code().unwrap_or("no answer");
            log::warn!("stream {stream:?}: refused with {code}, and not needed: {comment}");
        }
        let drop = table_statements::drop_table(&shadow.name);
        if let Err(Attempt::Refused(problem) | Attempt::Suspended(problem) | Attempt::Broken(problem)) =
            run(session, stream, "cannot drop the old rows", &drop).await
        {
            log::warn!("{}; table {} is left", problem.failure.message, shadow.name);
        }
        Ok(())
    }

    /// Looks whether the users' table has this run's rows. A request that had no answer is sent again; were the exchange
    /// done a second time, the table of the old name would have the new rows, and dropping it would lose them.
    async fn confirm(
        &self,
        session: &WorkSession,
        stream: &str,
        (target, shadow): (&Table, &Table),
        comment: &str,
    ) -> Result<(), Attempt> {
        let marked = self.marked(comment);
        if has_comment(session, stream, target, &marked).await? {
            return Ok(());
        }
        if has_comment(session, stream, shadow, &marked).await? {
            let drop = table_statements::drop_table(&shadow.name);
            run(session, stream, "cannot drop the new rows", &drop).await?;
        }
        let text = format!("table {} was exchanged and has its old rows all the same", target.name);
        Err(LoadProblem::of_stream(stream, text).with_hint("run again").into())
    }

    /// A table's comment with the mark of this run.
    fn marked(&self, comment: &str) -> String {
        format!("{}{MARK_BEGINS}{}{MARK_ENDS}", without_mark(comment), self.run.simple())
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

/// Makes the table of this run's rows as the stream wants it.
async fn make_shadow(
    preparation: &Preparation<'_>,
    wanted: StreamColumns,
    (create, model): (&str, &Table),
    place: &TablePlace,
) -> Result<StreamColumns, Attempt> {
    let doing = format!("cannot create a table like {}", model.name);
    run(preparation.session, &wanted.stream, &doing, create).await?;
    let traits = TableTraits {
        is_new_copy: true,
        is_iceberg: false,
    };
    preparation.fit(place, wanted, None, traits).await
}

fn cannot_be_exchanged(stream: &str, table: &Table) -> LoadProblem {
    let text = format!(
        "table {} is one of Apache Iceberg, which cannot be overwritten",
        table.name
    );
    LoadProblem::of_stream(stream, text).with_hint("set another `load_method` for this stream")
}

/// Whether the table is there and says this of itself.
async fn has_comment(session: &WorkSession, stream: &str, table: &Table, comment: &str) -> Result<bool, Attempt> {
    let name = table.name.name();
    let look = table_statements::show_tables(&table.schema_name(), name);
    let shown = run(session, stream, "cannot see whether all rows were replaced", &look).await?;
    let is_it = |row: Row<'_>| row.get("name") == Some(name.as_str()) && row.get("comment") == Some(comment);
    Ok(shown.rows().any(is_it))
}

const MARK_BEGINS: &str = " [target-snowflake: rows of run ";
const MARK_ENDS: &str = "]";

/// The comment without the mark of a run that was killed before it took it away.
fn without_mark(comment: &str) -> &str {
    let is_marked = comment.ends_with(MARK_ENDS);
    comment
        .rsplit_once(MARK_BEGINS)
        .filter(|_| is_marked)
        .map_or(comment, |(before, _)| before)
}

/// Drops what runs that were killed days ago left beside the table.
async fn drop_leftovers(session: &WorkSession, stream: &str, target: &Table, beginning: &str) -> Result<(), Attempt> {
    let look = table_statements::show_tables_beginning(&target.schema_name(), beginning);
    let shown = run(session, stream, "cannot look for left tables", &look).await?;
    let now = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .map_or(0, |time| time.as_secs());
    for name in shown.rows().filter_map(|row| row.get("name")) {
        if !is_leftover(name, beginning, now) {
            continue;
        }
        if let Ok(name) = Identifier::new(name) {
            let drop = table_statements::drop_table(&target.beside(name));
            run(session, stream, "cannot drop a left table", &drop).await?;
            log::info!("stream {stream:?}: {drop}");
        }
    }
    Ok(())
}

/// The number in the name says when its run began.
fn is_leftover(name: &str, beginning: &str, now_seconds: u64) -> bool {
    let number = name
        .strip_prefix(beginning)
        .and_then(|number| Uuid::try_parse(number).ok());
    let begun = number
        .and_then(|number| number.get_timestamp())
        .map(|time| time.to_unix().0);
    begun.is_some_and(|begun| begun.saturating_add(LEFTOVER_SECONDS) < now_seconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_is_taken_off_and_nothing_else() {
        let replacements = Replacements::new(Uuid::now_v7());
        for comment in ["", "Singer stream orders", "of [brackets]"] {
            assert_eq!(without_mark(comment), comment);
            assert_eq!(without_mark(&replacements.marked(comment)), comment);
            assert_eq!(
                replacements.marked(&replacements.marked(comment)),
                replacements.marked(comment)
            );
        }
    }

    #[test]
    fn only_old_tables_of_ours_are_left_over() {
        let name = format!("T_SDC_OVERWRITE_{}", Uuid::now_v7().simple());
        let is_old = |name: &str, now| is_leftover(name, "T_SDC_OVERWRITE_", now);
        assert!(is_old(&name, u64::MAX));
        assert!(!is_old(&name, 1_767_225_600), "begun later than that");
        assert!(!is_old("T_SDC_OVERWRITE_MINE", u64::MAX));
        assert!(!is_old(&format!("X{name}"), u64::MAX));
    }
}
