//! The catalog: what `--discover` prints, and what a run reads when it gets one or none. The streams are the same
//! for every account, so nothing is asked of Heroku.

use connector_process::{ExitCode, Failure};
use serde_json::Value;
use singer_protocol::{Catalog, CatalogEntry};

use crate::streams::{STREAMS, StreamEntry};

/// Every stream with complete metadata.
pub(crate) fn discover() -> Catalog {
    Catalog {
        streams: STREAMS.iter().map(discovered).collect(),
    }
}

fn discovered(stream: &StreamEntry) -> CatalogEntry {
    let method = if stream.replication_key.is_some() {
        "INCREMENTAL"
    } else {
        "FULL_TABLE"
    };
    CatalogEntry::discovered(
        stream.name,
        stream.schema(),
        stream.key_properties,
        stream.replication_key,
        method,
    )
}

/// The selected streams with their entries, in the table's order. Without a catalog all are selected.
///
/// # Errors
/// Exit code 2 when the catalog cannot be read.
pub(crate) fn select(catalog_text: Option<&str>) -> Result<Vec<(&'static StreamEntry, CatalogEntry)>, Failure> {
    let Some(text) = catalog_text else {
        return Ok(STREAMS.iter().map(|stream| (stream, discovered(stream))).collect());
    };
    let catalog = Catalog::from_json(text).map_err(|problem| {
        Failure::new(ExitCode::Usage, format!("cannot use the catalog: {problem}"))
            .with_hint("make a new one with `tap-heroku --discover`")
    })?;
    for entry in catalog.streams.iter().filter(|entry| entry.is_selected()) {
        if !STREAMS.iter().any(|stream| stream.name == entry.tap_stream_id) {
            log::warn!(
                "the catalog selects the stream {}, which this program does not have",
                entry.tap_stream_id
            );
        }
        for property in entry.deselected_automatic_properties() {
            log::warn!(
                "{}.{property} is always read: deselecting it has no effect",
                entry.tap_stream_id
            );
        }
    }
    let chosen = |stream: &'static StreamEntry| {
        let entry = catalog.entry(stream.name).filter(|entry| entry.is_selected())?;
        Some((stream, completed(stream, entry.clone())))
    };
    Ok(STREAMS.iter().filter_map(chosen).collect())
}

/// A catalog written by hand may lack what the program knows anyway.
fn completed(stream: &StreamEntry, mut entry: CatalogEntry) -> CatalogEntry {
    if entry
        .schema
        .get("properties")
        .and_then(Value::as_object)
        .is_none_or(serde_json::Map::is_empty)
    {
        entry.schema = stream.schema();
    }
    if entry.chosen_key_properties().is_empty() {
        entry.key_properties = Some(stream.key_properties.iter().map(|&key| key.to_owned()).collect());
    }
    if entry.chosen_replication_key().is_none() {
        entry.replication_key = stream.replication_key.map(str::to_owned);
    }
    entry
}
