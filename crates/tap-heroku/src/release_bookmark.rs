//! Where the releases of one app were read to, and which of them may still change. Pure: state in, state out.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use singer_protocol::State;

use crate::record::text;

const STREAM: &str = "releases";
const KEY: &str = "version";
/// State key: the versions that were not final when they were read, with what was emitted of them.
const UNSETTLED: &str = "unsettled";

/// The bookmark of one app. In the state: `replication_key_value` is the highest version emitted, `unsettled` lists
/// `{version, status, current}` of the pending ones and the current one.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct ReleaseBookmark {
    highest: Option<u64>,
    unsettled: BTreeMap<u64, Emitted>,
}

/// What was emitted of a release that may change.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Emitted {
    status: Option<String>,
    current: Option<bool>,
}

impl Emitted {
    fn of(object: &Map<String, Value>) -> Self {
        Self {
            status: text(object, "status").map(str::to_owned),
            current: object.get("current").and_then(Value::as_bool),
        }
    }

    fn may_change(&self) -> bool {
        self.current == Some(true) || self.status.as_deref() == Some("pending")
    }
}

impl ReleaseBookmark {
    /// The bookmark of an app; nothing when the app is new. Parts that cannot be understood count as absent, which
    /// means reading again, never skipping.
    pub(crate) fn read(state: &State, app_id: &str) -> Self {
        let context = context(app_id);
        let highest = state.partition_bookmark(STREAM, &context, KEY).and_then(Value::as_u64);
        let list = state
            .partition_entry(STREAM, &context)
            .and_then(|entry| entry.get(UNSETTLED)?.as_array());
        let unsettled = list
            .into_iter()
            .flatten()
            .filter_map(Value::as_object)
            .filter_map(|object| {
                let version = object.get(KEY)?.as_u64()?;
                Some((version, Emitted::of(object)))
            });
        Self {
            highest,
            unsettled: unsettled.collect(),
        }
    }

    /// Puts the bookmark into the state.
    pub(crate) fn write(&self, state: &mut State, app_id: &str) {
        let Some(highest) = self.highest else { return };
        let context = context(app_id);
        state.set_partition_bookmark(STREAM, &context, KEY, Value::from(highest));
        let unsettled = self.unsettled.iter();
        let list: Vec<Value> = unsettled
            .map(|(version, emitted)| json!({"version": version, "status": emitted.status, "current": emitted.current}))
            .collect();
        state
            .partition_entry_mut(STREAM, &context)
            .insert(UNSETTLED.to_owned(), Value::Array(list));
    }

    /// The version to read behind: just before the oldest release that may have changed.
    pub(crate) fn read_after(&self) -> Option<u64> {
        let oldest_unsettled = self.unsettled.keys().next().map(|version| version.saturating_sub(1));
        let after = self.highest?;
        Some(oldest_unsettled.map_or(after, |oldest| oldest.min(after)))
    }

    /// Whether a release is to be emitted: new, or changed since it was emitted as not final. Asked of the bookmark
    /// that the run began with, so that the order of the list does not matter.
    pub(crate) fn is_news(&self, object: &Map<String, Value>) -> bool {
        let (Some(version), Some(highest)) = (object.get(KEY).and_then(Value::as_u64), self.highest) else {
            return true;
        };
        version > highest
            || self
                .unsettled
                .get(&version)
                .is_some_and(|emitted| *emitted != Emitted::of(object))
    }

    /// Notes a release that was read.
    pub(crate) fn note(&mut self, object: &Map<String, Value>) {
        let Some(version) = object.get(KEY).and_then(Value::as_u64) else {
            return;
        };
        self.highest = Some(self.highest.map_or(version, |highest| highest.max(version)));
        let emitted = Emitted::of(object);
        if emitted.may_change() {
            self.unsettled.insert(version, emitted);
        } else {
            self.unsettled.remove(&version);
        }
    }
}

fn context(app_id: &str) -> Map<String, Value> {
    Map::from_iter([("app_id".to_owned(), Value::from(app_id))])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn release(version: u64, status: &str, current: bool) -> Map<String, Value> {
        let Value::Object(object) = json!({"version": version, "status": status, "current": current}) else {
            unreachable!()
        };
        object
    }

    /// One run over the whole history, as the server would answer `read_after`; gives the emitted versions.
    fn run(state: &mut State, history: &[Map<String, Value>]) -> Vec<u64> {
        let before = ReleaseBookmark::read(state, "app");
        let mut bookmark = before.clone();
        let after = before.read_after().unwrap_or(0);
        let mut emitted = Vec::new();
        for object in history.iter().filter(|object| object["version"].as_u64() > Some(after)) {
            if before.is_news(object) {
                emitted.push(object["version"].as_u64().unwrap());
            }
            bookmark.note(object);
        }
        bookmark.write(state, "app");
        emitted
    }

    #[test]
    fn status_and_current_changes_come_again_and_nothing_else_does() {
        let mut state = State::default();
        let first = [
            release(1, "succeeded", false),
            release(2, "succeeded", true),
            release(3, "pending", false),
        ];
        assert_eq!(run(&mut state, &first), [1, 2, 3]);
        assert_eq!(run(&mut state, &first), [] as [u64; 0]);
        let second = [
            release(1, "succeeded", false),
            release(2, "succeeded", false),
            release(3, "succeeded", true),
        ];
        assert_eq!(run(&mut state, &second), [2, 3]);
        let third = [&second[..], &[release(4, "failed", false)]].concat();
        assert_eq!(run(&mut state, &third), [4]);
        assert_eq!(run(&mut state, &third), [] as [u64; 0]);
        assert_eq!(ReleaseBookmark::read(&state, "app").read_after(), Some(2));
    }

    #[test]
    fn the_order_of_the_list_does_not_matter() {
        let mut state = State::default();
        let backwards = [
            release(3, "succeeded", true),
            release(2, "failed", false),
            release(1, "succeeded", false),
        ];
        assert_eq!(run(&mut state, &backwards), [3, 2, 1]);
        assert_eq!(run(&mut state, &backwards), [] as [u64; 0]);
    }

    #[test]
    fn a_bookmark_of_another_tool_is_understood_and_rubbish_means_reading_again() {
        let partition =
            |entry: Value| State::from_value(json!({"bookmarks": {"releases": {"partitions": [entry]}}})).unwrap();
        let plain = partition(json!({"context": {"app_id": "app"}, "version": 7}));
        assert_eq!(ReleaseBookmark::read(&plain, "app").read_after(), Some(7));
        assert_eq!(ReleaseBookmark::read(&plain, "other").read_after(), None);
        let rubbish = partition(json!({"context": {"app_id": "app"}, "version": "seven", "unsettled": 3}));
        assert_eq!(ReleaseBookmark::read(&rubbish, "app").read_after(), None);
    }
}
