//! Where bookmarks of the log streams are in the state: partitions of `log_lines`, one per app and one per file, whatever
//! log streams are selected. Keys that are not ours stay as they are.

use serde_json::{Map, Value};
use singer_protocol::State;

use crate::logs::emitter::LOG_LINES;

/// Context key of an app's partition; the value is its id.
const APP_ID: &str = "app_id";
/// Context key of a file's partition; the value is its path as given or found, `-` for standard input.
const LOG_FILE: &str = "log_file";

/// The context of an app's partition.
pub(crate) fn app_context(app_id: &str) -> Map<String, Value> {
    Map::from_iter([(APP_ID.to_owned(), Value::from(app_id))])
}

/// The context of a file's partition.
pub(crate) fn file_context(path: &str) -> Map<String, Value> {
    Map::from_iter([(LOG_FILE.to_owned(), Value::from(path))])
}

/// The bookmark of a partition; empty when there is none.
pub(crate) fn read(state: &State, context: &Map<String, Value>) -> Map<String, Value> {
    state.partition_entry(LOG_LINES, context).cloned().unwrap_or_default()
}

/// The bookmark of a partition, to be changed.
pub(crate) fn entry<'a>(state: &'a mut State, context: &Map<String, Value>) -> &'a mut Map<String, Value> {
    state.partition_entry_mut(LOG_LINES, context)
}

/// All bookmarks of files, with their paths.
pub(crate) fn files(state: &State) -> Vec<(String, Map<String, Value>)> {
    let partitions = state
        .stream_entry(LOG_LINES)
        .and_then(|entry| entry.get("partitions"))
        .and_then(Value::as_array);
    let of_file = |partition: &Value| {
        let bookmark = partition.as_object()?;
        let path = bookmark.get("context")?.get(LOG_FILE)?.as_str()?;
        Some((path.to_owned(), bookmark.clone()))
    };
    partitions.into_iter().flatten().filter_map(of_file).collect()
}
