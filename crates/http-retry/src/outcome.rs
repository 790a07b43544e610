//! What an attempt came to, and what the caller may say about it. Pure data and the usual judgement.

use std::time::{Duration, SystemTime};

use reqwest::StatusCode;
use reqwest::header::HeaderMap;

use crate::failure::{TransportFailure, TransportKind};

/// A reply whose body was read to its end.
#[derive(Clone)]
pub struct Reply {
    /// Status of the reply, success or not.
    pub status: StatusCode,
    /// Headers of the reply.
    pub headers: HeaderMap,
    /// The whole body, decompressed.
    pub body: Vec<u8>,
}

impl std::fmt::Debug for Reply {
    /// Status and size only: headers and bodies may hold tokens.
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Reply({}, {} bytes)", self.status.as_u16(), self.body.len())
    }
}

/// What one attempt came to.
#[derive(Debug)]
pub enum Outcome<'a> {
    /// No complete reply.
    Transport(&'a TransportFailure),
    /// A complete reply, whatever its status.
    Reply(&'a Reply),
}

/// What to do about an [`Outcome`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Return the reply to the caller. For a transport failure the same as [`Verdict::GiveUp`].
    Accept,
    /// Try again after the pause of the policy, or the longer one of a `Retry-After` header.
    Retry,
    /// Try again after this pause, whatever the policy and the headers say.
    RetryIn(Duration),
    /// Fail now.
    GiveUp,
}

/// Why the attempt before was not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RetryReason {
    /// It ended without a complete reply.
    Transport(TransportKind),
    /// Its reply had this status.
    Status(u16),
}

impl RetryReason {
    /// The HTTP status, or 0 when there was no reply: the form in which Snowflake wants to be told.
    pub fn status_or_zero(self) -> u16 {
        match self {
            RetryReason::Transport(_) => 0,
            RetryReason::Status(status) => status,
        }
    }
}

/// The attempt for which a request is being built.
#[derive(Debug, Clone, Copy)]
pub struct Attempt {
    /// 1 for the first.
    pub number: u32,
    /// When the first attempt began.
    pub first_started_at: SystemTime,
    /// Why there is another attempt; `None` for the first.
    pub last_reason: Option<RetryReason>,
}

/// The judgement that suits most APIs: lost connections, time-outs, cut bodies, 408, 429 and 5xx are tried again,
/// every other reply is accepted, a request that cannot be built or a reply that is too long is given up.
pub fn usual_judge(outcome: &Outcome<'_>) -> Verdict {
    match outcome {
        Outcome::Transport(failure) => match failure.kind() {
            TransportKind::Build | TransportKind::TooLong => Verdict::GiveUp,
            TransportKind::Timeout | TransportKind::Connect | TransportKind::Send | TransportKind::Body => {
                Verdict::Retry
            }
        },
        Outcome::Reply(reply) => match reply.status.as_u16() {
            408 | 429 | 500..=599 => Verdict::Retry,
            _ => Verdict::Accept,
        },
    }
}
