//! Everything the user wants changed about streams and records, as one. Reading it from settings is `config/shaping.rs`.

use super::flatten_schema::FlatteningSettings;
use super::glob::Glob;
use super::map_settings::StreamMaps;

/// The user's choices.
#[derive(Debug, Clone, Default)]
pub(crate) struct ShapingSettings {
    pub(crate) maps: StreamMaps,
    pub(crate) flattening: Option<FlatteningSettings>,
    /// Streams that are loaded whole into one VARIANT column.
    pub(crate) as_variant: Vec<Glob>,
    /// Texts of the format `uuid` lose their dashes, as in tables that MeltanoLabs' target made.
    pub(crate) strips_uuids: bool,
}

impl ShapingSettings {
    /// False when every stream and record stays as it is.
    pub(crate) fn is_active(&self) -> bool {
        self.maps.drops_others
            || !self.maps.maps.is_empty()
            || self.flattening.is_some()
            || !self.as_variant.is_empty()
            || self.strips_uuids
    }
}
