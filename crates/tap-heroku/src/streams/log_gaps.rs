//! The stream `log_gaps`: lines that are known or feared to be missing. Read with the other log streams in `logs`.

use super::{Source, StreamEntry};

pub(super) const ENTRY: StreamEntry = StreamEntry {
    name: "log_gaps",
    key_properties: &["id"],
    replication_key: Some("detected_at"),
    schema_text: include_str!("../../../../schemas/tap-heroku/log_gaps.json"),
    source: Source::Logs,
};
