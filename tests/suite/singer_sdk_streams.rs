//! The Singer SDK's own test streams for targets, as the package from PyPI brings them, against `tests/singer-sdk/expected/`.
//! An expectation names every table, column type and row; a stream file without one fails by its name.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;

use serde_json::{Value, json};
use test_support::local_snowflake::{LocalSnowflake, workspace_root};
use test_support::program_output::ProgramOutput;

use crate::programs::{load_with, snowflake, target};

/// The columns of `add_record_metadata` and their types.
const METADATA: [(&str, &str); 7] = [
    ("_SDC_EXTRACTED_AT", "TIMESTAMP_NTZ(9)"),
    ("_SDC_RECEIVED_AT", "TIMESTAMP_NTZ(9)"),
    ("_SDC_BATCHED_AT", "TIMESTAMP_NTZ(9)"),
    ("_SDC_DELETED_AT", "TIMESTAMP_NTZ(9)"),
    ("_SDC_SEQUENCE", "NUMBER(38,0)"),
    ("_SDC_TABLE_VERSION", "NUMBER(38,0)"),
    ("_SDC_SYNC_STARTED_AT", "NUMBER(38,0)"),
];

/// Loads at the same time: the target waits for the server more than it works.
const LOADS_AT_ONCE: usize = 4;

#[test]
fn every_stream_of_the_singer_sdk_ends_as_expected() {
    let streams = streams_folder();
    let expected = workspace_root().join("tests/singer-sdk/expected");
    let (sent, known) = (names(&streams, "singer"), names(&expected, "json"));
    let strangers: Vec<&String> = sent.symmetric_difference(&known).collect();
    assert_eq!(
        strangers,
        Vec::<&String>::new(),
        "streams or expectations without the other"
    );
    let snowflake = snowflake();
    let mut cases = Vec::new();
    for name in known {
        let case: Value = serde_json::from_slice(&read(&expected.join(format!("{name}.json")))).expect("JSON");
        let without =
            (case.get("also_without_metadata") == Some(&json!(true))).then(|| (name.clone(), case.clone(), false));
        cases.extend(without);
        cases.push((name, case, true));
    }
    let waiting = Mutex::new(cases);
    let next = || waiting.lock().expect("no load panics with the list in its hands").pop();
    std::thread::scope(|scope| {
        for _ in 0..LOADS_AT_ONCE {
            scope.spawn(|| {
                while let Some((name, case, with_metadata)) = next() {
                    Case {
                        snowflake: &snowflake,
                        streams: &streams,
                        name: &name,
                        expected: &case,
                        with_metadata,
                    }
                    .run();
                }
            });
        }
    });
}

/// The third kind of test in the SDK's suite for targets.
#[test]
fn the_target_prints_its_version_and_what_it_is() {
    let version = target().argument("--version").run().expect_code(0);
    assert!(String::from_utf8_lossy(&version.stdout).contains(env!("CARGO_PKG_VERSION")));
    let text = target().argument("--about").run().expect_code(0);
    assert!(String::from_utf8_lossy(&text.stdout).contains("default_target_schema"));
    let about = target()
        .argument("--about")
        .argument("--format=json")
        .run()
        .expect_code(0);
    let about: Value = serde_json::from_slice(&about.stdout).expect("one JSON value");
    assert_eq!(about.get("name"), Some(&json!("target-snowflake")));
    for (member, is_right) in [
        ("description", Value::is_string as fn(&Value) -> bool),
        ("version", Value::is_string),
        ("capabilities", Value::is_array),
        ("settings", |settings| {
            settings.pointer("/properties/account/type").is_some()
        }),
    ] {
        assert!(about.get(member).is_some_and(is_right), "{member} of {about}");
    }
}

fn streams_folder() -> PathBuf {
    let script = workspace_root().join("tests/singer-sdk/streams");
    let output = Command::new(script).output().expect("tests/singer-sdk/streams runs");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "singer-sdk could not be installed:\n{said}");
    PathBuf::from(String::from_utf8_lossy(&output.stdout).trim())
}

fn names(folder: &Path, extension: &str) -> BTreeSet<String> {
    let entries = fs::read_dir(folder).unwrap_or_else(|problem| panic!("{}: {problem}", folder.display()));
    let name = |path: PathBuf| {
        let is_wanted = path.extension().is_some_and(|found| found == extension);
        is_wanted.then(|| path.file_stem().map(|stem| stem.to_string_lossy().into_owned()))?
    };
    entries
        .filter_map(|entry| name(entry.expect("a directory entry").path()))
        .collect()
}

fn read(path: &Path) -> Vec<u8> {
    fs::read(path).unwrap_or_else(|problem| panic!("{}: {problem}", path.display()))
}

/// One stream file, loaded into a schema of its own.
struct Case<'a> {
    snowflake: &'a LocalSnowflake,
    streams: &'a Path,
    name: &'a str,
    expected: &'a Value,
    with_metadata: bool,
}

