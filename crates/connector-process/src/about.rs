//! What `--about` says, the README's settings table and the JSON Schema of the settings: all from the one table.

use std::fmt::Write;

use serde_json::{Map, Value, json};

use crate::program::{Program, Setting, SettingKind};

/// The object of `--about --format json`, with the keys that Meltano's tools read.
#[must_use]
pub fn about_json(program: &Program) -> Value {
    json!({
        "name": program.name,
        "description": program.description,
        "version": program.version,
        "sdk_version": null,
        "supported_python_versions": [],
        "capabilities": program.capabilities,
        "settings": settings_json_schema(program),
    })
}

/// JSON Schema of a config file. Unknown keys are allowed, as the program only warns of them.
#[must_use]
pub fn settings_json_schema(program: &Program) -> Value {
    let properties: Map<String, Value> = program
        .settings
        .iter()
        .map(|setting| (setting.name.to_owned(), property(program, setting)))
        .collect();
    let required: Vec<&str> = program
        .settings
        .iter()
        .filter(|setting| setting.required)
        .map(|setting| setting.name)
        .collect();
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": format!("Settings of {}", program.name),
        "type": "object",
        "properties": properties,
        "required": required,
    })
}

fn property(program: &Program, setting: &Setting) -> Value {
    let mut kinds = vec![json_type(setting.kind), "null"];
    if setting.is_switch {
        kinds.insert(1, "boolean");
    }
    let mut property = json!({
        "type": kinds,
        "title": title(setting.name),
        "description": setting.description,
        "x-environment-variable": program.environment_variable(setting.name),
    });
    let mut add = |key: &str, value: Value| {
        if let Some(fields) = property.as_object_mut() {
            fields.insert(key.to_owned(), value);
        }
    };
    if setting.kind == SettingKind::List {
        add("items", json!({"type": "string"}));
    }
    if let Some(default) = setting.default_value() {
        add("default", default);
    }
    if !setting.options.is_empty() {
        let words = setting.options.iter().map(|word| json!(word)).chain([Value::Null]);
        add(if setting.is_open { "examples" } else { "enum" }, words.collect());
    }
    if !setting.aliases.is_empty() {
        add("x-aliases", json!(setting.aliases));
    }
    if setting.secret {
        add("secret", Value::Bool(true));
        add("writeOnly", Value::Bool(true));
    }
    property
}

fn json_type(kind: SettingKind) -> &'static str {
    match kind {
        SettingKind::Text => "string",
        SettingKind::Boolean => "boolean",
        SettingKind::Integer => "integer",
        SettingKind::List => "array",
        SettingKind::Object => "object",
    }
}

fn title(name: &str) -> String {
    let words = name.replace('_', " ");
    let mut letters = words.chars();
    letters
        .next()
        .map(|first| first.to_uppercase().chain(letters).collect())
        .unwrap_or_default()
}

/// The settings as a Markdown table, for `--about --format markdown` and the README.
#[must_use]
pub fn settings_markdown(program: &Program) -> String {
    let mut table = String::from("| Setting | Type | Default | What it does |\n|---|---|---|---|\n");
    for setting in program.settings {
        let cell = |text: &str| text.replace('|', "\\|");
        let aliases = setting
            .aliases
            .iter()
            .map(|alias| format!("`{alias}`"))
            .collect::<Vec<_>>()
            .join(", ");
        let aliases = if aliases.is_empty() {
            aliases
        } else {
            format!(" Also: {aliases}.")
        };
        let options = setting
            .options
            .iter()
            .map(|word| format!("`{word}`"))
            .collect::<Vec<_>>()
            .join(", ");
        let options = if options.is_empty() {
            options
        } else {
            format!(" One of {options}.")
        };
        let default = if setting.required {
            "**required**".to_owned()
        } else {
            default_cell(setting)
        };
        let kind = json_type(setting.kind);
        let kind = if setting.secret {
            format!("{kind}, secret")
        } else {
            kind.to_owned()
        };
        let description = cell(setting.description);
        let _infallible = writeln!(
            table,
            "| `{}` | {kind} | {default} | {description}{options}{aliases} |",
            setting.name
        );
    }
    table
}

/// The other programs' settings without effect as a Markdown table; empty when there are none.
#[must_use]
pub fn other_settings_markdown(program: &Program) -> String {
    if program.other_settings.is_empty() {
        return String::new();
    }
    let mut table = String::from("| Setting | Of | Why it has no effect |\n|---|---|---|\n");
    for other in program.other_settings {
        let _infallible = writeln!(table, "| `{}` | {} | {} |", other.name, other.of, other.reason);
    }
    table
}

fn default_cell(setting: &Setting) -> String {
    match setting.default_value() {
        Some(Value::String(text)) => format!("`{text}`"),
        Some(value) => format!("`{value}`"),
        None => String::new(),
    }
}

/// The text of `--about --format markdown`.
pub(crate) fn about_markdown(program: &Program) -> String {
    let capabilities = program
        .capabilities
        .iter()
        .map(|name| format!("* `{name}`\n"))
        .collect::<String>();
    let mut text = format!(
        "# `{}`\n\n{}\n\nVersion {}.\n\n## Capabilities\n\n{capabilities}\n## Settings\n\n{}",
        program.name,
        program.description,
        program.version,
        settings_markdown(program),
    );
    let others = other_settings_markdown(program);
    if !others.is_empty() {
        let _infallible = write!(text, "\n## Settings of other programs\n\n{others}");
    }
    text
}

/// The text of plain `--about`.
#[must_use]
pub fn about_text(program: &Program) -> String {
    let mut text = format!("{} v{}\n{}\n\n", program.name, program.version, program.description);
    let _infallible = writeln!(text, "Capabilities: {}\n\nSettings:", program.capabilities.join(", "));
    for setting in program.settings {
        let note = match (setting.required, setting.default) {
            (true, _) => ", required".to_owned(),
            (false, Some(default)) => format!(", default {default}"),
            (false, None) => String::new(),
        };
        let kind = json_type(setting.kind);
        let _infallible = writeln!(text, "  {} ({kind}{note})\n      {}", setting.name, setting.description);
    }
    let variable = program.environment_variable("<setting>");
    let _infallible = writeln!(
        text,
        "\nEvery setting can also come from the environment, as {variable}."
    );
    text
}
