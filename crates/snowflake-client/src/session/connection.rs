//! What all clones of a session share: the server, the tokens, what runs. No flow here.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::Instant;

use tokio::task::AbortHandle;

use crate::call::{self, Endpoint, ServerReply};
use crate::error::{Error, ErrorKind};
use crate::session::SessionInfo;
use crate::session::log_in::LogIn;
use crate::session::running_statements::RunningStatements;
use crate::session::session_state::SessionState;
use crate::session::tokens::{TokenPair, Tokens};

pub(crate) struct Connection {
    pub(crate) endpoint: Endpoint,
    pub(crate) tokens: Tokens,
    pub(crate) information: SessionInfo,
    pub(crate) running: RunningStatements,
    pub(crate) state: SessionState,
    pub(crate) log_in: LogIn,
    pub(crate) parallel_uploads: usize,
    next_sequence_id: AtomicU64,
    last_call: Mutex<Instant>,
    is_closed: AtomicBool,
    heartbeat: OnceLock<AbortHandle>,
}

impl Connection {
    pub(crate) fn new(endpoint: Endpoint, log_in: LogIn, tokens: TokenPair, information: SessionInfo) -> Self {
        Connection {
            endpoint,
            tokens: Tokens::new(tokens),
            information,
            running: RunningStatements::default(),
            state: SessionState::default(),
            parallel_uploads: log_in.parallel_uploads(),
            log_in,
            next_sequence_id: AtomicU64::new(1),
            last_call: Mutex::new(Instant::now()),
            is_closed: AtomicBool::new(false),
            heartbeat: OnceLock::new(),
        }
    }

    pub(crate) fn next_sequence_id(&self) -> u64 {
        self.next_sequence_id.fetch_add(1, Ordering::Relaxed)
    }

    /// Remembers that the server heard of the session now.
    pub(crate) fn note_call(&self) {
        *self.last_call.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
    }

    pub(crate) fn last_call(&self) -> Instant {
        *self.last_call.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The task that keeps the session alive; it ends with the session.
    pub(crate) fn keep_heartbeat(&self, task: AbortHandle) {
        if let Err(superfluous) = self.heartbeat.set(task) {
            superfluous.abort();
        }
    }

    /// Refuses work on a session that was closed.
    pub(crate) fn check_open(&self) -> Result<(), Error> {
        if self.is_closed.load(Ordering::Acquire) {
            return Err(Error::new(ErrorKind::SessionLost, "the session is closed"));
        }
        Ok(())
    }

    /// Ends the session once; failures are of no consequence, the server forgets idle sessions by itself.
    pub(crate) async fn close(&self) {
        if self.is_closed.swap(true, Ordering::AcqRel) {
            return;
        }
        self.stop_heartbeat();
        let session = &self.information.session_id;
        match tokio::time::timeout(self.endpoint.time_limits.close, self.log_out()).await {
            Ok(Ok(())) => log::debug!("session {session} closed"),
            Ok(Err(failure)) => log::debug!("session {session} left open: {failure}"),
            Err(_) => log::debug!("session {session} left open: no reply in time"),
        }
    }

    /// An expired token closes nothing, so it is renewed first.
    async fn log_out(&self) -> Result<(), Error> {
        let token = self.tokens.session();
        let reply = match call::close(&self.endpoint, &token).await? {
            ServerReply::TokenExpired => {
                self.tokens.renew(&self.endpoint, &token).await?;
                call::close(&self.endpoint, &self.tokens.session()).await?
            }
            reply => reply,
        };
        match reply {
            ServerReply::Done(_) => Ok(()),
            ServerReply::Refused(refusal) => Err(refusal.of_statement("log-out")),
            ServerReply::TokenExpired | ServerReply::Running(_) => {
                Err(Error::protocol("log-out", "the server does not end the session"))
            }
        }
    }

    fn stop_heartbeat(&self) {
        if let Some(task) = self.heartbeat.get() {
            task.abort();
        }
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.stop_heartbeat();
    }
}
