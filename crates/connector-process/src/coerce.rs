//! One value to the kind its setting has. An error says what was expected and never what was there.

use serde_json::Value;

use crate::program::{Setting, SettingKind};

/// A value from a config file. Text is accepted for every kind, because Meltano fills placeholders with text.
pub(crate) fn from_file(setting: &Setting, value: &Value) -> Result<Value, String> {
    let matches_kind = match setting.kind {
        SettingKind::Text => false,
        SettingKind::Boolean => value.is_boolean(),
        SettingKind::Integer => value.is_i64(),
        SettingKind::List => value.as_array().is_some_and(|items| items.iter().all(Value::is_string)),
        SettingKind::Object => value.is_object(),
    };
    match value {
        _ if matches_kind => Ok(value.clone()),
        Value::String(text) => from_text(setting, text),
        Value::Number(number) if setting.kind == SettingKind::Text => from_text(setting, &number.to_string()),
        Value::Bool(flag) if setting.kind == SettingKind::Text || setting.is_switch => {
            from_text(setting, &flag.to_string())
        }
        Value::Number(number) if setting.kind == SettingKind::Integer => match number.as_f64() {
            Some(float) if float.fract() == 0.0 => from_text(setting, &format!("{float:.0}")),
            _ => Err(expected(setting)),
        },
        _ => Err(expected(setting)),
    }
}

/// A value from the environment, or text from a file.
pub(crate) fn from_text(setting: &Setting, text: &str) -> Result<Value, String> {
    let trimmed = text.trim();
    let converted = match setting.kind {
        SettingKind::Text => return option_of(setting, text),
        SettingKind::Boolean => boolean(trimmed).map(Value::Bool),
        SettingKind::Integer => trimmed.parse::<i64>().ok().map(Value::from),
        SettingKind::List => list(trimmed),
        SettingKind::Object => serde_json::from_str(trimmed).ok().filter(Value::is_object),
    };
    converted.ok_or_else(|| expected(setting))
}

fn boolean(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "1" | "yes" | "on" | "t" | "y" => Some(true),
        "false" | "0" | "no" | "off" | "f" | "n" => Some(false),
        _ => None,
    }
}

fn list(text: &str) -> Option<Value> {
    if text.starts_with('[') {
        let parsed: Vec<String> = serde_json::from_str(text).ok()?;
        return Some(Value::from(parsed));
    }
    let names = text.split(',').map(str::trim).filter(|name| !name.is_empty());
    Some(Value::from(names.collect::<Vec<_>>()))
}

/// Text, in the table's own spelling when only some words are allowed.
fn option_of(setting: &Setting, text: &str) -> Result<Value, String> {
    if setting.options.is_empty() {
        return Ok(Value::from(text));
    }
    let found = setting
        .options
        .iter()
        .find(|option| option.eq_ignore_ascii_case(text.trim()));
    match found {
        Some(option) => Ok(Value::from(*option)),
        None if setting.is_open => Ok(Value::from(text)),
        None => Err(expected(setting)),
    }
}

fn expected(setting: &Setting) -> String {
    match setting.kind {
        SettingKind::Text if !setting.options.is_empty() => format!("one of {}", setting.options.join(", ")),
        SettingKind::Text => "text".to_owned(),
        SettingKind::Boolean => "true or false".to_owned(),
        SettingKind::Integer => "a whole number".to_owned(),
        SettingKind::List => "a list of texts".to_owned(),
        SettingKind::Object => "a JSON object".to_owned(),
    }
}
