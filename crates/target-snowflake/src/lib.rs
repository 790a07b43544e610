//! The Singer target: messages to batches to tables to durable STATE.

/// Runs the program with the process's own arguments, environment, stdin and stdout.
pub fn main() -> std::process::ExitCode {
    std::process::ExitCode::SUCCESS
}
