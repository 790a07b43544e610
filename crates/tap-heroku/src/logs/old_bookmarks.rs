//! Forgets bookmarks that nothing will ever go on from, so that the state does not grow with every rotated file and every
//! deleted app. Decides only which; what a bookmark holds is decided elsewhere.

use std::path::Path;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value};
use singer_protocol::State;

use crate::logs::emitter::LOG_LINES;
use crate::logs::settings::STANDARD_INPUT;

/// Long enough for a directory that is not mounted for a while; Heroku's own history is much shorter.
const KEPT: SignedDuration = SignedDuration::from_hours(30 * 24);
/// State key: since when a file is not there.
const MISSING_SINCE: &str = "missing_since";

/// Takes out bookmarks of files that have not been there for [`KEPT`], and of apps that were not read for so long.
pub(crate) fn forget(state: &mut State, now: Timestamp, exists: impl Fn(&Path) -> bool) {
    if state.stream_entry(LOG_LINES).is_none() {
        return;
    }
    let entry = state.stream_entry_mut(LOG_LINES);
    if let Some(partitions) = entry.get_mut("partitions").and_then(Value::as_array_mut) {
        partitions.retain_mut(|partition| {
            partition
                .as_object_mut()
                .is_none_or(|partition| keep(partition, now, &exists))
        });
    }
}

fn keep(bookmark: &mut Map<String, Value>, now: Timestamp, exists: impl Fn(&Path) -> bool) -> bool {
    let is_old = |bookmark: &Map<String, Value>, key: &str| {
        let since: Option<Timestamp> = bookmark
            .get(key)
            .and_then(Value::as_str)
            .and_then(|text| text.parse().ok());
        since.is_some_and(|since| now.duration_since(since) > KEPT)
    };
    let log_file = bookmark.get("context").and_then(|context| context.get("log_file"));
    let Some(path) = log_file.and_then(Value::as_str).filter(|path| *path != STANDARD_INPUT) else {
        return !is_old(bookmark, "read_at");
    };
    if exists(Path::new(path)) {
        bookmark.shift_remove(MISSING_SINCE);
    } else if is_old(bookmark, MISSING_SINCE) {
        return false;
    } else if !bookmark.contains_key(MISSING_SINCE) {
        bookmark.insert(MISSING_SINCE.to_owned(), Value::from(now.to_string()));
    }
    true
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_long_gone_is_forgotten() {
        let partitions = json!([
            {"context": {"log_file": "here"}, "missing_since": "2026-01-01T00:00:00Z"},
            {"context": {"log_file": "gone today"}},
            {"context": {"log_file": "gone long ago"}, "missing_since": "2026-01-01T00:00:00Z"},
            {"context": {"log_file": "-"}},
            {"context": {"app_id": "read"}, "read_at": "2026-03-01T00:00:00Z"},
            {"context": {"app_id": "deleted"}, "read_at": "2026-01-01T00:00:00Z"},
            {"context": {"other": 1}}, 7
        ]);
        let state = json!({"bookmarks": {"log_lines": {"partitions": partitions, "version": 1}}});
        let mut state = State::from_value(state).unwrap();
        forget(&mut state, "2026-03-01T00:00:00Z".parse().unwrap(), |path| {
            path == Path::new("here")
        });
        let expected = json!([
            {"context": {"log_file": "here"}},
            {"context": {"log_file": "gone today"}, "missing_since": "2026-03-01T00:00:00Z"},
            {"context": {"log_file": "-"}},
            {"context": {"app_id": "read"}, "read_at": "2026-03-01T00:00:00Z"},
            {"context": {"other": 1}}, 7
        ]);
        assert_eq!(state.to_value()["bookmarks"]["log_lines"]["partitions"], expected);
        let mut empty = State::default();
        forget(&mut empty, Timestamp::UNIX_EPOCH, |_| false);
        assert!(empty.is_empty());
    }
}
