//! The environment that settings are read from: the process's variables, and beneath them those of a `.env` file.
//! How such a file is read is `environment_file.rs`.

use std::collections::BTreeMap;
use std::fmt;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use crate::environment_file;
use crate::program::Program;

/// The environment variables of the process, or those of a test.
#[derive(Clone, Default)]
pub struct Environment {
    variables: BTreeMap<String, String>,
    file: Option<File>,
}

/// The `.env` file that was found, and what there is to say of it.
#[derive(Clone)]
struct File {
    path: PathBuf,
    /// Names that it gave a value to.
    names: Vec<String>,
    wrong_lines: Vec<usize>,
    problem: Option<ErrorKind>,
}

impl Environment {
    /// Those of this process; a value that is not Unicode is left out. Variables that it lacks come from the file `.env` of
    /// the working directory, or else of the nearest directory above it that has one. They count for this program's
    /// settings alone: the process's own environment stays as it is.
    #[must_use]
    pub fn of_process() -> Self {
        let unicode = |(name, value): (std::ffi::OsString, std::ffi::OsString)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        };
        let environment = Self {
            variables: std::env::vars_os().filter_map(unicode).collect(),
            file: None,
        };
        match std::env::current_dir() {
            Ok(directory) => environment.with_file_of(&directory),
            Err(_) => environment,
        }
    }

    /// The given ones.
    pub fn from_pairs<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let owned = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
        Self {
            variables: pairs.into_iter().map(owned).collect(),
            file: None,
        }
    }

    fn with_file_of(mut self, directory: &Path) -> Self {
        let Some(path) = environment_file::find(directory) else {
            return self;
        };
        let mut file = File {
            path,
            names: Vec::new(),
            wrong_lines: Vec::new(),
            problem: None,
        };
        match std::fs::read_to_string(&file.path) {
            Ok(text) => {
                let (variables, wrong_lines) = environment_file::read(&text, |name| self.get(name));
                file.wrong_lines = wrong_lines;
                for (name, value) in variables {
                    if let std::collections::btree_map::Entry::Vacant(place) = self.variables.entry(name) {
                        file.names.push(place.key().clone());
                        place.insert(value);
                    }
                }
            }
            Err(error) => file.problem = Some(error.kind()),
        }
        self.file = Some(file);
        self
    }

    /// A variable; an empty one counts as not set.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.variables
            .get(name)
            .map(String::as_str)
            .filter(|value| !value.is_empty())
    }

    /// Says what there is to say of the file, now that there is a log.
    pub(crate) fn log_file(&self, program: &Program) {
        let Some(file) = &self.file else { return };
        let path = file.path.display();
        if let Some(problem) = file.problem {
            log::warn!("cannot read {path}: {problem}");
        }
        let prefix = program.environment_variable("");
        let used = file.names.iter().filter(|name| name.starts_with(&prefix)).count();
        if used > 0 {
            log::info!("{used} settings from {path}");
        }
        for line in &file.wrong_lines {
            log::warn!("line {line} of {path} is no variable and has no effect");
        }
    }
}

impl fmt::Debug for Environment {
    /// Names only: values may be secrets.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_set().entries(self.variables.keys()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_fills_in_what_the_process_lacks() {
        let directory = tempfile::tempdir().unwrap();
        std::fs::write(
            directory.path().join(".env"),
            "TAP_TEST_TOKEN=file\nTAP_TEST_ROWS=5\nEMPTY=\n",
        )
        .unwrap();
        let pairs = [("TAP_TEST_TOKEN", "process"), ("EMPTY", "")];
        let environment = Environment::from_pairs(pairs).with_file_of(directory.path());
        assert_eq!(environment.get("TAP_TEST_TOKEN"), Some("process"));
        assert_eq!(environment.get("TAP_TEST_ROWS"), Some("5"));
        assert_eq!(environment.get("EMPTY"), None);
        assert!(!format!("{environment:?}").contains("file"));
    }
}
