//! The settings that change streams and records on their way. What follows from them is `shaping`.

use connector_process::Settings;

use crate::shaping::{FlatteningSettings, Glob, ShapingSettings, StreamMaps};

const DEPTH: std::ops::RangeInclusive<i64> = 0..=1_000;
/// Snowflake's limit of an identifier is 255 characters; longer names are cut with a checksum.
const KEY_CHARACTERS: std::ops::RangeInclusive<i64> = 8..=10_000;

/// Everything about shapes.
pub(super) fn shaping(settings: &mut Settings) -> ShapingSettings {
    let object = |name: &str| settings.object(name).cloned().unwrap_or_default();
    let (maps, problems) = StreamMaps::parse(&object("stream_maps"), &object("stream_map_config"));
    for problem in problems {
        settings.problem("stream_maps", problem);
    }
    let patterns = settings.list("load_as_variant").into_iter();
    let as_variant = patterns
        .filter(|pattern| !pattern.eq_ignore_ascii_case("false"))
        .map(|pattern| {
            let is_all = pattern.eq_ignore_ascii_case("true");
            Glob::new(if is_all { "*" } else { &pattern })
        });
    ShapingSettings {
        maps,
        as_variant: as_variant.collect(),
        flattening: flattening(settings),
        strips_uuids: settings.text("uuid_format").as_deref() == Some("native"),
    }
}

fn flattening(settings: &mut Settings) -> Option<FlatteningSettings> {
    let mut number = |name: &str, range| {
        let number = settings.integer_within(name, range);
        number.and_then(|number| u64::try_from(number).ok())
    };
    let depth = number("flattening_max_depth", DEPTH);
    let pipelinewise = number("data_flattening_max_level", DEPTH).unwrap_or_default();
    let characters = number("flattening_max_key_length", KEY_CHARACTERS).unwrap_or(255);
    let maximum_depth = if settings.boolean("flattening_enabled") {
        if depth.is_none() && pipelinewise == 0 {
            settings.problem("flattening_max_depth", "missing, though flattening_enabled is true");
        }
        depth.unwrap_or(pipelinewise)
    } else {
        pipelinewise
    };
    (maximum_depth > 0).then(|| FlatteningSettings {
        maximum_depth,
        separator: settings.text("flattening_separator").unwrap_or_default(),
        maximum_key_characters: usize::try_from(characters).unwrap_or(255),
    })
}
