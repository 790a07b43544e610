//! A reply with `success: false`, turned into an [`Error`]: which kind a code is.

use crate::error::hint::hint_for;
use crate::error::server_message::presentable;
use crate::error::{Error, ErrorKind};

/// What the server said no to, and how.
#[derive(Debug, Clone, Default)]
pub(crate) struct Refusal {
    pub(crate) code: Option<String>,
    pub(crate) message: Option<String>,
    pub(crate) sql_state: Option<String>,
    pub(crate) query_id: Option<String>,
}

impl Refusal {
    /// A log-in was refused.
    pub(crate) fn of_log_in(self) -> Error {
        let kind = match self.code.as_deref() {
            // Role, and database, schema or warehouse of the settings.
            Some("390189" | "390201") => ErrorKind::Configuration,
            // All other reasons to refuse a user are numbered 39xxxx.
            Some(code) if code.starts_with("39") => ErrorKind::Credentials,
            _ => ErrorKind::Protocol,
        };
        self.into_error(kind, "log-in refused")
    }

    /// A statement, or what serves one, was refused. `doing` names the statement by its first words.
    pub(crate) fn of_statement(self, doing: &str) -> Error {
        let code = self.code.as_deref();
        let kind = if code.is_some_and(is_session_lost) {
            ErrorKind::SessionLost
        } else if code == Some("000604") || self.sql_state.as_deref() == Some("57014") {
            ErrorKind::Cancelled
        } else {
            ErrorKind::Statement
        };
        self.into_error(kind, &format!("{doing} refused"))
    }

    fn into_error(self, kind: ErrorKind, doing: &str) -> Error {
        let message = presentable(
            self.code.as_deref(),
            self.message.as_deref().unwrap_or("no reason given"),
        );
        let hint = self.code.as_deref().and_then(hint_for);
        let failure =
            Error::new(kind, format!("{doing}: {message}")).with_numbers(self.code, self.sql_state, self.query_id);
        match hint {
            Some(hint) => failure.with_hint(hint),
            None => failure,
        }
    }
}

/// The session cannot be renewed: gone, or its master token is unknown, expired or invalid.
pub(crate) fn is_session_lost(code: &str) -> bool {
    matches!(code, "390104" | "390111" | "390112" | "390113" | "390114" | "390115")
}
