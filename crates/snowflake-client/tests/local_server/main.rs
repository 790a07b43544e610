//! The client against the local Snowflake server, which the official drivers keep honest.
#![cfg(test)]

mod loads;
mod log_ins;
mod log_ins_and_clouds;
mod sessions;
mod stage_clouds;

use std::path::Path;
use std::time::Duration;

use snowflake_client::{ClientConfig, Credentials, Protocol, Secret};
use test_support::local_snowflake::{LocalSnowflake, LocalSnowflakeOptions};

const DATA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data");

/// A server that knows the users `demo`, also by key pair, and `coder`.
fn server(arguments: &[&str]) -> LocalSnowflake {
    LocalSnowflake::start(&LocalSnowflakeOptions {
        users: vec![("coder".to_owned(), "secret".to_owned())],
        public_keys: vec![("demo".to_owned(), Path::new(DATA).join("rsa_public.pem"))],
        arguments: arguments.iter().map(|argument| (*argument).to_owned()).collect(),
        ..LocalSnowflakeOptions::default()
    })
}

/// A session in the database DEMO, tried again at once.
fn config(port: u16, user: &str, credentials: Credentials) -> ClientConfig {
    let mut config = ClientConfig::new("local", user, credentials);
    config.host = Some("127.0.0.1".to_owned());
    config.port = Some(port);
    config.protocol = Protocol::Http;
    config.database = Some("DEMO".to_owned());
    config.time_limits.backoff = (Duration::from_millis(1), Duration::from_millis(5));
    config
}

/// That of `demo` with her password, with a warehouse and a schema.
fn config_of_demo(server: &LocalSnowflake) -> ClientConfig {
    let mut config = config(server.port(), "demo", Credentials::Password(Secret::new("demo")));
    config.schema = Some("PUBLIC".to_owned());
    config.warehouse = Some("DEMO_WH".to_owned());
    config
}
