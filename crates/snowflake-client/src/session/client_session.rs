//! The session that callers hold. Cheap to clone; clones are the same session. Only hands over to the flows.

use std::fmt;
use std::sync::Arc;

use crate::config::ClientConfig;
use crate::error::Error;
use crate::result_set::ResultSet;
use crate::session::{Connection, SessionInfo, log_in};
use crate::sql::StageLocation;
use crate::statement_options::StatementOptions;
use crate::upload::{UploadFile, UploadedFile};

/// A logged-in session. Clones share it; dropping the last one stops the heartbeat but does not log out: [`Session::close`] does.
#[derive(Clone)]
pub struct Session(Arc<Connection>);

impl Session {
    /// Logs in.
    ///
    /// # Errors
    /// `Configuration` for settings that cannot be right or name unknown objects, `Credentials` when refused, `Network`.
    pub async fn log_in(config: &ClientConfig) -> Result<Session, Error> {
        log_in::log_in(config).await.map(Session)
    }

    /// Runs one statement to its end, however long that takes, and reads its whole result.
    ///
    /// A lost reply is asked for again under the same request id, so the statement runs once.
    ///
    /// # Errors
    /// `Statement`, `Cancelled`, `SessionLost`, `Network`, `Protocol`.
    pub async fn execute(&self, sql: &str, options: &StatementOptions) -> Result<ResultSet, Error> {
        let finished = self.0.run(sql, options).await?;
        self.0.read_result(&finished).await
    }

    /// Puts files onto a stage, several at a time, encrypted if the stage wants it. Existing ones are replaced.
    ///
    /// # Errors
    /// As [`Session::execute`], and `Storage`, `LocalFile`, `Unsupported`. The first failure ends the upload; files
    /// already there stay.
    pub async fn upload(&self, stage: &StageLocation, files: &[UploadFile]) -> Result<Vec<UploadedFile>, Error> {
        crate::upload::upload(&self.0, stage, files).await
    }

    /// Asks the server to stop every statement that this session runs; the callers get `Cancelled`.
    ///
    /// Also stops statements whose callers no longer wait for them. Takes [`TimeLimits::cancel`](crate::TimeLimits) at most.
    pub async fn cancel_running(&self) {
        self.0.cancel_all().await;
    }

    /// Logs out: rolls back what is open, drops temporary objects. Takes 5 s at most; failures are only logged.
    pub async fn close(&self) {
        self.0.close().await;
    }

    /// What the server said at log-in.
    pub fn session_info(&self) -> &SessionInfo {
        &self.0.information
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Session({})", self.0.information.session_id)
    }
}
