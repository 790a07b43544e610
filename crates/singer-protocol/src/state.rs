//! A tap's state: bookmarks per stream and per partition, in the shape of the SDK (`replication_key_value`) or of
//! singer-python (`{"<key>": value}`). Reads both, keeps the shape it found and every key it does not know.

use serde_json::{Map, Value};

/// The state of a run. Nothing is dropped between reading and writing it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct State {
    root: Map<String, Value>,
}

/// Why a state could not be read. The text names the key, never a value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StateProblem {
    /// Not JSON.
    #[error("the state is not valid JSON (line {line}, column {column})")]
    NotJson {
        /// Line in the text, from 1.
        line: usize,
        /// Column, from 1.
        column: usize,
    },
    /// A part should be an object and is not.
    #[error("{0} in the state is not an object")]
    NotAnObject(String),
}

impl State {
    /// Reads a state: `{}`, nothing but space, `null`, the bare value, or a whole STATE message.
    ///
    /// # Errors
    /// [`StateProblem`].
    pub fn from_json(text: &str) -> Result<Self, StateProblem> {
        if text.trim().is_empty() {
            return Ok(Self::default());
        }
        let value = serde_json::from_str(text).map_err(|error| StateProblem::NotJson {
            line: error.line(),
            column: error.column(),
        })?;
        Self::from_value(value)
    }

    /// Takes a state from parsed JSON, as [`from_json`](Self::from_json).
    ///
    /// # Errors
    /// [`StateProblem::NotAnObject`].
    pub fn from_value(value: Value) -> Result<Self, StateProblem> {
        let mut root = match value {
            Value::Null => Map::new(),
            Value::Object(root) => root,
            _ => return Err(StateProblem::NotAnObject("the top level".to_owned())),
        };
        if root.get("type").and_then(Value::as_str) == Some("STATE") && root.contains_key("value") {
            return Self::from_value(root.remove("value").unwrap_or_default());
        }
        let state = Self { root };
        state.check()?;
        Ok(state)
    }

    /// Later methods may then take for granted that bookmarks are objects.
    fn check(&self) -> Result<(), StateProblem> {
        let Some(bookmarks) = self.root.get("bookmarks").filter(|bookmarks| !bookmarks.is_null()) else {
            return Ok(());
        };
        let streams = bookmarks
            .as_object()
            .ok_or_else(|| StateProblem::NotAnObject("`bookmarks`".to_owned()))?;
        match streams.iter().find(|(_, entry)| !entry.is_object() && !entry.is_null()) {
            Some((stream, _)) => Err(StateProblem::NotAnObject(format!("the bookmark of stream `{stream}`"))),
            None => Ok(()),
        }
    }

    /// The whole state as JSON, ready for a STATE message.
    #[must_use]
    pub fn to_value(&self) -> Value {
        Value::Object(self.root.clone())
    }

