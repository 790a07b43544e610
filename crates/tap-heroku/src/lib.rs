//! The Singer tap: config, catalog and state to Heroku's streams to records.

/// Runs the program with the process's own arguments, environment, stdin and stdout.
pub fn main() -> std::process::ExitCode {
    std::process::ExitCode::SUCCESS
}
