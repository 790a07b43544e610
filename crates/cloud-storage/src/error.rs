//! The one error type of the crate: one line, without secrets and signed addresses.

use std::fmt;

/// What the caller can do about an [`Error`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A setting is wrong or names something that does not exist: change it.
    Configuration,
    /// There are no credentials, or the storage does not know them: change them.
    Credentials,
    /// The credentials are good and may not do this: grant it.
    Denied,
    /// There is no such object.
    NotFound,
    /// No usable reply in all attempts: try again later.
    Network,
    /// The storage refused for another reason.
    Refused,
    /// A local file cannot be read, or changed while it was sent.
    LocalFile,
}

/// Why something could not be done. Display is one line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    kind: ErrorKind,
    what: String,
    hint: Option<&'static str>,
}

impl Error {
    pub(crate) fn new(kind: ErrorKind, what: impl Into<String>) -> Self {
        Error {
            kind,
            what: what.into(),
            hint: None,
        }
    }

    pub(crate) fn with_hint(mut self, hint: &'static str) -> Self {
        self.hint = Some(hint);
        self
    }

    /// Says where it was tried: for storages that are not a cloud's own.
    pub(crate) fn with_address(mut self, url: &str) -> Self {
        self.what = format!("{} ({url})", self.what);
        self
    }

    /// What the caller can do.
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// What the user can do next.
    pub fn hint(&self) -> Option<&str> {
        self.hint
    }
}

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.what)
    }
}

impl std::error::Error for Error {}
