//! For tests and the demo only: the Heroku simulator, the launcher of the local Snowflake server, a program runner, message builders.
//! Imports no client crate of ours: a simulator that shares the client's types shares its mistakes.

pub mod cloud_emulators;
pub mod heroku_simulator;
pub mod http_exchange;
pub mod local_snowflake;
pub mod log_in_kinds;
pub mod messages;
pub mod metadata_services;
pub mod program;
pub mod program_output;
pub mod python_connector;
pub mod running_program;
pub mod small_server;
mod snowflake_queries;
pub mod test_identities;
pub mod tested_cells;
