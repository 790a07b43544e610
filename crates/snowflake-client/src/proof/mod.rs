//! Proving a user: from the credentials of a configuration to what one log-in sends, fetched where that is needed.
//! The log-in itself is `session`, the calls to Snowflake are `call`.

mod browser;
mod browser_listener;
mod log_in_memory;
mod oauth_client;
mod prover;
mod token_endpoint;
mod token_source;
mod workload;

pub(crate) use log_in_memory::{LogInMemory, Remembered};
pub(crate) use prover::{LogInContext, Proof, Prover, remember};
