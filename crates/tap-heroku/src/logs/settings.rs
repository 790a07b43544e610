//! The settings `log_files` and `logs`: where lines come from, whose they are, which are wanted.

use std::path::Path;

use globset::{Glob, GlobMatcher};
use serde_json::{Map, Value};

use crate::logs::filter::LineFilter;

/// Text for the settings table.
pub(crate) const OPTIONS_DESCRIPTION: &str = "Options of the log streams, an object. `sources` and `processes`: lists of globs such as `app`, `web.*`, or `!router` \
     to leave lines out (default: all). `app`: name of the app whose lines the log_files hold. `file_apps`: the same per file, \
     an object from path or glob to app name. `sessions`: true to read log sessions also when log_files are given. \
     `keep_signatures`: true to leave the secrets of signed addresses (`X-Amz-Signature` and the like) in messages, where they \
     are otherwise replaced by `***`.";

/// The name in `log_files` that stands for standard input.
pub(crate) const STANDARD_INPUT: &str = "-";

/// Ready settings of the log streams.
#[derive(Debug, Clone, Default)]
pub(crate) struct LogSettings {
    /// Paths and globs, without `-`.
    pub(crate) files: Vec<String>,
    pub(crate) reads_standard_input: bool,
    pub(crate) filter: LineFilter,
    app: Option<String>,
    file_apps: Vec<(GlobMatcher, String)>,
    sessions: bool,
    /// Leave the secrets of signed addresses in messages.
    pub(crate) keeps_signatures: bool,
}

impl LogSettings {
    /// Checks both settings.
    ///
    /// # Errors
    /// One text per problem.
    pub(crate) fn new(log_files: &[String], options: &Map<String, Value>) -> Result<LogSettings, Vec<String>> {
        let mut problems = Vec::new();
        let mut settings = LogSettings {
            files: log_files
                .iter()
                .filter(|file| *file != STANDARD_INPUT)
                .cloned()
                .collect(),
            reads_standard_input: log_files.iter().any(|file| file == STANDARD_INPUT),
            ..LogSettings::default()
        };
        if log_files.iter().any(|file| file.trim().is_empty()) {
            problems.push("log_files has an empty path".to_owned());
        }
        let (mut sources, mut processes) = (Vec::new(), Vec::new());
        for (name, value) in options {
            let problem = match name.as_str() {
                "sources" => take_list(value, &mut sources),
                "processes" => take_list(value, &mut processes),
                "app" => take_text(value, &mut settings.app),
                "file_apps" => take_file_apps(value, &mut settings.file_apps),
                "sessions" => take_boolean(value, &mut settings.sessions),
                "keep_signatures" => take_boolean(value, &mut settings.keeps_signatures),
                _ => Err(
                    "is not an option; there are sources, processes, app, file_apps, sessions, keep_signatures"
                        .to_owned(),
                ),
            };
            problems.extend(problem.err().map(|problem| format!("`{name}` {problem}")));
        }
        match LineFilter::new(&sources, &processes) {
            Ok(filter) => settings.filter = filter,
            Err(problem) => problems.push(problem),
        }
        if problems.is_empty() {
            Ok(settings)
        } else {
            Err(problems)
        }
    }

    /// Whether log sessions are read, for which the API and the list of apps are needed.
    pub(crate) fn reads_sessions(&self) -> bool {
        self.sessions || (self.files.is_empty() && !self.reads_standard_input)
    }

    /// The app whose lines a file holds, if a setting says it. `None` for the path means standard input.
    pub(crate) fn app_of(&self, path: Option<&Path>) -> Option<&str> {
        let path = path.unwrap_or(Path::new(STANDARD_INPUT));
        let named = self
            .file_apps
            .iter()
            .find(|(glob, _)| glob.is_match(path))
            .map(|(_, app)| app);
        named.or(self.app.as_ref()).map(String::as_str)
    }
}

fn take_list(value: &Value, target: &mut Vec<String>) -> Result<(), String> {
    let texts = value
        .as_array()
        .map(|items| items.iter().map(Value::as_str).collect::<Option<Vec<_>>>());
    let texts = texts.flatten().ok_or("should be a list of texts")?;
    target.extend(texts.into_iter().map(str::to_owned));
    Ok(())
}

fn take_text(value: &Value, target: &mut Option<String>) -> Result<(), String> {
    let text = value
        .as_str()
        .filter(|text| !text.trim().is_empty())
        .ok_or("should be a text")?;
    *target = Some(text.to_owned());
    Ok(())
}

fn take_boolean(value: &Value, target: &mut bool) -> Result<(), String> {
    *target = value.as_bool().ok_or("should be true or false")?;
    Ok(())
}

fn take_file_apps(value: &Value, target: &mut Vec<(GlobMatcher, String)>) -> Result<(), String> {
    let entries = value.as_object().ok_or("should be an object from path to app name")?;
    for (pattern, app) in entries {
        let app = app
            .as_str()
            .ok_or_else(|| format!("should have a text for `{pattern}`"))?;
        let glob =
            Glob::new(pattern).map_err(|problem| format!("has a pattern that is not valid: {}", problem.kind()))?;
        target.push((glob.compile_matcher(), app.to_owned()));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn settings(files: &[&str], options: Value) -> Result<LogSettings, Vec<String>> {
        let files: Vec<String> = files.iter().map(|file| (*file).to_owned()).collect();
        LogSettings::new(&files, options.as_object().unwrap())
    }

    #[test]
    fn files_take_the_place_of_sessions_unless_asked() {
        assert!(settings(&[], json!({})).unwrap().reads_sessions());
        assert!(!settings(&["-"], json!({})).unwrap().reads_sessions());
        let both = settings(&["a.log", "-"], json!({"sessions": true})).unwrap();
        assert!(both.reads_sessions() && both.reads_standard_input);
        assert_eq!(both.files, ["a.log"]);
    }

    #[test]
    fn apps_of_files() {
        let settings = settings(
            &["-"],
            json!({"app": "rest", "file_apps": {"/logs/shop*.log": "shop", "-": "piped"}}),
        )
        .unwrap();
        assert_eq!(settings.app_of(Some(Path::new("/logs/shop-1.log"))), Some("shop"));
        assert_eq!(settings.app_of(Some(Path::new("/logs/x.log"))), Some("rest"));
        assert_eq!(settings.app_of(None), Some("piped"));
    }

    #[test]
    fn all_problems_come_at_once() {
        let options =
            json!({"sources": "app", "processes": [1], "app": "", "file_apps": {"[": "x"}, "sessions": 1, "typo": 2});
        let problems = settings(&["a", ""], options).unwrap_err();
        assert_eq!(problems.len(), 7, "{problems:?}");
    }
}
