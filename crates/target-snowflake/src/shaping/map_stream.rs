//! A stream map applied to a stream: its schema, its keys, and how its records are written. Records are `record_map.rs`.

use serde_json::{Map, Value, json};
use singer_protocol::SchemaMessage;

use super::expression::{Expression, Reference};
use super::map_settings::PropertyMap;
use super::record_map::RecordMap;
use super::record_rules::drop_rules_of_moved;

/// The stream's new schema and keys, and the map for its records. The stream's name stays.
///
/// # Errors
/// What the map says of properties that the stream does not have, and of keys that would go.
pub(crate) fn map_stream(
    message: &SchemaMessage,
    map: &PropertyMap,
    source: &str,
) -> Result<(SchemaMessage, RecordMap), String> {
    let raw = message.schema.get("properties").and_then(Value::as_object);
    let nothing = Map::new();
    let raw = raw.unwrap_or(&nothing);
    let keys = map.key_properties.as_ref().unwrap_or(&message.key_properties);
    let mut properties = Map::new();
    for (name, property) in raw {
        if map.keeps_others || keys.contains(name) {
            properties.insert(name.clone(), property.clone());
        }
    }
    let mut records = RecordMap::new(map.keeps_others);
    for name in properties.keys() {
        records.keep(name);
    }
    for (name, expression) in &map.properties {
        match expression {
            None if keys.contains(name) => {
                return Err(format!(
                    "stream_maps drops key property {name:?}; `__key_properties__` can name other keys, or none"
                ));
            }
            None => {
                properties.shift_remove(name);
                records.drop(name);
            }
            Some(expression) => {
                let (property, expression) = resolve(name, expression, raw, message, source)?;
                properties.insert(name.clone(), property);
                records.put(name, expression);
            }
        }
    }
    if let Some(missing) = keys.iter().find(|key| !has(&properties, key)) {
        return Err(format!("stream_maps leaves no property for key {missing:?}"));
    }
    let mut schema = message.schema.as_object().cloned().unwrap_or_default();
    let is_kept =
        |name: &str| properties.contains_key(name) && !map.properties.iter().any(|(changed, _)| changed == name);
    if let Some(Value::Array(required)) = schema.get_mut("required") {
        required.retain(|name| name.as_str().is_some_and(is_kept));
    }
    if !raw.keys().all(|name| is_kept(name)) {
        drop_rules_of_moved(&mut schema, is_kept);
    }
    schema.insert("properties".to_owned(), Value::Object(properties));
    let mapped = SchemaMessage {
        stream: message.stream.clone(),
        schema: Value::Object(schema),
        key_properties: keys.clone(),
        bookmark_properties: message.bookmark_properties.clone(),
    };
    Ok((mapped, records))
}

/// Keys may differ in case, as in columns.
fn has(properties: &Map<String, Value>, key: &str) -> bool {
    properties.contains_key(key) || properties.keys().any(|name| name.to_uppercase() == key.to_uppercase())
}

/// The property's schema, and the expression with every reference by name.
fn resolve(
    name: &str,
    expression: &Expression,
    raw: &Map<String, Value>,
    message: &SchemaMessage,
    source: &str,
) -> Result<(Value, Expression), String> {
    let find = |reference: &Reference| {
        let wanted = match reference {
            Reference::Named(wanted) => wanted.as_str(),
            Reference::Itself => name,
        };
        let property = raw
            .get(wanted)
            .ok_or_else(|| format!("stream_maps makes {name:?} from {wanted:?}, which the schema does not have"))?;
        Ok::<_, String>((property.clone(), Reference::Named(wanted.to_owned())))
    };
    Ok(match expression {
        Expression::Constant(constant) => (schema_of(constant), expression.clone()),
        Expression::StreamName { original } => {
            let constant = Value::from(if *original { source } else { message.stream.as_str() });
            (schema_of(&constant), Expression::Constant(constant))
        }
        Expression::Property(reference) => {
            let (property, reference) = find(reference)?;
            (property, Expression::Property(reference))
        }
        Expression::Record => (json!({"type": "object"}), Expression::Record),
        Expression::Hash(kind, reference) => {
            let (_, reference) = find(reference)?;
            (json!({"type": ["string", "null"]}), Expression::Hash(*kind, reference))
        }
        Expression::WithoutDashes(property) => {
            let (schema, _) = find(&Reference::Named(property.clone()))?;
            (schema, expression.clone())
        }
    })
}

fn schema_of(constant: &Value) -> Value {
    let name = match constant {
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() => "number",
        Value::Number(_) => "integer",
        _ => return json!({"type": ["string", "null"]}),
    };
    json!({"type": name})
}
