//! Why a request failed for good, in one line that answers a support question and holds no secret.
//! Texts of the HTTP library are not passed on whole, because they contain the full URL.

use std::error::Error;
use std::fmt;
use std::io;
use std::time::Duration;

use reqwest::Method;

use crate::outcome::Reply;
use crate::redacted_url::RedactedUrl;

/// Where an attempt without a complete reply ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TransportKind {
    /// The request could not be built (bad header value, bad URL); nothing was sent.
    Build,
    /// No connection: name lookup, TCP, TLS, proxy.
    Connect,
    /// The connection was lost before the reply's headers were complete, or our own body failed while it was read.
    Send,
    /// The reply's body was cut or could not be decompressed.
    Body,
    /// The attempt's time was over.
    Timeout,
    /// The body was longer than the policy allows.
    TooLong,
}

impl TransportKind {
    pub(crate) fn text(self) -> &'static str {
        match self {
            TransportKind::Build => "the request cannot be built",
            TransportKind::Connect => "no connection",
            TransportKind::Send => "connection lost before the reply",
            TransportKind::Body => "reply cut short",
            TransportKind::Timeout => "no reply in time",
            TransportKind::TooLong => "reply longer than allowed",
        }
    }
}

/// An attempt without a complete reply.
#[derive(Debug)]
pub struct TransportFailure {
    kind: TransportKind,
    detail: Option<String>,
}

impl TransportFailure {
    pub(crate) fn new(kind: TransportKind) -> Self {
        TransportFailure { kind, detail: None }
    }

    /// `reading_body` tells a body that broke off from a request that got no reply.
    pub(crate) fn from_reqwest(failure: &reqwest::Error, reading_body: bool) -> Self {
        let kind = if failure.is_builder() {
            TransportKind::Build
        } else if failure.is_timeout() {
            TransportKind::Timeout
        } else if failure.is_connect() {
            TransportKind::Connect
        } else if reading_body {
            TransportKind::Body
        } else {
            TransportKind::Send
        };
        TransportFailure {
            kind,
            detail: innermost_text(failure),
        }
    }

    /// Where it ended.
    pub fn kind(&self) -> TransportKind {
        self.kind
    }
}

/// The text of the innermost cause: the one that says "connection refused". The outer ones carry the URL.
fn innermost_text(failure: &reqwest::Error) -> Option<String> {
    let mut innermost = failure.source()?;
    while let Some(next) = innermost.source() {
        innermost = next;
    }
    let text = match innermost.downcast_ref::<io::Error>() {
        // "Connection refused (os error 111)" is noise, and the word alarms those who search logs for it.
        Some(failure) if failure.raw_os_error().is_some() => failure.kind().to_string(),
        _ => innermost.to_string(),
    };
    // A bad header or URL would be quoted by the libraries; those are ours to check, not to print.
    let printable: String = text
        .chars()
        .map(|character| if character.is_control() { ' ' } else { character })
        .collect();
    Some(printable).filter(|text| !text.contains("://") && !text.is_empty())
}

impl fmt::Display for TransportFailure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.kind.text())?;
        match &self.detail {
            Some(detail) if self.kind != TransportKind::Build => write!(formatter, ": {detail}"),
            _ => Ok(()),
        }
    }
}

impl Error for TransportFailure {}

/// What the last attempt came to.
#[derive(Debug)]
pub enum RetryCause {
    /// No complete reply.
    Transport(TransportFailure),
    /// A reply that the judge did not accept. Its body is for the caller to read, never for a log.
    Reply(Reply),
}

/// A request that failed for good. Display is one line: method, redacted URL, cause, attempts, time, limits.
pub struct RetryError(Box<Details>);

struct Details {
    method: Method,
    url: RedactedUrl,
    attempts: u32,
    attempts_limit: u32,
    elapsed: Duration,
    time_limit: Duration,
    cause: RetryCause,
}

/// What `send` knows when it gives up.
pub(crate) struct GivenUp<'a> {
    pub(crate) method: &'a Method,
    pub(crate) url: &'a RedactedUrl,
    pub(crate) attempts: u32,
    pub(crate) attempts_limit: u32,
    pub(crate) elapsed: Duration,
    pub(crate) time_limit: Duration,
}

impl RetryError {
    pub(crate) fn new(given_up: &GivenUp<'_>, cause: RetryCause) -> Self {
        RetryError(Box::new(Details {
            method: given_up.method.clone(),
            url: given_up.url.clone(),
            attempts: given_up.attempts,
            attempts_limit: given_up.attempts_limit,
            elapsed: given_up.elapsed,
            time_limit: given_up.time_limit,
            cause,
        }))
    }

    /// What the last attempt came to.
    pub fn cause(&self) -> &RetryCause {
        &self.0.cause
    }

    /// The last reply, when there was one.
    pub fn reply(&self) -> Option<&Reply> {
        match &self.0.cause {
            RetryCause::Reply(reply) => Some(reply),
            RetryCause::Transport(_) => None,
        }
    }

    /// Attempts made.
    pub fn attempts(&self) -> u32 {
        self.0.attempts
    }

    /// Time from the start of the first attempt to the end of the last.
    pub fn elapsed(&self) -> Duration {
        self.0.elapsed
    }

    /// The URL without query.
    pub fn url(&self) -> &RedactedUrl {
        &self.0.url
    }
}

impl fmt::Display for RetryError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let details = &self.0;
        write!(formatter, "{} {}: ", details.method, details.url)?;
        match &details.cause {
            RetryCause::Transport(failure) => write!(formatter, "{failure}")?,
            RetryCause::Reply(reply) => write!(formatter, "status {}", reply.status.as_u16())?,
        }
        write!(
            formatter,
            " (attempt {} of {}, {:.1} s of {} s)",
            details.attempts,
            details.attempts_limit,
            details.elapsed.as_secs_f64(),
            details.time_limit.as_secs()
        )
    }
}

impl fmt::Debug for RetryError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "RetryError({self})")
    }
}

impl Error for RetryError {}
