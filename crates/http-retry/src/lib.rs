//! One HTTP request with retry, backoff and Retry-After, and an error that says what was tried and prints no secret.
//! Knows no service: what to send and which outcome deserves another try is the caller's, as two functions.

mod backoff;
mod failure;
mod outcome;
mod policy;
mod redacted_url;
mod retry_after;
mod send;

pub use failure::{RetryCause, RetryError, TransportFailure, TransportKind};
pub use outcome::{Attempt, Outcome, Reply, RetryReason, Verdict, usual_judge};
pub use policy::RetryPolicy;
pub use redacted_url::RedactedUrl;
pub use send::send;
