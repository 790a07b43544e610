//! One attempt to load one batch on one session: stage, temporary table, transaction. Not for what comes after COMMIT.

use snowflake_client::{Error, Identifier};
use uuid::Uuid;

use super::attempt::{Attempt, execute, execute_shown_as, is_broken, run};
use super::batch_statements::BatchStatements;
use super::commit_fate::TransactionId;
use super::copy_result::check_copy;
use super::given_up::GivenUp;
use super::problem::LoadProblem;
use super::staging::StagePlace;
use super::table_name::Table;
use super::version_statements::remove_deleted;
use super::work_session::WorkSession;
use crate::columns::StreamColumns;
use crate::config::NullKeys;
use crate::stream_buffer::Batch;

/// Snowflake recommends statements of 1 MB at most. Longer ones run, but it keeps only their beginning
/// (user guide, "Limits on query text size").
const RECOMMENDED_STATEMENT_BYTES: usize = 1_000_000;

/// What there is to say of a table so wide that the statement which loads it is longer than recommended.
pub(crate) fn long_statement(table: &Table, columns: &StreamColumns) -> Result<Option<String>, LoadProblem> {
    let named = |problem| LoadProblem::from_name(&columns.stream, "column", problem);
    let statements = BatchStatements::new(&table.name, &table.name, columns, &[]).map_err(named)?;
    let size_bytes = match columns.key_columns.is_empty() {
        true => statements.insert().len(),
        false => statements.merge(NullKeys::Match).len(),
    };
    Ok((size_bytes > RECOMMENDED_STATEMENT_BYTES).then(|| {
        format!(
            "{} columns make a statement of {size_bytes} bytes, and Snowflake recommends 1 MB at most: deselect properties in \
             the tap, or load the stream whole with `load_as_variant`",
            columns.columns.len()
        )
    }))
}

/// How rows get from the batch into the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    /// By key.
    Merge(NullKeys),
    /// All added.
    Insert,
}

impl Way {
    /// Whether the same rows again make the same table.
    fn is_repeatable(self) -> bool {
        matches!(self, Self::Merge(NullKeys::Fail | NullKeys::Match))
    }
}

/// What is loaded where, and how.
pub(crate) struct BatchLoad<'a> {
    pub(crate) session: &'a WorkSession,
    pub(crate) table: &'a Table,
    /// Where the batch's files are staged.
    pub(crate) place: &'a StagePlace<'a>,
    pub(crate) batch: &'a Batch,
    pub(crate) way: Way,
    pub(crate) hard_delete: bool,
}

