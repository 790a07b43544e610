//! The stream `log_lines`: every line of the logs, parsed or not. Read with the other log streams in `logs`.

use super::{Source, StreamEntry};

pub(super) const ENTRY: StreamEntry = StreamEntry {
    name: "log_lines",
    key_properties: &["id"],
    replication_key: Some("timestamp"),
    schema_text: include_str!("../../../../schemas/tap-heroku/log_lines.json"),
    source: Source::Logs,
};
