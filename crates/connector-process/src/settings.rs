//! Settings from config files and environment, typed by the program's table, with every problem collected.
//! Environment beats later files, later files beat earlier ones, defaults come last. What they mean is for `config.rs`.

use std::collections::BTreeSet;
use std::fmt;

use serde_json::{Map, Value};

use crate::coerce::{from_file, from_text};
use crate::environment::Environment;
use crate::failure::{ExitCode, Failure};
use crate::program::Program;
use crate::secret::Secret;

/// Typed settings, and what was wrong with them so far. Reading a wrong or missing setting gives its empty value, so a
/// program reads everything, adds its own problems, and then asks [`check`](Settings::check) once.
pub struct Settings {
    program: &'static Program,
    values: Map<String, Value>,
    problems: Vec<(String, String)>,
    /// Other programs' settings that were given; each is told once.
    others: BTreeSet<&'static str>,
}

/// Reads the settings. `sources` are the arguments of `--config`: paths, or the word `ENV`, which needs no reading
/// because the environment always counts. Unknown keys are warned of and dropped.
#[must_use]
pub fn load_settings(program: &'static Program, sources: &[String], environment: &Environment) -> Settings {
    let mut settings = Settings {
        program,
        values: Map::new(),
        problems: Vec::new(),
        others: BTreeSet::new(),
    };
    for source in sources.iter().filter(|source| *source != "ENV") {
        match read_file(source) {
            Ok(file) => settings.take_file(source, file),
            Err(problem) => settings.problem(source, problem),
        }
    }
    environment.log_file(program);
    settings.take_environment(environment);
    settings.finish();
    settings
}

fn read_file(path: &str) -> Result<Map<String, Value>, String> {
    let text = std::fs::read_to_string(path).map_err(|error| format!("cannot read this config file: {error}"))?;
    let text = text.trim_start_matches('\u{feff}');
    let value: Value = serde_json::from_str(text)
        .map_err(|error| format!("not valid JSON (line {}, column {})", error.line(), error.column()))?;
    match value {
        Value::Object(file) => Ok(file),
        _ => Err("not a JSON object".to_owned()),
    }
}

impl Settings {
    fn take_file(&mut self, path: &str, file: Map<String, Value>) {
        for (key, value) in &file {
            let Some(setting) = self.program.setting(key) else {
                if self.program.other_setting(key).is_none() {
                    log::warn!("unknown setting `{key}` in {path} has no effect");
                } else if !value.is_null() {
                    self.tell_other(key);
                }
                continue;
            };
            let alias_is_shadowed = setting.name != key && file.contains_key(setting.name);
            if value.is_null() || alias_is_shadowed {
                continue;
            }
            match from_file(setting, value) {
                Ok(value) => drop(self.values.insert(setting.name.to_owned(), value)),
                Err(expected) => self.problem(key, format!("should be {expected}")),
            }
        }
    }

    fn take_environment(&mut self, environment: &Environment) {
        for setting in self.program.settings {
            let names = std::iter::once(&setting.name).chain(setting.aliases);
            let variables = names.map(|name| self.program.environment_variable(name));
            let Some((variable, text)) = variables
                .into_iter()
                .find_map(|variable| Some((variable.clone(), environment.get(&variable)?)))
            else {
                continue;
            };
            match from_text(setting, text) {
                Ok(value) => drop(self.values.insert(setting.name.to_owned(), value)),
                Err(expected) => self.problem(&variable, format!("should be {expected}")),
            }
        }
        for other in self.program.other_settings {
            if environment
                .get(&self.program.environment_variable(other.name))
                .is_some()
            {
                self.tell_other(other.name);
            }
        }
    }

    fn tell_other(&mut self, key: &str) {
        if let Some(other) = self.program.other_setting(key)
            && self.others.insert(other.name)
        {
            log::info!("setting `{key}` ({}) has no effect: {}", other.of, other.reason);
        }
    }

    /// Defaults, and what is required and still missing.
    fn finish(&mut self) {
        for setting in self.program.settings {
            let found = self.values.get(setting.name);
            if setting.required && found.is_none_or(|value| value.as_str() == Some("")) {
                let variable = self.program.environment_variable(setting.name);
                if !self.has_problem(setting.name) {
                    self.problem(
                        setting.name,
                        format!("missing (a key of the config file, or {variable})"),
                    );
                }
            } else if let (None, Some(default)) = (found, setting.default_value()) {
                self.values.insert(setting.name.to_owned(), default);
            }
        }
    }

    /// Notes a problem with a key; the text must not hold a secret.
    pub fn problem(&mut self, key: &str, text: impl Into<String>) {
        self.problems.push((key.to_owned(), text.into()));
    }

    /// True when something was noted about the setting, under whichever of its names.
    #[must_use]
    pub fn has_problem(&self, name: &str) -> bool {
        let variable = self.program.environment_variable(name);
        self.problems.iter().any(|(key, _)| {
            *key == variable || key == name || self.program.setting(key).is_some_and(|known| known.name == name)
        })
    }

    /// All problems so far as one failure, or nothing.
    ///
    /// # Errors
    /// A [`Failure`] with [`ExitCode::Usage`] that names every key.
    pub fn check(&self) -> Result<(), Failure> {
        let listed: Vec<String> = self
            .problems
            .iter()
            .map(|(key, text)| format!("`{key}`: {text}"))
            .collect();
        let message = match listed.as_slice() {
            [] => return Ok(()),
            [one] => format!("setting {one}"),
            many => format!("{} settings are wrong: {}", many.len(), many.join("; ")),
        };
        let hint = format!("`{} --about` lists every setting", self.program.name);
        Err(Failure::new(ExitCode::Usage, message).with_hint(hint))
    }

    /// True when the user (not a default) or a default gave a value.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.values.get(name).is_some_and(|value| value.as_str() != Some(""))
    }

    /// Text, `None` when absent or empty.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<String> {
        self.values
            .get(name)?
            .as_str()
            .filter(|text| !text.is_empty())
            .map(str::to_owned)
    }

    /// Text that must not be shown.
    #[must_use]
    pub fn secret(&self, name: &str) -> Option<Secret> {
        self.text(name).map(Secret::new)
    }

    /// True or false; false when absent.
    #[must_use]
    pub fn boolean(&self, name: &str) -> bool {
        self.values.get(name).and_then(Value::as_bool).unwrap_or(false)
    }

    /// A whole number.
    #[must_use]
    pub fn integer(&self, name: &str) -> Option<i64> {
        self.values.get(name)?.as_i64()
    }

    /// A whole number that must lie in `range`; outside it is noted as a problem.
    pub fn integer_within(&mut self, name: &str, range: std::ops::RangeInclusive<i64>) -> Option<i64> {
        let number = self.integer(name)?;
        if !range.contains(&number) {
            self.problem(name, format!("should be from {} to {}", range.start(), range.end()));
            return None;
        }
        Some(number)
    }

    /// A list of texts, empty when absent.
    #[must_use]
    pub fn list(&self, name: &str) -> Vec<String> {
        let items = self.values.get(name).and_then(Value::as_array).into_iter().flatten();
        items.filter_map(Value::as_str).map(str::to_owned).collect()
    }

    /// An object.
    #[must_use]
    pub fn object(&self, name: &str) -> Option<&Map<String, Value>> {
        self.values.get(name)?.as_object()
    }
}

impl fmt::Debug for Settings {
    /// Names only: values may be secrets.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_set().entries(self.values.keys()).finish()
    }
}

#[cfg(test)]
mod tests;
