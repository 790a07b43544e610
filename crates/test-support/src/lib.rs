//! For tests and the demo only: the Heroku simulator, the launcher of the local Snowflake server, a program runner, message builders.
//! Imports no client crate of ours: a simulator that shares the client's types shares its mistakes.

pub mod heroku_simulator;
