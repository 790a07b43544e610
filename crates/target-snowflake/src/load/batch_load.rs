//! One attempt to load one batch on one session: stage, temporary table, transaction, clean-up.

use snowflake_client::{Error, Identifier, StageLocation};
use uuid::Uuid;

use super::attempt::{Attempt, execute, is_broken, run};
use super::batch_statements::BatchStatements;
use super::copy_result::check_copy;
use super::problem::LoadProblem;
use super::stage::{remove, upload_files};
use super::table_name::Table;
use super::version_statements::remove_deleted;
use super::work_session::WorkSession;
use crate::config::NullKeys;
use crate::stream_buffer::Batch;

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

/// Loads the batch. When this returns `Ok` it is committed.
pub(crate) async fn load_batch(
    session: &WorkSession,
    table: &Table,
    place: &StageLocation,
    batch: &Batch,
    way: Way,
    hard_delete: bool,
) -> Result<(), Attempt> {
    let stream = batch.columns.stream.as_str();
    let named = |problem| LoadProblem::from_name(stream, "column", problem);
    let batch_name = format!("_SDC_BATCH_{}", Uuid::now_v7().simple()).to_uppercase();
    let batch_table = table.beside(Identifier::new(batch_name).map_err(named)?);
    let statements = BatchStatements::new(&table.name, &batch_table, &batch.columns).map_err(named)?;
    let files: Vec<&str> = batch.files.iter().map(|file| file.name.as_str()).collect();
    let load = match way {
        Way::Merge(null_keys) => statements.merge(null_keys),
        Way::Insert => statements.insert(),
    };

    let uploaded = Box::pin(session.upload(place, &upload_files(batch))).await;
    uploaded.map_err(|error| Attempt::failed(stream, "cannot stage a batch", &error))?;
    // DDL commits what is open, so it comes before BEGIN. A transaction for a single MERGE, because a server finishes the
    // statement of a client that is gone: without COMMIT, what a killed process left running can never reach the table
    // after, or beside, the run that repeats it. It may hold the table's lock until the server gives it up.
    run(
        session,
        stream,
        "cannot create a temporary table",
        &statements.create_batch_table(),
    )
    .await?;
    run(session, stream, "cannot begin a transaction", "BEGIN").await?;
    let copied = run(session, stream, "cannot copy a batch", &statements.copy(place, &files)).await?;
    check_copy(&copied, batch).map_err(|problem| LoadProblem::of_stream(stream, problem.to_string()))?;
    run(
        session,
        stream,
        &format!("cannot load a batch into {}", table.name),
        &load,
    )
    .await?;
    let removal = if hard_delete {
        remove_deleted(&table.name, &batch.columns).map_err(named)?
    } else {
        None
    };
    if let Some(removal) = removal {
        run(session, stream, "cannot remove deleted rows", &removal).await?;
    }
    execute(session, "COMMIT")
        .await
        .map_err(|error| commit_failed(stream, &error, way))?;

    // The batch is durable: nothing may fail it any more.
    for statement in [statements.drop_batch_table(), remove(place)] {
        if let Err(error) = execute(session, &statement).await {
            log::warn!("stream {stream:?}: cannot clean up after a batch: {error}");
        }
    }
    Ok(())
}

/// Rolls back and clears the stage after a failure, as far as that can be done.
pub(crate) async fn abandon(session: &WorkSession, place: &StageLocation) {
    for statement in ["ROLLBACK".to_owned(), remove(place)] {
        if let Err(error) = execute(session, &statement).await {
            log::warn!("cannot clean up after a failed batch, files may be left in {place}: {error}");
            break;
        }
    }
}

/// A COMMIT without an answer may have happened. The client has already asked again under the same request id, so what
/// is left is a lost session. Merging again gives the same table; inserting again could double every row.
fn commit_failed(stream: &str, error: &Error, way: Way) -> Attempt {
    if way.is_repeatable() || !is_broken(error) {
        return Attempt::failed(stream, "cannot commit a batch", error);
    }
    let problem = LoadProblem::from_client(stream, "it is unknown whether a batch was committed", error);
    Attempt::Refused(problem.with_hint(
        "this stream's rows are added and not merged, so they were not sent again; look whether the table has the \
         newest rows before running again from the last STATE",
    ))
}
