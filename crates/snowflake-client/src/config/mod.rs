//! What a session needs to know before it begins.

mod client_config;

pub use client_config::{ClientConfig, Credentials, PrivateKeySource, Protocol, TimeLimits};
