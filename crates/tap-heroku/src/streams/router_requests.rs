//! The stream `router_requests`: what Heroku's router says about each request. Read with the other log streams in `logs`.

use super::{Source, StreamEntry};

pub(super) const ENTRY: StreamEntry = StreamEntry {
    name: "router_requests",
    key_properties: &["id"],
    replication_key: Some("timestamp"),
    schema_text: include_str!("../../../../schemas/tap-heroku/router_requests.json"),
    source: Source::Logs,
};
