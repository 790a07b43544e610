//! One run of the program with files in a directory of its own, and what came out.

use std::ffi::OsString;
use std::path::Path;

use connector_process::{Environment, Failure};
use jsonschema::Validator;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use test_support::heroku_simulator::HerokuSimulator;

use crate::command;

/// What a run wrote and how it ended.
pub(crate) struct Trial {
    pub(crate) messages: Vec<Value>,
    pub(crate) outcome: Result<(), Failure>,
}

/// Runs with these settings, reading `apps` and `releases` only.
pub(crate) fn run(settings: &Value, state: Option<&Value>) -> Trial {
    let catalog = json!({"streams": [{"tap_stream_id": "apps"}, {"tap_stream_id": "releases"}]});
    run_with(settings, state, &catalog)
}

/// Runs with a catalog.
pub(crate) fn run_with(settings: &Value, state: Option<&Value>, catalog: &Value) -> Trial {
    let directory = tempfile::tempdir().unwrap();
    let file = |name: &str, content: &Value| write(directory.path(), name, &content.to_string());
    let mut arguments = vec!["--config".to_owned(), file("config.json", settings)];
    arguments.extend(["--catalog".to_owned(), file("catalog.json", catalog)]);
    if let Some(state) = state {
        arguments.extend(["--state".to_owned(), file("state.json", state)]);
    }
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let (stdout, outcome) = run_command(&arguments, &[]);
    let messages: Vec<Value> = stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    check_order_and_schemas(&messages);
    Trial { messages, outcome }
}

/// Runs the bare command line.
pub(crate) fn run_command(arguments: &[&str], environment: &[(&str, &str)]) -> (String, Result<(), Failure>) {
    let mut stdout = Vec::new();
    let arguments = std::iter::once("tap-heroku")
        .chain(arguments.iter().copied())
        .map(OsString::from);
    let environment = Environment::from_pairs(environment.iter().copied());
    let outcome = command::run(arguments, &environment, &mut stdout);
    (String::from_utf8(stdout).unwrap(), outcome)
}

pub(crate) fn write(directory: &Path, name: &str, content: &str) -> String {
    let path = directory.join(name);
    std::fs::write(&path, content).unwrap();
    path.to_str().unwrap().to_owned()
}

/// Settings for a simulated account.
pub(crate) fn settings(heroku: &HerokuSimulator) -> Value {
    json!({"api_url": heroku.url(), "api_token": heroku.api_token()})
}

/// Every RECORD follows its SCHEMA, is valid by it and has no property outside it.
fn check_order_and_schemas(messages: &[Value]) {
    let mut schemas: BTreeMap<&str, (Validator, &Value)> = BTreeMap::new();
    for message in messages {
        let stream = message["stream"].as_str().unwrap_or_default();
        match message["type"].as_str().unwrap() {
            "SCHEMA" => {
                let validator = jsonschema::options()
                    .should_validate_formats(true)
                    .build(&message["schema"])
                    .unwrap();
                schemas.insert(stream, (validator, &message["schema"]["properties"]));
            }
            "RECORD" => {
                let (validator, properties) = &schemas[stream];
                let problems: Vec<String> = validator
                    .iter_errors(&message["record"])
                    .map(|p| p.to_string())
                    .collect();
                assert!(problems.is_empty(), "{stream}: {problems:?}");
                let names = message["record"].as_object().unwrap().keys();
                let unknown: Vec<_> = names.filter(|name| properties.get(name.as_str()).is_none()).collect();
                assert!(unknown.is_empty(), "{stream}: {unknown:?}");
            }
            _ => {}
        }
    }
}

impl Trial {
    pub(crate) fn expect_success(self) -> Self {
        assert_eq!(self.outcome, Ok(()));
        self
    }

    pub(crate) fn failure(&self) -> &Failure {
        self.outcome.as_ref().unwrap_err()
    }

    pub(crate) fn records(&self, stream: &str) -> Vec<&Value> {
        let of_stream = self
            .messages
            .iter()
            .filter(|m| m["type"] == "RECORD" && m["stream"] == stream);
        of_stream.map(|message| &message["record"]).collect()
    }

    pub(crate) fn last_state(&self) -> Value {
        let states = self.messages.iter().filter(|message| message["type"] == "STATE");
        states.map(|state| &state["value"]).next_back().unwrap().clone()
    }

    /// `version status current` of each release record.
    pub(crate) fn releases(&self) -> Vec<String> {
        let line = |r: &&Value| format!("{} {} {}", r["version"], r["status"].as_str().unwrap(), r["current"]);
        self.records("releases").iter().map(line).collect()
    }
}
