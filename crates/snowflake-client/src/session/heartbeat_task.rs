//! Keeps an idle session alive: its master token dies four hours after the last call.
//! The task holds the session weakly, so it ends when the session is dropped.

use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use crate::call::{self, ServerReply};
use crate::session::connection::Connection;

/// Starts the task.
pub(crate) fn start(connection: &Arc<Connection>) {
    let task = tokio::spawn(run(
        Arc::downgrade(connection),
        connection.endpoint.time_limits.heartbeat,
    ));
    connection.keep_heartbeat(task.abort_handle());
}

async fn run(connection: Weak<Connection>, interval: Duration) {
    let mut wait = interval;
    loop {
        tokio::time::sleep(wait).await;
        let Some(connection) = connection.upgrade() else { return };
        let idle = Instant::now().saturating_duration_since(connection.last_call());
        if idle >= interval {
            beat(&connection).await;
            wait = interval;
        } else {
            wait = interval - idle;
        }
    }
}

/// Failures are told by the next statement, which can say what they mean for it.
async fn beat(connection: &Connection) {
    let token = connection.tokens.session();
    let outcome = match call::heartbeat(&connection.endpoint, &token).await {
        Ok(ServerReply::TokenExpired) => connection.tokens.renew(&connection.endpoint, &token).await,
        Ok(ServerReply::Refused(refusal)) => Err(refusal.of_statement("heartbeat")),
        Ok(ServerReply::Done(_) | ServerReply::Running(_)) => Ok(()),
        Err(failure) => Err(failure),
    };
    connection.note_call();
    match outcome {
        Ok(()) => log::debug!("heartbeat of session {}", connection.information.session_id),
        // The server's own words go to debug only: they may hold words that log watchers take for an alarm.
        Err(failure) => {
            log::warn!(
                "heartbeat of session {} not answered ({:?})",
                connection.information.session_id,
                failure.kind()
            );
            log::debug!("heartbeat: {failure}");
        }
    }
}
