//! The test tools' own tests: a tool that lies makes every test that uses it worthless.

#[cfg(test)]
mod local_snowflake;
#[cfg(test)]
mod program;
#[cfg(test)]
mod simulator_api;
#[cfg(test)]
mod simulator_logs;
#[cfg(test)]
mod simulator_program;
