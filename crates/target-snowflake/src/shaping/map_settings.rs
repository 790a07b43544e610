//! The setting `stream_maps` in the shape of Meltano's SDK. What it cannot do is told at the start, each thing with its stream
//! and property. Applying it is `map_stream.rs`.

use serde_json::{Map, Value};

use super::expression::{Expression, configured};
use super::glob::Glob;

/// The word that stands for null where JSON null cannot be written.
const NULL_WORD: &str = "__NULL__";

/// All maps, in the order of the setting.
#[derive(Debug, Clone, Default)]
pub(crate) struct StreamMaps {
    pub(crate) maps: Vec<StreamMap>,
    /// Streams without a map are not loaded.
    pub(crate) drops_others: bool,
}

/// One map and the streams it is for.
#[derive(Debug, Clone)]
pub(crate) struct StreamMap {
    pub(crate) source: Glob,
    /// The name to load under; `None` keeps the stream's own.
    pub(crate) alias: Option<String>,
    /// Loads the stream a second time instead of in this form.
    pub(crate) is_additional: bool,
    /// `None` does not load the stream.
    pub(crate) properties: Option<PropertyMap>,
}

/// What becomes of a stream's properties.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct PropertyMap {
    /// In order; `None` drops the property.
    pub(crate) properties: Vec<(String, Option<Expression>)>,
    /// Properties that are not named are kept; keys always are.
    pub(crate) keeps_others: bool,
    /// Other keys than the tap says.
    pub(crate) key_properties: Option<Vec<String>>,
}

impl StreamMaps {
    /// Reads the setting; the second part is what is wrong with it. `config` has the constants that it may name.
    pub(crate) fn parse(setting: &Map<String, Value>, config: &Map<String, Value>) -> (Self, Vec<String>) {
        let mut maps = Self::default();
        let mut problems = Vec::new();
        for (name, map) in setting {
            if name == "__else__" {
                maps.drops_others = true;
                if !is_null(map) {
                    problems.push("`__else__` can only be null".to_owned());
                }
                continue;
            }
            if name.starts_with("__") {
                problems.push(format!("`{name}` is not known"));
                continue;
            }
            match parse_map(name, map, config, &mut problems) {
                Some(map) => maps.maps.push(map),
                None => problems.push(format!("stream `{name}` should have an object or null")),
            }
        }
        (maps, problems)
    }
}

fn is_null(value: &Value) -> bool {
    value.is_null() || value.as_str() == Some(NULL_WORD)
}

fn parse_map(name: &str, map: &Value, config: &Map<String, Value>, problems: &mut Vec<String>) -> Option<StreamMap> {
    let mut stream_map = StreamMap {
        source: Glob::new(name),
        alias: None,
        is_additional: false,
        properties: None,
    };
    if is_null(map) {
        return Some(stream_map);
    }
    let mut properties = PropertyMap {
        properties: Vec::new(),
        keeps_others: true,
        key_properties: None,
    };
    for (property, value) in map.as_object()? {
        let mut problem = |text: &str| problems.push(format!("stream `{name}`, `{property}`: {text}"));
        match property.as_str() {
            "__alias__" | "__source__" => match value.as_str().filter(|text| !text.is_empty()) {
                Some(other) if property == "__alias__" => stream_map.alias = Some(other.to_owned()),
                Some(other) => {
                    stream_map.source = Glob::new(other);
                    stream_map.is_additional = true;
                }
                None => problem("should be the name of a stream"),
            },
            "__else__" => {
                properties.keeps_others = false;
                if !is_null(value) {
                    problem("can only be null");
                }
            }
            "__key_properties__" => match key_properties(value) {
                Some(keys) => properties.key_properties = Some(keys),
                None => problem("should be a list of properties, or null"),
            },
            "__filter__" => problem(
                "records are not filtered here; put Meltano's mapper plugin (meltano-map-transformer) between tap and target",
            ),
            special if special.starts_with("__") && special.ends_with("__") => problem("is not known"),
            _ => match parse_property(value, config) {
                Ok(expression) => properties.properties.push((property.clone(), expression)),
                Err(text) => problem(text),
            },
        }
    }
    if stream_map.is_additional {
        stream_map.alias = Some(name.to_owned());
    }
    stream_map.properties = Some(properties);
    Some(stream_map)
}

/// A list of names, or null for no keys at all.
fn key_properties(value: &Value) -> Option<Vec<String>> {
    if is_null(value) {
        return Some(Vec::new());
    }
    let names = value.as_array()?.iter();
    names.map(|name| name.as_str().map(str::to_owned)).collect()
}

fn parse_property(value: &Value, config: &Map<String, Value>) -> Result<Option<Expression>, &'static str> {
    match value {
        _ if is_null(value) => Ok(None),
        Value::String(text) => match configured(text) {
            Some(name) => match config.get(&name) {
                Some(Value::Object(_) | Value::Array(_)) | None => {
                    Err("stream_map_config should have text, a number, true, false or null of that name")
                }
                Some(constant) => Ok(Some(Expression::Constant(constant.clone()))),
            },
            None => Expression::parse(text).map(Some).ok_or(
                "needs an expression language; put Meltano's mapper plugin (meltano-map-transformer) between tap and target",
            ),
        },
        Value::Number(_) | Value::Bool(_) => Ok(Some(Expression::Constant(value.clone()))),
        _ => Err("should be text, a number, true, false or null"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn problems(setting: Value) -> Vec<String> {
        let config = json!({"origin": "hr", "list": []});
        StreamMaps::parse(
            setting.as_object().expect("an object"),
            config.as_object().expect("an object"),
        )
        .1
    }

    #[test]
    fn everything_wrong_is_told_with_its_place() {
        let setting = json!({
            "orders": {"__filter__": "x > 1", "total": "a * b", "__what__": 1, "list": [], "c": "config['list']", "d": "config['x']"},
            "__unknown__": null,
            "other": "text",
            "more": {"__key_properties__": "id", "__else__": 5, "__alias__": ""},
        });
        let found = problems(setting);
        assert_eq!(found.len(), 11, "{found:#?}");
        assert!(
            found
                .iter()
                .any(|text| text.starts_with("stream `orders`, `total`: needs an expression language"))
        );
        assert!(
            found
                .iter()
                .any(|text| text.starts_with("stream `orders`, `__filter__`: records are not filtered"))
        );
        assert!(found.iter().all(|text| !text.contains("a * b")));
    }

    #[test]
    fn nothing_is_wrong_with_what_can_be_done() {
        let setting = json!({
            "orders": {"__alias__": "sales", "a": null, "b": "__NULL__", "c": "'x'", "d": 5, "o": "config[\"origin\"]", "__key_properties__": ["id"]},
            "people*": {"__else__": null, "mail": "md5(mail)"},
            "copy": {"__source__": "orders"},
            "secrets": null,
            "__else__": "__NULL__",
        });
        assert_eq!(problems(setting.clone()), Vec::<String>::new());
        let config = json!({"origin": "hr"});
        let (maps, _) = StreamMaps::parse(
            setting.as_object().expect("an object"),
            config.as_object().expect("an object"),
        );
        assert!(maps.drops_others);
        assert_eq!(maps.maps.iter().filter(|map| map.is_additional).count(), 1);
    }
}