    /// True when there is nothing in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.root.is_empty()
    }

    /// The stream that was being read when the last run stopped.
    #[must_use]
    pub fn currently_syncing(&self) -> Option<&str> {
        self.root.get("currently_syncing")?.as_str()
    }

    /// Notes the stream being read, `None` when none is.
    pub fn set_currently_syncing(&mut self, stream: Option<&str>) {
        self.root
            .insert("currently_syncing".to_owned(), stream.map_or(Value::Null, Value::from));
    }

    /// Everything kept for a stream.
    #[must_use]
    pub fn stream_entry(&self, stream: &str) -> Option<&Map<String, Value>> {
        self.root.get("bookmarks")?.get(stream)?.as_object()
    }

    /// Everything kept for a stream, to be changed; made when missing.
    pub fn stream_entry_mut(&mut self, stream: &str) -> &mut Map<String, Value> {
        object_at(object_at(&mut self.root, "bookmarks"), stream)
    }

    /// The bookmark of a stream for its replication key, in either shape. A bookmark that was kept for another key
    /// says nothing about this one.
    #[must_use]
    pub fn bookmark(&self, stream: &str, replication_key: &str) -> Option<&Value> {
        bookmark_in(self.stream_entry(stream)?, replication_key)
    }

    /// Sets the bookmark of a stream, in the shape its entry already has; a new entry gets the SDK's.
    pub fn set_bookmark(&mut self, stream: &str, replication_key: &str, value: Value) {
        set_bookmark_in(self.stream_entry_mut(stream), replication_key, value);
    }

    /// Everything kept for one partition of a stream. `context` is compared as a whole, key order apart.
    #[must_use]
    pub fn partition_entry(&self, stream: &str, context: &Map<String, Value>) -> Option<&Map<String, Value>> {
        let partitions = self.stream_entry(stream)?.get("partitions")?.as_array()?;
        partitions
            .iter()
            .filter_map(Value::as_object)
            .find(|entry| has_context(entry, context))
    }

    /// Everything kept for one partition of a stream, to be changed; made when missing.
    pub fn partition_entry_mut(&mut self, stream: &str, context: &Map<String, Value>) -> &mut Map<String, Value> {
        let partitions = array_at(self.stream_entry_mut(stream), "partitions");
        let found = partitions
            .iter()
            .position(|entry| entry.as_object().is_some_and(|e| has_context(e, context)));
        let index = found.unwrap_or_else(|| {
            let mut entry = Map::new();
            entry.insert("context".to_owned(), Value::Object(context.clone()));
            partitions.push(Value::Object(entry));
            partitions.len() - 1
        });
        as_object(partitions, index)
    }

    /// The bookmark of one partition, in either shape.
    #[must_use]
    pub fn partition_bookmark(
        &self,
        stream: &str,
        context: &Map<String, Value>,
        replication_key: &str,
    ) -> Option<&Value> {
        bookmark_in(self.partition_entry(stream, context)?, replication_key)
    }

    /// Sets the bookmark of one partition.
    pub fn set_partition_bookmark(
        &mut self,
        stream: &str,
        context: &Map<String, Value>,
        replication_key: &str,
        value: Value,
    ) {
        set_bookmark_in(self.partition_entry_mut(stream, context), replication_key, value);
    }
}

fn bookmark_in<'a>(entry: &'a Map<String, Value>, replication_key: &str) -> Option<&'a Value> {
    let named = entry.get("replication_key").and_then(Value::as_str);
    let sdk = entry
        .get("replication_key_value")
        .filter(|_| named.is_none_or(|name| name == replication_key));
    sdk.or_else(|| entry.get(replication_key))
        .filter(|value| !value.is_null())
}

fn set_bookmark_in(entry: &mut Map<String, Value>, replication_key: &str, value: Value) {
    let is_sdk = entry.contains_key("replication_key_value") || entry.contains_key("replication_key");
    if !is_sdk && entry.contains_key(replication_key) {
        entry.insert(replication_key.to_owned(), value);
        return;
    }
    entry.insert("replication_key".to_owned(), Value::from(replication_key));
    entry.insert("replication_key_value".to_owned(), value);
}

fn has_context(entry: &Map<String, Value>, context: &Map<String, Value>) -> bool {
    entry.get("context").and_then(Value::as_object) == Some(context)
}

/// The object under a key; anything else there (only `null` passes [`State::check`]) is replaced.
fn object_at<'a>(parent: &'a mut Map<String, Value>, key: &str) -> &'a mut Map<String, Value> {
    let slot = parent.entry(key).or_insert(Value::Null);
    into_object(slot)
}

fn into_object(slot: &mut Value) -> &mut Map<String, Value> {
    if !slot.is_object() {
        *slot = Value::Object(Map::new());
    }
    match slot {
        Value::Object(map) => map,
        _ => unreachable!("made an object just above"),
    }
}

fn array_at<'a>(parent: &'a mut Map<String, Value>, key: &str) -> &'a mut Vec<Value> {
    let slot = parent.entry(key).or_insert(Value::Null);
    if !slot.is_array() {
        *slot = Value::Array(Vec::new());
    }
    match slot {
        Value::Array(list) => list,
        _ => unreachable!("made an array just above"),
    }
}

fn as_object(list: &mut Vec<Value>, index: usize) -> &mut Map<String, Value> {
    if index >= list.len() {
        list.resize(index + 1, Value::Null);
    }
    match list.get_mut(index) {
        Some(slot) => into_object(slot),
        None => unreachable!("resized just above"),
    }
}

#[cfg(test)]
mod tests;
