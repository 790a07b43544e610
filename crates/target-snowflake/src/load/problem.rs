//! A client's error as a failure for the user: which stream, doing what, which exit code, what next.

use connector_process::{ExitCode, Failure};
use snowflake_client::{Error, ErrorKind, IdentifierProblem};

/// Why a job failed.
#[derive(Debug, Clone)]
pub(crate) struct LoadProblem {
    /// For the user.
    pub(crate) failure: Failure,
    /// True when no other stream can do better: the log-in was refused, or a setting is wrong.
    pub(crate) ends_all: bool,
}

impl LoadProblem {
    /// A problem of one stream.
    pub(crate) fn of_stream(stream: &str, message: impl Into<String>) -> Self {
        let failure = Failure::new(ExitCode::Failed, message).in_context(format_args!("stream {stream:?}"));
        Self {
            failure,
            ends_all: false,
        }
    }

    /// The same with a hint.
    pub(crate) fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.failure = self.failure.with_hint(hint);
        self
    }

    /// A client's error while `doing` something for a stream.
    pub(crate) fn from_client(stream: &str, doing: &str, error: &Error) -> Self {
        let failure = failure(doing, error);
        Self {
            failure: failure.in_context(format_args!("stream {stream:?}")),
            ends_all: false,
        }
    }

    /// A refused or impossible log-in with the credentials of that setting.
    pub(crate) fn from_log_in(setting: &str, error: &Error) -> Self {
        Self::of_all(&format!("cannot log in to Snowflake with `{setting}`"), error)
    }

    /// A client's error that no stream gets by.
    pub(crate) fn of_all(doing: &str, error: &Error) -> Self {
        Self {
            failure: failure(doing, error),
            ends_all: true,
        }
    }

    /// The user's own SQL failed. The statement is told by its number: it may hold a secret.
    pub(crate) fn from_user_sql(setting: &str, number: usize, error: &Error) -> Self {
        Self::of_all(&format!("`{setting}`: statement {number}"), error)
    }

    /// A job that was left where it was, because the run was given up. Nobody is told: the run says why.
    pub(crate) fn of_given_up_run() -> Self {
        Self {
            failure: Failure::new(ExitCode::Failed, "the run was given up"),
            ends_all: true,
        }
    }

    /// A setting turned out to be wrong.
    pub(crate) fn of_setting(setting: &str, text: impl AsRef<str>) -> Self {
        Self {
            failure: Failure::new(ExitCode::Usage, format!("setting `{setting}`: {}", text.as_ref())),
            ends_all: true,
        }
    }

    /// The user's own storage cannot be used. Only what passes by itself is one stream's problem.
    pub(crate) fn of_storage(doing: &str, error: &cloud_storage::Error) -> Self {
        use cloud_storage::ErrorKind as Kind;
        let code = match error.kind() {
            Kind::Credentials => ExitCode::Credentials,
            Kind::Configuration => ExitCode::Usage,
            _ => ExitCode::Failed,
        };
        let failure = Failure::new(code, format!("{doing}: {error}"));
        let failure = match error.hint() {
            Some(hint) => failure.with_hint(hint),
            None if error.kind() == Kind::Network => {
                failure.with_hint("check the network, then run again: loading goes on from the last STATE")
            }
            None => failure,
        };
        Self {
            failure,
            ends_all: matches!(error.kind(), Kind::Credentials | Kind::Configuration | Kind::Denied),
        }
    }

    /// The same, met while a stream was loaded.
    pub(crate) fn of_one_stream(mut self, stream: &str) -> Self {
        self.failure = self.failure.in_context(format_args!("stream {stream:?}"));
        self
    }

    /// A name that cannot be one.
    pub(crate) fn from_name(stream: &str, what: &str, problem: IdentifierProblem) -> Self {
        Self::of_stream(stream, format!("{what}: {problem}"))
    }
}

fn failure(doing: &str, error: &Error) -> Failure {
    let code = match error.kind() {
        ErrorKind::Credentials => ExitCode::Credentials,
        ErrorKind::Configuration => ExitCode::Usage,
        _ => ExitCode::Failed,
    };
    let failure = Failure::new(code, format!("{doing}: {error}"));
    match (error.hint(), error.kind()) {
        (Some(hint), _) => failure.with_hint(hint),
        (None, ErrorKind::Network) => {
            failure.with_hint("check the network and `account`, then run again: loading goes on from the last STATE")
        }
        (None, _) => failure,
    }
}
