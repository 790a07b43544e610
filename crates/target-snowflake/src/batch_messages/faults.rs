//! What the user reads when a file of a BATCH message cannot be read, kept or deleted.

use std::io;

use cloud_storage::ErrorKind;
use connector_process::{ExitCode, Failure};

use super::batch_records::BatchFileFault;
use super::place::BatchPlace;
use crate::messages::input_failure;

/// A file gives no records, or no more.
pub(super) fn faulty_file(line: u64, stream: &str, place: &BatchPlace, fault: BatchFileFault) -> Failure {
    let failed = |text: String| Failure::new(ExitCode::Failed, format!("line {line}: stream {stream:?}: {text}"));
    match fault {
        BatchFileFault::Unreadable(problem) => failed(format!("cannot read the BATCH file {place}: {problem}")),
        BatchFileFault::Storage(problem) => {
            let failure = failed(format!("cannot read a BATCH file: {problem}"));
            let code = match problem.kind() {
                ErrorKind::Credentials => ExitCode::Credentials,
                ErrorKind::Configuration => ExitCode::Usage,
                _ => ExitCode::Failed,
            };
            let failure = Failure { code, ..failure };
            match problem.hint() {
                Some(hint) => failure.with_hint(hint),
                None => failure,
            }
        }
        BatchFileFault::NoRoom(problem) => failed(format!("cannot keep a copy of the BATCH file {place}: {problem}"))
            .with_hint("make room, or set `temp_dir` to a directory that has it"),
        BatchFileFault::Content(text) => {
            input_failure(line, format!("stream {stream:?}: the BATCH file {place}: {text}"))
                .with_hint("run the tap again from the last STATE that was printed, so that it writes the file anew")
        }
    }
}

/// A message asks for what nobody can read.
pub(super) fn refused(line: u64, stream: &str, text: &str) -> Failure {
    input_failure(line, format!("stream {stream:?}: {text}")).with_hint(
        "set `batch_config` of the tap to the format jsonl, parquet or arrow with gzip or without compression, and to a \
         directory of this machine or to s3://, gs:// or azure://, or switch it off",
    )
}

/// Why a file is still there, in words for a warning.
#[derive(Debug, Clone, Copy)]
pub(super) struct NotDeleted(pub(super) &'static str);

impl From<io::ErrorKind> for NotDeleted {
    fn from(kind: io::ErrorKind) -> Self {
        Self(match kind {
            io::ErrorKind::NotFound => "it is gone already",
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => "it is not allowed",
            _ => "the disk refuses",
        })
    }
}

impl From<ErrorKind> for NotDeleted {
    fn from(kind: ErrorKind) -> Self {
        Self(match kind {
            ErrorKind::Credentials | ErrorKind::Denied => "it is not allowed",
            ErrorKind::Network => "the storage does not answer",
            _ => "the storage refuses",
        })
    }
}
