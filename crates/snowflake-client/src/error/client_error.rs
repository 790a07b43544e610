//! The one error type of the crate. Holds no statement text, no token, no signed URL.

use std::fmt;

use http_retry::RetryError;

/// What the caller can do about an [`Error`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A setting is wrong or names something that does not exist: change it.
    Configuration,
    /// The log-in was refused: change the credentials.
    Credentials,
    /// The server refused a statement: [`Error::code`] says why.
    Statement,
    /// No usable reply in all attempts: try again later.
    Network,
    /// A reply that is not understood: a fault of this program or of something between it and Snowflake.
    Protocol,
    /// The statement was cancelled, by us, by a time limit or by an administrator.
    Cancelled,
    /// The session is gone, and with it the open transaction and temporary tables: log in anew, begin the batch anew.
    SessionLost,
    /// The storage behind the stage refused a file.
    Storage,
    /// A local file cannot be read or changed while it was sent.
    LocalFile,
    /// The server asks for something this version cannot do.
    Unsupported,
}

/// Why a call failed. Display is one line, with Snowflake's code, SQL state and query id when there are any.
pub struct Error(Box<Details>);

struct Details {
    kind: ErrorKind,
    what: String,
    code: Option<String>,
    sql_state: Option<String>,
    query_id: Option<String>,
    hint: Option<String>,
}

impl Error {
    pub(crate) fn new(kind: ErrorKind, what: impl Into<String>) -> Self {
        Error(Box::new(Details {
            kind,
            what: what.into(),
            code: None,
            sql_state: None,
            query_id: None,
            hint: None,
        }))
    }

    /// No usable reply: the retry line already says what was tried.
    pub(crate) fn network(doing: &str, cause: &RetryError) -> Self {
        Error::new(ErrorKind::Network, format!("{doing}: {cause}"))
    }

    /// A reply that is not what the protocol says. `problem` must not quote the reply.
    pub(crate) fn protocol(doing: &str, problem: &str) -> Self {
        Error::new(ErrorKind::Protocol, format!("{doing}: {problem}"))
    }

    pub(crate) fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.0.hint = Some(hint.into());
        self
    }

    /// Adds to the line; for facts that only an outer caller knows.
    pub(crate) fn with_addition(mut self, addition: &str) -> Self {
        self.0.what = format!("{}; {addition}", self.0.what.trim_end_matches('.'));
        self
    }

    pub(crate) fn with_numbers(
        mut self,
        code: Option<String>,
        sql_state: Option<String>,
        query_id: Option<String>,
    ) -> Self {
        self.0.code = code;
        self.0.sql_state = sql_state;
        self.0.query_id = query_id;
        self
    }

    /// What the caller can do about it.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// Snowflake's code, such as `002003`; leading zeros count.
    pub fn code(&self) -> Option<&str> {
        self.0.code.as_deref()
    }

    /// The SQL state, such as `42S02`.
    pub fn sql_state(&self) -> Option<&str> {
        self.0.sql_state.as_deref()
    }

    /// Snowflake's id of the statement, to be looked up in its query history.
    pub fn query_id(&self) -> Option<&str> {
        self.0.query_id.as_deref()
    }

    /// What to do next, when that is known. Not part of Display.
    pub fn hint(&self) -> Option<&str> {
        self.0.hint.as_deref()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0.what)?;
        let numbers = [
            ("code", self.code()),
            ("SQL state", self.sql_state()),
            ("query", self.query_id()),
        ];
        let mut opening = " (";
        for (label, value) in numbers {
            if let Some(value) = value {
                write!(formatter, "{opening}{label} {value}")?;
                opening = ", ";
            }
        }
        if opening == ", " {
            formatter.write_str(")")
        } else {
            Ok(())
        }
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Error({:?}: {self})", self.kind())
    }
}

impl std::error::Error for Error {}
