//! One log entry: a line with its prefix taken apart, and the continuation lines that belong to it.
//! Borrowed from the assembler that built it; what the message says is read elsewhere.

use std::borrow::Cow;

use crate::log_time::LogTime;

/// Why an entry has no prefix fields. Its message is then the whole line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ParseProblem {
    /// The line does not start with `TIME SOURCE[PROCESS]:` and no entry is open that it could continue.
    NoPrefix,
    /// The prefix is there, but what stands in place of its timestamp is no point in time.
    InvalidTimestamp,
}

impl ParseProblem {
    /// The stable name that goes into records.
    pub fn name(self) -> &'static str {
        match self {
            ParseProblem::NoPrefix => "no_prefix",
            ParseProblem::InvalidTimestamp => "invalid_timestamp",
        }
    }
}

/// An entry of the log. Concatenating the messages of all pieces of an entry gives its exact text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogEntry<'a> {
    /// Offset in the stream of the first byte of this piece.
    pub offset: u64,
    /// Offset in the stream behind the last line of this piece and its terminator.
    pub end_offset: u64,
    /// 0; counts up when an entry is longer than [`MAXIMUM_ENTRY_BYTES`](crate::MAXIMUM_ENTRY_BYTES).
    pub piece: u32,
    /// True when this entry was handed out before and has grown by continuation lines since.
    pub is_extended: bool,
    /// When the line was written, by the clock of its producer.
    pub time: Option<LogTime>,
    /// `app`, `heroku` or what else stands before the bracket.
    pub source: Option<&'a str>,
    /// What stands in the bracket: `web.1`, `router`, `api`, …; `None` also when the bracket is empty.
    pub process: Option<&'a str>,
    /// The first line as it came, less colour codes in the prefix: what identifies the entry. For a later piece, the
    /// prefix of its entry and the first line of the piece.
    pub head: &'a [u8],
    /// The message with continuation lines joined by `\n`. A later piece that starts at a line boundary starts with `\n`.
    pub message: &'a [u8],
    /// Set when the line could not be taken apart.
    pub problem: Option<ParseProblem>,
}

impl<'a> LogEntry<'a> {
    /// The message as text; owned, with U+FFFD in place of what is not UTF-8, when [`message`](Self::message) is no
    /// valid UTF-8 (the raw bytes are then the only exact form).
    pub fn message_text(&self) -> Cow<'a, str> {
        String::from_utf8_lossy(self.message)
    }
}
