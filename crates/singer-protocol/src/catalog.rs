//! The catalog: which streams a tap has and what the user wants of them. Reading, writing and the entry that a tap
//! discovers; the selection rules are `selection.rs`.

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};

use crate::metadata::{Inclusion, MetadataEntry};

/// All streams of a tap.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Catalog {
    /// The streams, in the tap's order.
    pub streams: Vec<CatalogEntry>,
}

/// One stream. Keys that this type does not name are not kept: only the tap that wrote a catalog reads it again.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct CatalogEntry {
    /// Identity of the stream in the tap; when missing, `stream` stands in.
    #[serde(default)]
    pub tap_stream_id: String,
    /// Name under which messages are written; when missing, `tap_stream_id` stands in.
    #[serde(default)]
    pub stream: String,
    /// JSON Schema of a record.
    #[serde(default)]
    pub schema: Value,
    /// Metadata by breadcrumb.
    #[serde(default, deserialize_with = "null_as_default")]
    pub metadata: Vec<MetadataEntry>,
    /// Key properties.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key_properties: Option<Vec<String>>,
    /// Replication key at stream level, where old tools and Meltano write the user's choice.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replication_key: Option<String>,
    /// Replication method at stream level, likewise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replication_method: Option<String>,
    /// Selection at stream level, likewise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub selected: Option<bool>,
}

/// Why a catalog could not be read. The text names the place, not the content.
#[derive(Debug, thiserror::Error)]
pub enum CatalogProblem {
    /// Not JSON, or not shaped as a catalog.
    #[error("not a catalog: {0}")]
    Shape(#[from] serde_json::Error),
    /// An entry has neither `tap_stream_id` nor `stream`.
    #[error("stream number {0} in the catalog has neither `tap_stream_id` nor `stream`")]
    Nameless(usize),
}

fn null_as_default<'de, D: Deserializer<'de>, T: Default + Deserialize<'de>>(deserializer: D) -> Result<T, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

impl Catalog {
    /// Reads a catalog, also an old `--properties` file, which has the same shape.
    ///
    /// # Errors
    /// [`CatalogProblem`].
    pub fn from_json(text: &str) -> Result<Self, CatalogProblem> {
        let mut catalog: Self = serde_json::from_str(text)?;
        for (index, entry) in catalog.streams.iter_mut().enumerate() {
            match (entry.tap_stream_id.is_empty(), entry.stream.is_empty()) {
                (true, true) => return Err(CatalogProblem::Nameless(index + 1)),
                (true, false) => entry.tap_stream_id.clone_from(&entry.stream),
                (false, true) => entry.stream.clone_from(&entry.tap_stream_id),
                (false, false) => {}
            }
        }
        Ok(catalog)
    }

    /// The catalog as indented JSON with a newline at the end: what `--discover` prints.
    ///
    /// # Errors
    /// None in practice; those of the JSON writer.
    pub fn to_json(&self) -> serde_json::Result<String> {
        serde_json::to_string_pretty(self).map(|text| text + "\n")
    }

    /// The entry of a stream by its `tap_stream_id`.
    #[must_use]
    pub fn entry(&self, tap_stream_id: &str) -> Option<&CatalogEntry> {
        self.streams.iter().find(|entry| entry.tap_stream_id == tap_stream_id)
    }

    /// The selected entries, the one that was being read when the last run stopped first.
    #[must_use]
    pub fn selected_streams(&self, currently_syncing: Option<&str>) -> Vec<&CatalogEntry> {
        let mut selected: Vec<_> = self.streams.iter().filter(|entry| entry.is_selected()).collect();
        let resumed = selected
            .iter()
            .position(|entry| Some(entry.tap_stream_id.as_str()) == currently_syncing);
        selected.rotate_left(resumed.unwrap_or(0));
        selected
    }
}

impl CatalogEntry {
    /// What `--discover` says of a stream: metadata for the stream and for every property at every level, keys and
    /// replication key `automatic`, the rest `available`. `forced_method` is `FULL_TABLE`, `INCREMENTAL` or `LOG_BASED`.
    #[must_use]
    pub fn discovered(
        stream: &str,
        schema: Value,
        key_properties: &[&str],
        replication_key: Option<&str>,
        forced_method: &str,
    ) -> Self {
        let mut root = MetadataEntry::new(Vec::new(), Inclusion::Available);
        let mut keyword = |name: &str, value: Value| root.metadata.insert(name.to_owned(), value);
        keyword("selected-by-default", Value::Bool(true));
        keyword("table-key-properties", Value::from(key_properties));
        keyword("forced-replication-method", Value::from(forced_method));
        if let Some(key) = replication_key {
            keyword("valid-replication-keys", Value::from(vec![key]));
            keyword("replication-key", Value::from(key));
        }
        let automatic = |name: &str| key_properties.contains(&name) || replication_key == Some(name);
        let mut metadata = vec![root];
        describe_properties(&schema, &[], &automatic, &mut metadata);
        Self {
            tap_stream_id: stream.to_owned(),
            stream: stream.to_owned(),
            schema,
            metadata,
            key_properties: Some(key_properties.iter().map(|&key| key.to_owned()).collect()),
            replication_key: replication_key.map(str::to_owned),
            replication_method: Some(forced_method.to_owned()),
            selected: None,
        }
    }

    /// The metadata of a breadcrumb.
    #[must_use]
    pub fn metadata_at(&self, breadcrumb: &[&str]) -> Option<&MetadataEntry> {
        self.metadata.iter().find(|entry| entry.breadcrumb == breadcrumb)
    }

    /// The replication key: the user's metadata, then the stream-level key.
    #[must_use]
    pub fn chosen_replication_key(&self) -> Option<&str> {
        let root = self.metadata_at(&[]);
        root.and_then(|root| root.text("replication-key"))
            .or(self.replication_key.as_deref())
    }

    /// The replication method: what the tap forces, then the user's metadata, then the stream-level key.
    #[must_use]
    pub fn chosen_replication_method(&self) -> Option<&str> {
        let root = self.metadata_at(&[]);
        root.and_then(|root| root.text("forced-replication-method"))
            .or_else(|| root.and_then(|root| root.text("replication-method")))
            .or(self.replication_method.as_deref())
    }

    /// The key properties: the stream-level list, then `table-key-properties`, then `view-key-properties`.
    #[must_use]
    pub fn chosen_key_properties(&self) -> Vec<String> {
        if let Some(keys) = &self.key_properties {
            return keys.clone();
        }
        let root = self.metadata_at(&[]);
        let list = |keyword| {
            root.and_then(|root| root.metadata.get(keyword))
                .and_then(Value::as_array)
        };
        let keys = list("table-key-properties").or_else(|| list("view-key-properties"));
        keys.into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .map(str::to_owned)
            .collect()
    }
}

/// Adds an entry per property, also of nested objects: tools take a property without metadata for `automatic`.
fn describe_properties(
    schema: &Value,
    parent: &[String],
    automatic: &dyn Fn(&str) -> bool,
    entries: &mut Vec<MetadataEntry>,
) {
    let properties: Option<&Map<String, Value>> = schema.get("properties").and_then(Value::as_object);
    for (name, property) in properties.into_iter().flatten() {
        let breadcrumb = [parent, &["properties".to_owned(), name.clone()]].concat();
        let inclusion = if parent.is_empty() && automatic(name) {
            Inclusion::Automatic
        } else {
            Inclusion::Available
        };
        entries.push(MetadataEntry::new(breadcrumb.clone(), inclusion));
        describe_properties(property, &breadcrumb, automatic, entries);
    }
}

#[cfg(test)]
mod tests;
