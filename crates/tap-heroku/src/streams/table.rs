//! What the program knows about each stream before it reads anything. The order here is the order of reading.

use serde_json::Value;

use super::{apps, dyno_metrics, log_gaps, log_lines, releases, router_requests};

/// All streams, parents first.
pub(crate) const STREAMS: &[StreamEntry] = &[
    apps::ENTRY,
    releases::ENTRY,
    log_lines::ENTRY,
    router_requests::ENTRY,
    dyno_metrics::ENTRY,
    log_gaps::ENTRY,
];

/// One stream as data.
#[derive(Debug, Clone, Copy)]
pub(crate) struct StreamEntry {
    /// Name of the stream and of its table.
    pub(crate) name: &'static str,
    /// Properties that identify a row; empty for streams without identity.
    pub(crate) key_properties: &'static [&'static str],
    /// The property that bookmarks are about; `None` for a stream that is read whole each time.
    pub(crate) replication_key: Option<&'static str>,
    /// The file in `schemas/tap-heroku`, as text.
    pub(crate) schema_text: &'static str,
    /// Where its rows come from.
    pub(crate) source: Source,
}

/// Where rows come from, which decides who reads them and what is needed for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Source {
    /// The list of apps.
    Apps,
    /// The releases of each app.
    Releases,
    /// Log lines: log sessions of each app, or `log_files`. All log streams are read together.
    Logs,
}

impl Source {
    /// True when rows can come only from the API, so that a token is needed.
    pub(crate) fn needs_api(self) -> bool {
        matches!(self, Self::Apps | Self::Releases)
    }
}

impl StreamEntry {
    /// The schema file as JSON. `Null` cannot come out: the tests read every file.
    pub(crate) fn schema(&self) -> Value {
        serde_json::from_str(self.schema_text).unwrap_or_default()
    }
}
