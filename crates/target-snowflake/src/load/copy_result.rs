//! Whether COPY loaded what was staged: every file there, LOADED, with as many rows as were written. Pure.
//! A COPY that finds nothing, or has loaded a name before, calls itself a success; here it is none.

use snowflake_client::ResultSet;

use crate::stream_buffer::Batch;

/// Why the rows in the batch table cannot be all rows of the batch. Names files and counts only.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum CopyProblem {
    /// COPY does not mention a staged file.
    #[error("COPY did not load the staged file {file}")]
    FileMissing { file: String },
    /// COPY mentions a file and did not load it, or not all of it.
    #[error("COPY loaded {loaded} of {written} rows of the staged file {file} (status {status}, {parsed} rows read)")]
    RowsMissing {
        file: String,
        status: String,
        written: u64,
        parsed: u64,
        loaded: u64,
    },
}

/// Compares COPY's answer with the batch.
pub(crate) fn check_copy(result: &ResultSet, batch: &Batch) -> Result<(), CopyProblem> {
    batch
        .files
        .iter()
        .try_for_each(|file| check_file(result, &file.name, file.row_count))
}

fn check_file(result: &ResultSet, name: &str, written: u64) -> Result<(), CopyProblem> {
    let is_it = |reported: &str| reported.rsplit('/').next() == Some(name);
    let row = result.rows().find(|row| row.get("file").is_some_and(is_it));
    let row = row.ok_or_else(|| CopyProblem::FileMissing { file: name.to_owned() })?;
    let count = |column: &str| row.get(column).and_then(|text| text.parse::<u64>().ok()).unwrap_or(0);
    let status = row.get("status").unwrap_or("unknown");
    let (parsed, loaded) = (count("rows_parsed"), count("rows_loaded"));
    if status.eq_ignore_ascii_case("LOADED") && parsed == written && loaded == written {
        return Ok(());
    }
    Err(CopyProblem::RowsMissing {
        file: name.to_owned(),
        status: status.to_owned(),
        written,
        parsed,
        loaded,
    })
}

#[cfg(test)]
mod tests;