impl Case<'_> {
    fn run(&self) {
        if let Some(before) = self.expected.get("after") {
            let _done = self
                .load(before.as_str().expect("the name of a stream file"))
                .expect_code(0);
        }
        let output = self.load(self.name);
        let refused = self.expected.get("refused");
        let code = refused.map_or(Some(0), |refused| refused.get("exit_code")?.as_i64());
        assert_eq!(output.code.map(i64::from), code, "{}:\n{}", self.name, output.stderr);
        if let Some(words) = refused.and_then(|refused| refused.get("last_words")?.as_str()) {
            output.assert_last_words("target-snowflake", words);
        }
        self.check_states(&output);
        self.check_tables();
    }

    fn schema(&self) -> String {
        let suffix = if self.with_metadata { "" } else { "_PLAIN" };
        format!("{}{suffix}", self.name.to_uppercase())
    }

    fn load(&self, name: &str) -> ProgramOutput {
        let messages = read(&self.streams.join(format!("{name}.singer")));
        let settings = json!({ "default_target_schema": self.schema(), "add_record_metadata": self.with_metadata });
        load_with(self.snowflake, &settings, messages)
    }

    /// Which of the STATEs come out depends on when batches are committed; their order and the last one do not.
    fn check_states(&self, output: &ProgramOutput) {
        let messages = read(&self.streams.join(format!("{}.singer", self.name)));
        let messages = String::from_utf8(messages).expect("UTF-8");
        let messages = messages
            .lines()
            .map(|line| serde_json::from_str::<Value>(line).expect("a message"));
        let mut received = messages.filter(|message| message.get("type") == Some(&json!("STATE")));
        for state in output.messages() {
            assert!(
                received.any(|message| message.get("value") == Some(&state)),
                "{}: {state} was not received, or not there",
                self.name
            );
        }
        let last = self
            .expected
            .get("last_state")
            .filter(|state| !state.is_null())
            .cloned();
        assert_eq!(output.last_state(), last, "{}", self.name);
    }

    fn check_tables(&self) {
        let tables = self.expected.get("tables").and_then(Value::as_object).expect("tables");
        let made = self.snowflake.query("SHOW TABLES IN DATABASE DEMO");
        let is_ours = |row: &Vec<Option<String>>| row.get(3).cloned().flatten() == Some(self.schema());
        let made = made
            .iter()
            .filter(|row| is_ours(row))
            .filter_map(|row| row.get(1).cloned().flatten());
        assert_eq!(
            made.collect::<BTreeSet<_>>(),
            tables.keys().cloned().collect(),
            "{}",
            self.name
        );
        for (table, expected) in tables {
            let place = format!("\"{}\".\"{table}\"", self.schema());
            let columns = expected.get("columns").and_then(Value::as_object).expect("columns");
            let mut types: BTreeMap<String, String> = columns
                .iter()
                .map(|(name, kind)| (name.clone(), kind.as_str().expect("a type").to_owned()))
                .collect();
            if self.with_metadata {
                types.extend(METADATA.map(|(name, kind)| (name.to_owned(), kind.to_owned())));
            }
            assert_eq!(self.types(&place), types, "{}: {table}", self.name);
            let rows = expected.get("rows").and_then(Value::as_array).expect("rows");
            let columns: Vec<&str> = columns.keys().map(String::as_str).collect();
            assert_eq!(
                self.rows(&place, &columns, &types),
                sorted(rows.clone()),
                "{}: {table}",
                self.name
            );
            if self.with_metadata {
                self.check_metadata(&place);
            }
        }
    }

    fn types(&self, place: &str) -> BTreeMap<String, String> {
        let columns = self.snowflake.query(&format!("DESC TABLE {place}"));
        columns
            .into_iter()
            .map(|mut row| (row.remove(0).expect("a name"), row.remove(0).expect("a type")))
            .collect()
    }

    /// Every row as an array: JSON where the column is VARIANT, text elsewhere.
    fn rows(&self, place: &str, columns: &[&str], types: &BTreeMap<String, String>) -> Vec<Value> {
        let is_json = |column: &str| types.get(column).is_some_and(|kind| kind == "VARIANT");
        let expressions = columns.iter().map(|column| match is_json(column) {
            true => format!("TO_JSON(\"{column}\")"),
            false => format!("\"{column}\"::VARCHAR"),
        });
        let sql = format!("SELECT {} FROM {place}", expressions.collect::<Vec<_>>().join(", "));
        let value = |(cell, column): (Option<String>, &&str)| match cell {
            Some(text) if is_json(column) => serde_json::from_str(&text).expect("JSON of a VARIANT"),
            cell => json!(cell),
        };
        let rows = self.snowflake.query(&sql).into_iter();
        sorted(
            rows.map(|row| row.into_iter().zip(columns).map(value).collect())
                .collect(),
        )
    }

    /// What the records carried is there or NULL; what the target adds is there in every row.
    fn check_metadata(&self, place: &str) {
        for name in ["_SDC_EXTRACTED_AT", "_SDC_TABLE_VERSION", "_SDC_DELETED_AT"] {
            let expected = self
                .expected
                .pointer(&format!("/metadata/{name}"))
                .cloned()
                .unwrap_or_default();
            let sql = format!("SELECT DISTINCT \"{name}\"::VARCHAR FROM {place} WHERE \"{name}\" IS NOT NULL");
            let found: Vec<Value> = self
                .snowflake
                .query(&sql)
                .into_iter()
                .flatten()
                .map(|cell| json!(cell))
                .collect();
            let expected: Vec<Value> = Some(expected).filter(|value| !value.is_null()).into_iter().collect();
            assert_eq!(found, expected, "{}: {name}", self.name);
        }
        let missing = format!(
            "SELECT COUNT(*) FROM {place} WHERE _SDC_RECEIVED_AT IS NULL OR _SDC_BATCHED_AT IS NULL OR _SDC_SEQUENCE IS NULL \
             OR _SDC_SYNC_STARTED_AT IS NULL"
        );
        assert_eq!(self.snowflake.value(&missing), "0", "{}", self.name);
    }
}

fn sorted(mut rows: Vec<Value>) -> Vec<Value> {
    rows.sort_by_key(Value::to_string);
    rows
}
