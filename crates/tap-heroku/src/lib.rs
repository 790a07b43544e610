//! The Singer tap: config, catalog and state to Heroku's streams to records.

mod app_filter;
mod apps_list;
mod command;
mod config;
mod discover;
mod failures;
mod logs;
mod output;
mod program;
mod record;
mod release_bookmark;
mod run;
mod skipped;
mod state_pace;
mod streams;
mod sync;
#[cfg(test)]
mod tests;

pub use program::PROGRAM;

/// Runs the program with the process's own arguments, environment, stdin and stdout.
pub fn main() -> std::process::ExitCode {
    connector_process::end_on_panic(|| false);
    let environment = connector_process::Environment::of_process();
    let outcome = command::run(std::env::args_os(), &environment, &mut std::io::stdout());
    connector_process::finish(&PROGRAM, outcome)
}
