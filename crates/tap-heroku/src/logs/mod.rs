//! The log streams: one read of sessions, files or stdin serves `log_lines`, `router_requests`, `dyno_metrics` and
//! `log_gaps`. Every line becomes a record, parsed or not; a loss that can be seen becomes a row in `log_gaps`.

mod bookmark;
mod emitter;
mod file_bookmark;
mod file_intake;
mod file_ledger;
mod file_paths;
mod file_reader;
mod file_recognition;
mod files;
mod filter;
mod fingerprint_map;
mod gaps;
mod identity;
mod intake;
mod ledger;
mod line_memory;
mod old_bookmarks;
mod overlap;
mod recent_lines;
mod records;
mod session;
mod session_window;
mod settings;
mod standard_input;
mod state_timer;
mod sync;
#[cfg(test)]
mod testing;

pub(crate) use settings::{LogSettings, OPTIONS_DESCRIPTION};
pub(crate) use sync::sync_logs;
