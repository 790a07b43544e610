//! From a tap's stream to the streams that are loaded of it: none, one, or several under other names.

use serde_json::{Value, json};
use singer_protocol::SchemaMessage;

use super::expression::Expression;
use super::flatten_schema::flatten_schema;
use super::map_settings::{PropertyMap, StreamMap};
use super::map_stream::map_stream;
use super::record_shaper::{RecordShaper, Step};
use super::settings::ShapingSettings;

/// The column of a stream that is loaded whole.
const WHOLE_RECORD: &str = "RECORD";

/// A stream that is loaded.
#[derive(Debug)]
pub(crate) struct Output {
    /// Its name, schema and keys.
    pub(crate) message: SchemaMessage,
    /// What is done with each record; `None` for nothing.
    pub(crate) shaper: Option<RecordShaper>,
}

impl Output {
    /// The stream as it came.
    pub(crate) fn unchanged(message: SchemaMessage) -> Self {
        Self { message, shaper: None }
    }
}

impl ShapingSettings {
    /// What is loaded of a stream.
    ///
    /// # Errors
    /// What cannot be done with this stream's schema, in words.
    pub(crate) fn outputs(&self, message: &SchemaMessage) -> Result<Vec<Output>, String> {
        let matching: Vec<&StreamMap> = self
            .maps
            .maps
            .iter()
            .filter(|map| map.source.matches(&message.stream))
            .collect();
        let primary = matching.iter().rev().find(|map| !map.is_additional);
        let mut outputs = Vec::new();
        match primary {
            Some(map) => outputs.extend(self.mapped(message, map)?),
            None if self.maps.drops_others => {}
            None => outputs.push(self.finish(message.clone(), RecordShaper::default())?),
        }
        for map in matching.iter().filter(|map| map.is_additional) {
            outputs.extend(self.mapped(message, map)?);
        }
        Ok(outputs)
    }

    fn mapped(&self, message: &SchemaMessage, map: &StreamMap) -> Result<Option<Output>, String> {
        let Some(properties) = &map.properties else {
            return Ok(None);
        };
        let mut named = message.clone();
        if let Some(alias) = &map.alias {
            named.stream.clone_from(alias);
        }
        let (mapped, records) = map_stream(&named, properties, &message.stream)?;
        let mut shaper = RecordShaper::default();
        shaper.add(Step::Map(records));
        self.finish(mapped, shaper).map(Some)
    }

    /// What comes after the maps: one VARIANT column, or flattening; and UUIDs.
    fn finish(&self, mut message: SchemaMessage, mut shaper: RecordShaper) -> Result<Output, String> {
        if self.as_variant.iter().any(|glob| glob.matches(&message.stream)) {
            let (whole, records) = map_stream(&with_keys(&message), &whole_record(), &message.stream)?;
            shaper.add(Step::Map(records));
            message = whole;
        } else if let Some(settings) = &self.flattening {
            let (flat, plan) = flatten_schema(&message.schema, settings)?;
            message.schema = flat;
            shaper.add(Step::Flatten {
                plan,
                separator: settings.separator.clone(),
            });
        }
        let uuids = if self.strips_uuids {
            uuids(&message.schema)
        } else {
            Vec::new()
        };
        if !uuids.is_empty() {
            let stripped = uuids.into_iter().map(|name| {
                let expression = Expression::WithoutDashes(name.clone());
                (name, Some(expression))
            });
            let map = PropertyMap {
                properties: stripped.collect(),
                keeps_others: true,
                key_properties: None,
            };
            let (stripped, records) = map_stream(&message, &map, &message.stream)?;
            shaper.add(Step::Map(records));
            message = stripped;
        }
        Ok(Output {
            message,
            shaper: (!shaper.is_empty()).then_some(shaper),
        })
    }
}

fn whole_record() -> PropertyMap {
    PropertyMap {
        properties: vec![(WHOLE_RECORD.to_owned(), Some(Expression::Record))],
        keeps_others: false,
        key_properties: None,
    }
}

/// The stream with a property for each key, also when the schema says nothing of them.
fn with_keys(message: &SchemaMessage) -> SchemaMessage {
    let mut message = message.clone();
    let mut properties = match message.schema.get("properties") {
        Some(Value::Object(properties)) => properties.clone(),
        _ => serde_json::Map::new(),
    };
    for key in &message.key_properties {
        let is_there = properties.keys().any(|name| name.to_uppercase() == key.to_uppercase());
        if !is_there {
            properties.insert(key.clone(), json!({}));
        }
    }
    // Nothing else of the schema can hold for the new shape.
    message.schema = json!({"properties": properties});
    message
}

/// The properties that are texts of the format `uuid`.
fn uuids(schema: &Value) -> Vec<String> {
    let properties = schema.get("properties").and_then(Value::as_object);
    let is_uuid = |property: &Value| property.get("format").and_then(Value::as_str) == Some("uuid");
    let found = properties
        .into_iter()
        .flatten()
        .filter(|(_, property)| is_uuid(property));
    found.map(|(name, _)| name.clone()).collect()
}

#[cfg(test)]
mod tests;
