//! What a session needs to know before it begins, and the check of it.

mod account;
mod client_config;
mod loopback;

pub use client_config::{ClientConfig, Credentials, PrivateKeySource, Protocol, TimeLimits};

pub(crate) use account::Account;
pub(crate) use loopback::is_loopback;
