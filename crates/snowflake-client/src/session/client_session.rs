//! The session that callers hold. Cheap to clone; clones are the same session.

use std::sync::Arc;

use crate::config::ClientConfig;
use crate::error::{Error, ErrorKind};
use crate::result_set::ResultSet;
use crate::session::SessionInfo;
use crate::sql::StageLocation;
use crate::statement_options::StatementOptions;
use crate::upload::{UploadFile, UploadedFile};

/// A logged-in session. Clones share it; dropping the last one stops the heartbeat but does not log out: [`Session::close`] does.
#[derive(Debug, Clone)]
pub struct Session(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    information: SessionInfo,
}

impl Session {
    /// Logs in.
    ///
    /// # Errors
    /// `Configuration` for settings that cannot be right or name unknown objects, `Credentials` when refused, `Network`.
    pub async fn log_in(config: &ClientConfig) -> Result<Session, Error> {
        Err(Error::new(
            ErrorKind::Unsupported,
            format!("cannot log in as {} yet", config.user),
        ))
    }

    /// Runs one statement to its end, however long that takes, and reads its whole result.
    ///
    /// A lost reply is asked for again under the same request id, so the statement runs once.
    ///
    /// # Errors
    /// `Statement`, `Cancelled`, `SessionLost`, `Network`, `Protocol`.
    pub async fn execute(&self, sql: &str, options: &StatementOptions) -> Result<ResultSet, Error> {
        let _ = (sql, options);
        Err(Error::new(ErrorKind::Unsupported, "cannot run statements yet"))
    }

    /// Puts files onto a stage, several at a time, encrypted if the stage wants it. Existing ones are replaced.
    ///
    /// # Errors
    /// As [`Session::execute`], and `Storage`, `LocalFile`, `Unsupported`. The first failure ends the upload; files
    /// already there stay.
    pub async fn upload(&self, stage: &StageLocation, files: &[UploadFile]) -> Result<Vec<UploadedFile>, Error> {
        let _ = (stage, files);
        Err(Error::new(ErrorKind::Unsupported, "cannot upload yet"))
    }

    /// Asks the server to stop every statement that this session runs; the callers get `Cancelled`.
    pub async fn cancel_running(&self) {}

    /// Logs out: rolls back what is open, drops temporary objects. Takes 5 s at most; failures are only logged.
    pub async fn close(&self) {}

    /// What the server said at log-in.
    pub fn session_info(&self) -> &SessionInfo {
        &self.0.information
    }
}
