//! The Singer target: messages to batches to tables to durable STATE.

pub mod batch_file;
pub mod columns;
mod date_time;
pub mod metadata_columns;
pub mod record_row;
pub mod stream_buffer;

/// Runs the program with the process's own arguments, environment, stdin and stdout.
pub fn main() -> std::process::ExitCode {
    std::process::ExitCode::SUCCESS
}
