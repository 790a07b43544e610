//! Sessions for the lanes: made when first needed, used by one job at a time, thrown away when something went wrong.

use std::sync::{Mutex, MutexGuard, PoisonError};

use snowflake_client::{ClientConfig, ErrorKind, Session};
use tokio::sync::Notify;

use super::given_up::GivenUp;
use super::problem::LoadProblem;
use super::warehouse::WarehouseOptions;
use crate::config::setting_of;

/// Idle and busy sessions, and how to make one.
#[derive(Debug)]
pub(crate) struct SessionPool {
    config: ClientConfig,
    warehouse: WarehouseOptions,
    sessions: Mutex<Sessions>,
    /// Told when a session comes back or will not.
    came_back: Notify,
    /// Held while logging in, so that a wrong password is tried once and not once per lane: that could lock the user.
    log_in: tokio::sync::Mutex<LogIns>,
    given_up: GivenUp,
}

#[derive(Debug, Default)]
struct Sessions {
    idle: Vec<Session>,
    /// Only to be able to end them when a lane does not come back in time.
    busy: Vec<Session>,
}

#[derive(Debug, Default)]
struct LogIns {
    refused: Option<LoadProblem>,
    /// Once is enough: a warehouse that was made is there.
    has_tried_warehouse: bool,
    told_of_one_for_all: bool,
}

impl SessionPool {
    /// No session yet.
    pub(crate) fn new(config: ClientConfig, warehouse: WarehouseOptions) -> Self {
        Self {
            config,
            warehouse,
            sessions: Mutex::default(),
            came_back: Notify::new(),
            log_in: tokio::sync::Mutex::default(),
            given_up: GivenUp::new(),
        }
    }

    /// The word after which nobody logs in any more.
    pub(crate) fn given_up(&self) -> &GivenUp {
        &self.given_up
    }

    /// An idle session, or a new one. It must come back by [`give_back`](Self::give_back) or [`end`](Self::end).
    pub(crate) async fn take(&self) -> Result<Session, LoadProblem> {
        loop {
            let came_back = self.came_back.notified();
            if self.given_up.is_said() {
                return Err(LoadProblem::of_given_up_run());
            }
            if let Some(session) = self.take_idle() {
                return Ok(session);
            }
            let mut log_ins = self.log_in.lock().await;
            if let Some(problem) = &log_ins.refused {
                return Err(problem.clone());
            }
            if let Some(session) = self.take_idle() {
                return Ok(session);
            }
            if self.must_wait() {
                self.tell_of_one_for_all(&mut log_ins);
                drop(log_ins);
                tokio::select! {
                    () = came_back => {}
                    () = self.given_up.heard() => {}
                }
                continue;
            }
            // A log-in that has no answer by then leaves nothing that could be closed.
            return tokio::select! {
                biased;
                () = self.given_up.heard() => Err(LoadProblem::of_given_up_run()),
                session = self.log_in(&mut log_ins) => session,
            };
        }
    }

    async fn log_in(&self, log_ins: &mut LogIns) -> Result<Session, LoadProblem> {
        match Box::pin(Session::log_in(&self.config)).await {
            Ok(session) => {
                self.lock().busy.push(session.clone());
                Ok(session)
            }
            Err(error) => {
                if error.kind() == ErrorKind::Configuration
                    && !std::mem::replace(&mut log_ins.has_tried_warehouse, true)
                    && let Some(made) = Box::pin(self.warehouse.make(&self.config)).await
                {
                    return made
                        .inspect(|session| self.lock().busy.push(session.clone()))
                        .inspect_err(|problem| log_ins.refused = Some(problem.clone()));
                }
                let problem = LoadProblem::from_log_in(setting_of(&self.config.credentials), &error);
                if matches!(error.kind(), ErrorKind::Credentials | ErrorKind::Configuration) {
                    log_ins.refused = Some(problem.clone());
                }
                Err(problem)
            }
        }
    }

    /// Another log-in would need a person again, and there is a session that will come back.
    fn must_wait(&self) -> bool {
        !self.lock().busy.is_empty() && self.config.next_log_in_needs_a_person()
    }

    fn tell_of_one_for_all(&self, log_ins: &mut LogIns) {
        if !std::mem::replace(&mut log_ins.told_of_one_for_all, true) {
            log::info!(
                "one session loads everything, one stream after the other: `{}` serves one log-in, and the account gives \
                 no token for further ones (ALLOW_CLIENT_MFA_CACHING, ALLOW_ID_TOKEN)",
                setting_of(&self.config.credentials)
            );
        }
    }

    /// Takes back a session that is as good as new: no open transaction, nothing running.
    pub(crate) fn give_back(&self, session: Session) {
        self.forget(&session);
        self.lock().idle.push(session);
        self.came_back.notify_waiters();
    }

    /// Ends a session that will not come back. If the server hears it, an open transaction ends now and not when its lock
    /// has stood in the way.
    pub(crate) async fn end(&self, session: Session) {
        self.forget(&session);
        self.came_back.notify_waiters();
        Box::pin(session.close()).await;
    }

    fn forget(&self, session: &Session) {
        let id = session.session_info().session_id.as_str();
        self.lock().busy.retain(|busy| busy.session_info().session_id != id);
    }

    /// Ends all sessions.
    pub(crate) async fn close(&self) {
        let Sessions { idle, busy } = std::mem::take(&mut *self.lock());
        for session in busy.into_iter().chain(idle) {
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
