//! Cut a Heroku log byte stream into lines or events, join continuation lines, and read a line into typed fields.
//! Pure: bytes in, borrowed fields out. No I/O, no clock, no async; where bytes are cut is kept apart from what they mean.

mod ansi;
mod content;
mod dyno_metrics;
mod entry;
mod entry_assembler;
mod event_stream;
mod line_splitter;
mod log_time;
mod logfmt;
mod loss;
mod prefix;
mod router;
mod samples;
mod signed_url;

pub use content::{Content, ContentProblem};
pub use dyno_metrics::DynoMetrics;
pub use entry::{LogEntry, ParseProblem};
pub use entry_assembler::{EntryAssembler, MAXIMUM_ENTRY_BYTES};
pub use event_stream::{Event, EventStreamParser, MAXIMUM_EVENT_BYTES};
pub use line_splitter::{LineSplitter, MAXIMUM_LINE_BYTES, RawLine};
pub use log_time::LogTime;
pub use logfmt::{Pair, Pairs, pairs};
pub use loss::{LossCode, LossReport};
pub use router::RouterRequest;
pub use samples::{Sample, SampleKind, samples};
pub use signed_url::without_signatures;
