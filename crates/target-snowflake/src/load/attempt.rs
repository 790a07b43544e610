//! How one try at something in Snowflake ends, and statements run with that in mind. What is tried is elsewhere.

use snowflake_client::{Error, ErrorKind, ResultSet};

use super::commit_fate::TransactionId;
use super::problem::LoadProblem;
use super::warehouse::SUSPENDED_CODE;
use super::work_session::WorkSession;

/// How an attempt failed.
#[derive(Debug)]
pub(crate) enum Attempt {
    /// The server refused; again would be the same.
    Refused(LoadProblem),
    /// The warehouse is suspended: the statement did not begin.
    Suspended(LoadProblem),
    /// The connection or session broke, and doing it all again on a new session is right.
    Broken(LoadProblem),
    /// The connection or session broke at COMMIT, and doing it all again is wrong when that happened.
    Undecided {
        /// What to tell when it cannot be found out.
        problem: LoadProblem,
        /// Snowflake's number of the transaction, if it gave one.
        transaction: Option<TransactionId>,
    },
    /// The run was given up meanwhile.
    GivenUp,
}

impl Attempt {
    /// Decides by the client's error.
    pub(crate) fn failed(stream: &str, doing: &str, error: &Error) -> Self {
        let problem = LoadProblem::from_client(stream, doing, error);
        if is_broken(error) {
            Self::Broken(problem)
        } else if error.code() == Some(SUSPENDED_CODE) {
            Self::Suspended(problem)
        } else {
            Self::Refused(problem)
        }
    }
}

impl Attempt {
    /// The same for the user's own storage.
    pub(crate) fn of_storage(stream: &str, doing: &str, error: &cloud_storage::Error) -> Self {
        let problem = LoadProblem::of_storage(doing, error).of_one_stream(stream);
        if error.kind() == cloud_storage::ErrorKind::Network {
            Self::Broken(problem)
        } else {
            Self::Refused(problem)
        }
    }
}

impl From<LoadProblem> for Attempt {
    fn from(problem: LoadProblem) -> Self {
        Self::Refused(problem)
    }
}

/// True when the connection or session is at fault and not the statement.
pub(crate) fn is_broken(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::Network | ErrorKind::SessionLost)
}

/// Runs a statement to its end.
pub(crate) async fn execute(session: &WorkSession, sql: &str) -> Result<ResultSet, Error> {
    execute_shown_as(session, sql, sql).await
}

/// The same for a statement that may hold a secret: `shown` stands for it in the log.
pub(crate) async fn execute_shown_as(session: &WorkSession, sql: &str, shown: &str) -> Result<ResultSet, Error> {
    log::debug!("statement: {shown}");
    Box::pin(session.execute(sql, session.options())).await
}

/// Runs a statement of which only success counts; `doing` becomes the beginning of the message when it fails.
pub(crate) async fn run(session: &WorkSession, stream: &str, doing: &str, sql: &str) -> Result<ResultSet, Attempt> {
    execute(session, sql)
        .await
        .map_err(|error| Attempt::failed(stream, doing, &error))
}
