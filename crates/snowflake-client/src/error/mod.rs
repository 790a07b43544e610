//! Why a call failed: a kind that tells the caller what to do, Snowflake's own numbers, one line, perhaps a hint.

mod client_error;
mod hint;
mod refusal;
mod server_message;

pub use client_error::{Error, ErrorKind};

pub(crate) use refusal::Refusal;