impl BatchLoad<'_> {
    /// Loads the batch. When this returns `Ok` it is committed; the statement it gives drops the temporary table. What a
    /// rollback undoes is left where it is when the run is given up; COMMIT is not, because a STATE may hang on it.
    pub(crate) async fn run(&self, given_up: &GivenUp) -> Result<String, Attempt> {
        let named = |problem| LoadProblem::from_name(self.stream(), "column", problem);
        let batch_name = format!("_SDC_BATCH_{}", Uuid::now_v7().simple()).to_uppercase();
        let batch_table = self.table.beside(Identifier::new(batch_name).map_err(named)?);
        let statements = BatchStatements::new(
            &self.table.name,
            &batch_table,
            &self.batch.columns,
            &self.batch.values_of_batch,
        )
        .map_err(named)?;
        let transaction = given_up.unless(self.fill(&statements)).await?;
        let committed = execute(self.session, "COMMIT").await;
        committed.map_err(|error| self.commit_failed(&error, transaction))?;
        Ok(statements.drop_batch_table())
    }

    /// Everything before COMMIT. Gives the transaction's number where COMMIT must not happen twice.
    async fn fill(&self, statements: &BatchStatements<'_>) -> Result<Option<TransactionId>, Attempt> {
        let (session, stream, batch) = (self.session, self.stream(), self.batch);
        self.place
            .upload(session, batch.files.iter().map(AsRef::as_ref))
            .await?;
        // DDL commits what is open, so it comes before BEGIN. A transaction for a single MERGE, because a server finishes
        // the statement of a client that is gone: without COMMIT, what a killed process left running can never reach the
        // table after, or beside, the run that repeats it. It may hold the table's lock until the server gives it up.
        let create = statements.create_batch_table();
        run(session, stream, "cannot create a temporary table", &create).await?;
        run(session, stream, "cannot begin a transaction", "BEGIN").await?;
        let transaction = if self.way.is_repeatable() {
            None
        } else {
            let asked = TransactionId::of_open(session).await;
            asked.map_err(|error| Attempt::failed(stream, "cannot begin a transaction", &error))?
        };
        let files: Vec<&str> = batch.files.iter().map(|file| file.name.as_str()).collect();
        let (source, compression) = (self.place.source(), batch.compression());
        let copy = statements.copy(source.text(), &files, compression);
        let shown = statements.copy(source.shown(), &files, compression);
        let copied = execute_shown_as(session, &copy, &shown).await;
        let copied = copied.map_err(|error| Attempt::failed(stream, "cannot copy a batch", &error))?;
        check_copy(&copied, batch).map_err(|problem| LoadProblem::of_stream(stream, problem.to_string()))?;
        let load = match self.way {
            Way::Merge(null_keys) => statements.merge(null_keys),
            Way::Insert => statements.insert(),
        };
        let doing = format!("cannot load a batch into {}", self.table.name);
        run(session, stream, &doing, &load).await?;
        self.remove_deleted().await?;
        Ok(transaction)
    }

    async fn remove_deleted(&self) -> Result<(), Attempt> {
        if !self.hard_delete {
            return Ok(());
        }
        let removal = remove_deleted(&self.table.name, &self.batch.columns);
        let removal = removal.map_err(|problem| LoadProblem::from_name(self.stream(), "column", problem))?;
        if let Some(removal) = removal {
            run(self.session, self.stream(), "cannot remove deleted rows", &removal).await?;
        }
        Ok(())
    }

    fn stream(&self) -> &str {
        self.batch.columns.stream.as_str()
    }

    /// A COMMIT without an answer may have happened. The client has already asked again under the same request id, so
    /// what is left is a lost session. Merging again gives the same table; inserting again could double every row.
    fn commit_failed(&self, error: &Error, transaction: Option<TransactionId>) -> Attempt {
        if self.way.is_repeatable() || !is_broken(error) {
            return Attempt::failed(self.stream(), "cannot commit a batch", error);
        }
        let problem = LoadProblem::from_client(self.stream(), "it is unknown whether a batch was committed", error);
        Attempt::Undecided {
            transaction,
            problem: problem.with_hint(
                "this stream's rows are added and not merged, so they were not sent again; look whether the table has \
                 the newest rows before running again from the last STATE",
            ),
        }
    }
}

/// Rolls back after a failure, as far as that can be done; false when the session is of no use any more.
pub(crate) async fn roll_back(session: &WorkSession) -> bool {
    let rolled_back = execute(session, "ROLLBACK").await;
    if let Err(error) = &rolled_back {
        log::warn!("cannot clean up after a failed batch: {error}");
    }
    rolled_back.is_ok()
}

#[cfg(test)]
mod tests {
    use serde_json::{Map, Value, json};

    use super::*;
    use crate::columns::{ColumnSettings, TablePlace};

    #[test]
    fn of_a_very_wide_table_there_is_something_to_say() {
        let warning = |count: usize| {
            let properties: Map<String, Value> = (0..count)
                .map(|number| (format!("{number:x>250}"), json!({ "type": "integer" })))
                .collect();
            let schema = json!({ "properties": properties });
            let columns = StreamColumns::from_schema("wide", &schema, &[], &ColumnSettings::default()).unwrap();
            let place = TablePlace {
                schema: "SC".to_owned(),
                table: "T".to_owned(),
            };
            long_statement(&Table::new("wide", "DB", &place).unwrap(), &columns).unwrap()
        };
        assert_eq!(warning(300), None);
        let warning = warning(4_000).unwrap();
        assert!(
            warning.starts_with("4007 columns make a statement of 1194432 bytes"),
            "{warning}"
        );
    }
}
