//! The stream `dyno_metrics`: load and memory of dynos. Read with the other log streams in `logs`.

use super::{Source, StreamEntry};

pub(super) const ENTRY: StreamEntry = StreamEntry {
    name: "dyno_metrics",
    key_properties: &["id"],
    replication_key: Some("timestamp"),
    schema_text: include_str!("../../../../schemas/tap-heroku/dyno_metrics.json"),
    source: Source::Logs,
};
