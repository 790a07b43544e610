//! Catalog metadata: one entry per breadcrumb, unknown keywords kept. What selection follows from it is `selection.rs`.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Metadata of the stream (empty breadcrumb) or of one property (`["properties", "a"]`).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MetadataEntry {
    /// Path into the JSON schema.
    #[serde(default)]
    pub breadcrumb: Vec<String>,
    /// Keywords as they came: `selected`, `inclusion`, `replication-key`, and any other.
    #[serde(default)]
    pub metadata: Map<String, Value>,
}

/// Who decides whether a stream or property is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Inclusion {
    /// The user decides.
    Available,
    /// Always read.
    Automatic,
    /// Never read.
    Unsupported,
}

impl Inclusion {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Available => "available",
            Self::Automatic => "automatic",
            Self::Unsupported => "unsupported",
        }
    }
}

impl MetadataEntry {
    /// An entry for a breadcrumb with its `inclusion`.
    #[must_use]
    pub fn new(breadcrumb: Vec<String>, inclusion: Inclusion) -> Self {
        let mut metadata = Map::new();
        metadata.insert("inclusion".to_owned(), Value::from(inclusion.word()));
        Self { breadcrumb, metadata }
    }

    /// The `inclusion` keyword, when present and known.
    #[must_use]
    pub fn inclusion(&self) -> Option<Inclusion> {
        let word = self.metadata.get("inclusion")?.as_str()?;
        [Inclusion::Available, Inclusion::Automatic, Inclusion::Unsupported]
            .into_iter()
            .find(|i| i.word() == word)
    }

    /// The user's `selected`.
    #[must_use]
    pub fn selected(&self) -> Option<bool> {
        self.metadata.get("selected")?.as_bool()
    }

    /// The tap's `selected-by-default`.
    #[must_use]
    pub fn selected_by_default(&self) -> Option<bool> {
        self.metadata.get("selected-by-default")?.as_bool()
    }

    /// A keyword whose value is text.
    #[must_use]
    pub fn text(&self, keyword: &str) -> Option<&str> {
        self.metadata.get(keyword)?.as_str()
    }
}
