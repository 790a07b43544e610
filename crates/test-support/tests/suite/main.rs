//! The test tools' own tests: a tool that lies makes every test that uses it worthless.

mod program;
mod simulator_api;
mod simulator_logs;
