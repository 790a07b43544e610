//! The whole-program tests, one module a subject.
#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "a test stops at the first surprise, also in the functions it calls"
)]

mod batch_formats;
mod clear_failures;
mod coarse_values;
mod commit_without_answer;
mod compressions;
mod early_staging;
mod exact_values;
mod fault_sweep;
mod few_statements;
mod generated_files;
mod given_settings;
mod incremental_pipe;
mod key_changes;
mod killed_target;
mod load_methods;
mod log_ins;
mod log_lines_to_rows;
mod machine_credentials;
mod metrics;
mod newest_rows;
mod number_columns;
mod own_storage;
mod peer_faults;
mod programs;
mod random_rows;
mod record_shaping;
mod relay;
mod schema_evolution;
mod second_signal;
mod secrets;
mod side_by_side;
mod singer_sdk_streams;
mod state_after_commit;
mod storage_credentials;
mod surroundings;
mod table_making;
mod terminal;
mod tidy;
mod tolerated_input;
mod type_sequences;
mod warehouses;
mod wide_tables;
