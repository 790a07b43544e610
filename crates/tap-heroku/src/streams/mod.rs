//! The streams as a table: one line per stream, one file per stream. There is no trait: what the streams have in
//! common is data, and how each is read is a plain function.

mod apps;
mod dyno_metrics;
mod log_gaps;
mod log_lines;
mod releases;
mod router_requests;
mod table;

pub(crate) use apps::sync_apps;
pub(crate) use releases::sync_releases;
pub(crate) use table::{STREAMS, Source, StreamEntry};
