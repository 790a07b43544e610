//! The Singer target: messages to batches to tables to durable STATE. `run.rs` is the outline.

mod arguments;
pub mod batch_file;
mod batch_messages;
pub mod bookmark_range;
pub mod columns;
mod config;
mod date_time;
mod events;
mod invalid_records;
mod load;
mod messages;
pub mod metadata_columns;
mod other_settings;
mod pipeline;
mod program;
mod progress;
pub mod record_check;
pub mod record_row;
mod routing;
mod run;
mod settings_table;
mod shaped_streams;
mod shaping;
mod sql_text;
mod state_ledger;
mod state_output;
pub mod stream_buffer;
mod stream_rules;
mod streams;
mod table_replacement;

pub use settings_table::PROGRAM;

/// Runs the program with the process's own arguments, environment, stdin and stdout.
pub fn main() -> std::process::ExitCode {
    connector_process::end_on_panic(columnar_files::is_decoding);
    connector_process::finish(&PROGRAM, program::run_program(std::env::args_os()))
}
