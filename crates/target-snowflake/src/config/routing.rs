//! The settings that say where streams go and how names are spelled. What follows from them is `routing.rs` of the crate.

use std::collections::BTreeMap;

use connector_process::Settings;
use serde_json::Value;

use crate::columns::IdentifierCase;
use crate::routing::{Routing, StreamNameFormat, schema_from_setting};

/// `identifier_case`, or `snake` when `normalise_casing` asks for it.
pub(super) fn identifier_case(settings: &Settings) -> IdentifierCase {
    if settings.boolean("normalise_casing") {
        return IdentifierCase::Snake;
    }
    let name = settings.text("identifier_case");
    name.and_then(|name| IdentifierCase::from_name(&name))
        .unwrap_or_default()
}

/// Everything about tables' places.
pub(super) fn routing(settings: &mut Settings) -> Routing {
    let case = identifier_case(settings);
    let format = settings
        .text("stream_name_format")
        .and_then(|name| StreamNameFormat::from_name(&name))
        .unwrap_or_default();
    let schema = |name: Option<String>| name.map(|name| schema_from_setting(&name, case));
    Routing {
        default_target_schema: schema(settings.text("default_target_schema")),
        schema_mapping: schema_mapping(settings, case),
        fallback_schema: schema(settings.text("schema")).unwrap_or_default(),
        format: if settings.boolean("use_raw_stream_names") {
            StreamNameFormat::Whole
        } else {
            format
        },
        table_prefix: settings.text("table_prefix").unwrap_or_default(),
        table_suffix: settings.text("table_suffix").unwrap_or_default(),
        case,
    }
}

/// PipelineWise's shape, `{"<schema>": {"target_schema": "<schema>", …}}`, or the schema's name in its place.
fn schema_mapping(settings: &mut Settings, case: IdentifierCase) -> BTreeMap<String, String> {
    let mut mapping = BTreeMap::new();
    let given = settings.object("schema_mapping").cloned().unwrap_or_default();
    for (carried, target) in given {
        let name = match &target {
            Value::String(name) => Some(name.as_str()),
            other => other.get("target_schema").and_then(Value::as_str),
        };
        match name.filter(|name| !name.is_empty()) {
            Some(name) => drop(mapping.insert(carried, schema_from_setting(name, case))),
            None => settings.problem("schema_mapping", format!("{carried:?} has no \"target_schema\"")),
        }
    }
    mapping
}
