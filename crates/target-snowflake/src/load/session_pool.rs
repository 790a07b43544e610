//! Sessions for the lanes: made when first needed, used by one job at a time, thrown away when something went wrong.

use std::sync::{Mutex, MutexGuard, PoisonError};

use snowflake_client::{ClientConfig, ErrorKind, Session};

use super::problem::LoadProblem;
use crate::config::setting_of;

/// Idle and busy sessions, and how to make one.
#[derive(Debug)]
pub(crate) struct SessionPool {
    config: ClientConfig,
    sessions: Mutex<Sessions>,
    /// Held while logging in, so that a wrong password is tried once and not once per lane: that could lock the user.
    refused: tokio::sync::Mutex<Option<LoadProblem>>,
}

#[derive(Debug, Default)]
struct Sessions {
    idle: Vec<Session>,
    /// Only to be able to end them when the run is given up.
    busy: Vec<Session>,
}

impl SessionPool {
    /// No session yet.
    pub(crate) fn new(config: ClientConfig) -> Self {
        Self {
            config,
            sessions: Mutex::default(),
            refused: tokio::sync::Mutex::new(None),
        }
    }

    /// An idle session, or a new one. It must come back by [`give_back`](Self::give_back) or [`forget`](Self::forget).
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
        match Box::pin(Session::log_in(&self.config)).await {
            Ok(session) => {
                self.lock().busy.push(session.clone());
                Ok(session)
            }
            Err(error) => {
                let problem = LoadProblem::from_log_in(setting_of(&self.config.credentials), &error);
                if matches!(error.kind(), ErrorKind::Credentials | ErrorKind::Configuration) {
                    *refused = Some(problem.clone());
                }
                Err(problem)
            }
        }
    }

    /// Takes back a session that is as good as new: no open transaction, nothing running.
    pub(crate) fn give_back(&self, session: Session) {
        self.forget(&session);
        self.lock().idle.push(session);
    }

    /// The session will not come back.
    pub(crate) fn forget(&self, session: &Session) {
        let id = session.session_info().session_id.as_str();
        self.lock().busy.retain(|busy| busy.session_info().session_id != id);
    }

    /// Ends all sessions. Busy ones are those of a run that was given up: what they do is cancelled and rolled back.
    pub(crate) async fn close(&self) {
        let Sessions { idle, busy } = std::mem::take(&mut *self.lock());
        for session in busy {
            Box::pin(session.cancel_running()).await;
            Box::pin(session.close()).await;
        }
        for session in idle {
            Box::pin(session.close()).await;
        }
    }

    /// An idle session, if there is one. It must come back as from [`take`](Self::take).
    pub(crate) fn take_idle(&self) -> Option<Session> {
        let mut sessions = self.lock();
        let session = sessions.idle.pop()?;
        sessions.busy.push(session.clone());
        Some(session)
    }

    fn lock(&self) -> MutexGuard<'_, Sessions> {
        // Lists of sessions are whole whatever happened to the thread that held them.
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
