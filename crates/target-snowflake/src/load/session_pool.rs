//! Sessions for the lanes: made when first needed, used by one job at a time, thrown away when something went wrong.

use snowflake_client::{ClientConfig, ErrorKind, Session};
use tokio::sync::Mutex;

use super::problem::LoadProblem;

/// Idle sessions, and how to make one.
#[derive(Debug)]
pub(crate) struct SessionPool {
    config: ClientConfig,
    idle: std::sync::Mutex<Vec<Session>>,
    /// Held while logging in, so that a wrong password is tried once and not once per lane: that could lock the user.
    refused: Mutex<Option<LoadProblem>>,
}

impl SessionPool {
    /// No session yet.
    pub(crate) fn new(config: ClientConfig) -> Self {
        Self {
            config,
            idle: std::sync::Mutex::new(Vec::new()),
            refused: Mutex::new(None),
        }
    }

    /// An idle session, or a new one.
    pub(crate) async fn take(&self) -> Result<Session, LoadProblem> {
        if let Some(session) = self.take_idle() {
            return Ok(session);
        }
        let mut refused = self.refused.lock().await;
        if let Some(problem) = refused.as_ref() {
            return Err(problem.clone());
        }
        if let Some(session) = self.take_idle() {
            return Ok(session);
        }
        let outcome = Box::pin(Session::log_in(&self.config)).await;
        outcome.map_err(|error| {
            let problem = LoadProblem::from_log_in(&error);
            if matches!(error.kind(), ErrorKind::Credentials | ErrorKind::Configuration) {
                *refused = Some(problem.clone());
            }
            problem
        })
    }

    /// Takes back a session that is as good as new: no open transaction, nothing running.
    pub(crate) fn give_back(&self, session: Session) {
        self.lock_idle().push(session);
    }

    /// Ends all idle sessions.
    pub(crate) async fn close(&self) {
        while let Some(session) = self.take_idle() {
            Box::pin(session.close()).await;
        }
    }

    fn take_idle(&self) -> Option<Session> {
        self.lock_idle().pop()
    }

    fn lock_idle(&self) -> std::sync::MutexGuard<'_, Vec<Session>> {
        // A list of sessions is whole whatever happened to the thread that held it.
        self.idle.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}
