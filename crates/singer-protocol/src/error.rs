//! Why a line could not be read. Each text is one clear fragment naming the line and the key, never a value.

use std::io;

/// A failure of [`MessageReader`](crate::MessageReader).
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The input itself failed. `TimedOut` and `WouldBlock` leave the reader usable: call it again and it goes on in
    /// the middle of the line where it stopped.
    #[error("cannot read the input: {0}")]
    Io(#[source] io::Error),
    /// The line is not UTF-8.
    #[error("line {line}: not valid UTF-8 (byte {byte})")]
    NotUtf8 {
        /// Line number, from 1.
        line: u64,
        /// Number of the first bad byte in the line, from 1.
        byte: usize,
    },
    /// The line is not JSON.
    #[error("line {line}: not valid JSON (column {column}: {reason})")]
    NotJson {
        /// Line number, from 1.
        line: u64,
        /// Byte column in the line, from 1.
        column: usize,
        /// The parser's reason; never holds text of the line.
        reason: String,
    },
    /// The line is JSON but not an object.
    #[error("line {line}: not a JSON object, so not a Singer message")]
    NotAnObject {
        /// Line number, from 1.
        line: u64,
    },
    /// A key that the message needs is not there.
    #[error("line {line}: {} lacks the key `{key}`", message_name(kind))]
    MissingKey {
        /// Line number, from 1.
        line: u64,
        /// Message type, empty when `type` itself is missing.
        kind: &'static str,
        /// The missing key.
        key: &'static str,
    },
    /// A key holds the wrong kind of JSON.
    #[error("line {line}: `{key}` of {} should be {expected}", message_name(kind))]
    WrongKind {
        /// Line number, from 1.
        line: u64,
        /// Message type, empty when `type` itself is wrong.
        kind: &'static str,
        /// The key.
        key: &'static str,
        /// What it should have been.
        expected: &'static str,
    },
}

impl ReadError {
    /// The line number, when the problem is in a line and not in the input itself.
    #[must_use]
    pub fn line(&self) -> Option<u64> {
        match self {
            Self::Io(_) => None,
            Self::NotUtf8 { line, .. }
            | Self::NotJson { line, .. }
            | Self::NotAnObject { line }
            | Self::MissingKey { line, .. }
            | Self::WrongKind { line, .. } => Some(*line),
        }
    }

    /// True when the input merely had nothing yet and the reader can be called again.
    #[must_use]
    pub fn is_pause(&self) -> bool {
        matches!(self, Self::Io(error) if matches!(error.kind(), io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock))
    }
}

fn message_name(kind: &str) -> &str {
    if kind.is_empty() { "the message" } else { kind }
}
