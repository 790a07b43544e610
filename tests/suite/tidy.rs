//! The conventions of `crates/README.md` that the compiler does not know: layers, sizes, headers, versions.
//! Not for style that rustfmt and clippy keep.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// The layer table of `crates/README.md`: what each crate may import of ours, development dependencies aside.
const LAYERS: &[(&str, &[&str])] = &[
    ("singer-protocol", &[]),
    ("fast-deflate", &[]),
    ("heroku-logs", &[]),
    ("connector-process", &["singer-protocol", "heroku-logs"]),
    ("http-retry", &[]),
    ("cloud-storage", &[]),
    ("columnar-files", &[]),
    ("snowflake-client", &["http-retry"]),
    ("heroku-api", &["http-retry"]),
    (
        "tap-heroku",
        &[
            "singer-protocol",
            "heroku-logs",
            "connector-process",
            "http-retry",
            "heroku-api",
        ],
    ),
    (
        "target-snowflake",
        &[
            "singer-protocol",
            "fast-deflate",
            "heroku-logs",
            "connector-process",
            "http-retry",
            "cloud-storage",
            "columnar-files",
            "snowflake-client",
        ],
    ),
    // No client crate: a simulator that shares the client's types shares its mistakes.
    ("test-support", &[]),
];

/// What the pure layer must not touch: it is what makes it fuzzable.
const IMPURE: &[&str] = &["tokio", "reqwest", "std::fs", "std::net", "std::process", "std::env"];
const PURE_CRATES: &[&str] = &["singer-protocol", "fast-deflate", "heroku-logs"];

const LONGEST_FILE_LINES: usize = 500;
const NINE_OF_TEN_FILES_LINES: usize = 300;
const LONGEST_MAIN_LINES: usize = 20;

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("tests/ has a parent")
        .to_path_buf()
}

fn files_below(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap_or_else(|problem| panic!("{}: {problem}", folder.display())) {
        let path = entry.expect("a directory entry").path();
        if path.is_dir() {
            found.extend(files_below(&path, extension));
        } else if path.extension().is_some_and(|found| found == extension) {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// The manifests of the crates themselves; a fuzz target's manifest stands outside the workspace.
fn crate_manifests(root: &Path) -> Vec<PathBuf> {
    let folders = fs::read_dir(root.join("crates")).expect("crates/");
    let mut manifests: Vec<PathBuf> = folders
        .map(|entry| entry.expect("a directory entry").path().join("Cargo.toml"))
        .filter(|manifest| manifest.exists())
        .collect();
    manifests.sort();
    manifests
}

/// Every Rust file of the project with its text and whether all of it is test code.
fn rust_files() -> Vec<(PathBuf, String, bool)> {
    let root = workspace();
    let mut files = files_below(&root.join("crates"), "rs");
    files.extend(files_below(&root.join("tests/suite"), "rs"));
    files
        .into_iter()
        .map(|path| {
            let text = fs::read_to_string(&path).expect("a readable source file");
            let relative = path
                .strip_prefix(&root)
                .expect("a path below the workspace")
                .to_path_buf();
            let is_test =
                relative.ends_with("tests.rs") || relative.components().any(|part| part.as_os_str() == "tests");
            (relative, text, is_test)
        })
        .collect()
}

/// Lines before the trailing test module.
fn non_test_lines(text: &str) -> usize {
    text.lines()
        .take_while(|line| !line.starts_with("#[cfg(test)]"))
        .count()
}

fn assert_none(problems: &[String]) {
    assert!(
        problems.is_empty(),
        "{} problem(s):\n{}",
        problems.len(),
        problems.join("\n")
    );
}

#[test]
fn every_file_says_what_it_is_for() {
    let problems: Vec<String> = rust_files()
        .iter()
        .filter(|(_, text, _)| !(text.starts_with("//! ") || text.starts_with("#![doc")))
        .map(|(path, _, _)| format!("{}: open it with a `//!` line that says its job", path.display()))
        .collect();
    assert_none(&problems);
}

#[test]
fn files_stay_small() {
    let mut sizes = Vec::new();
    let mut problems = Vec::new();
    for (path, text, is_test) in rust_files() {
        if is_test {
            continue;
        }
        let lines = non_test_lines(&text);
        sizes.push(lines);
        let limit = if path.ends_with("main.rs") {
            LONGEST_MAIN_LINES
        } else {
            LONGEST_FILE_LINES
        };
        if lines > limit {
            problems.push(format!(
                "{}: {lines} non-test lines, the limit is {limit}",
                path.display()
            ));
        }
    }
    assert_none(&problems);
    sizes.sort_unstable();
    let large = sizes.iter().filter(|lines| **lines > NINE_OF_TEN_FILES_LINES).count();
    assert!(
        large * 10 <= sizes.len(),
        "{large} of {} files have more than {NINE_OF_TEN_FILES_LINES} non-test lines; one in ten may",
        sizes.len()
    );
}

#[test]
fn roots_hold_no_logic() {
    let mut problems = Vec::new();
    for (path, text, is_test) in rust_files() {
        if is_test || !(path.ends_with("lib.rs") || path.ends_with("mod.rs")) {
            continue;
        }
        for (index, line) in text.lines().enumerate().take(non_test_lines(&text)) {
            let is_logic = [
                "impl ",
                "impl<",
                "pub struct ",
                "struct ",
                "pub enum ",
                "enum ",
                "pub trait ",
            ]
            .iter()
            .any(|start| line.starts_with(start));
            if is_logic {
                problems.push(format!(
                    "{}:{}: move it to a file with its name",
                    path.display(),
                    index + 1
                ));
            }
        }
    }
    assert_none(&problems);
}

#[test]
fn layers_hold() {
    let root = workspace();
    let ours: Vec<&str> = LAYERS.iter().map(|(name, _)| *name).collect();
    let allowed: BTreeMap<&str, &[&str]> = LAYERS.iter().copied().collect();
    let mut problems = Vec::new();
    for manifest in crate_manifests(&root) {
        let folder = manifest
            .parent()
            .and_then(Path::file_name)
            .and_then(|name| name.to_str())
            .expect("a crate folder");
        let Some(may_import) = allowed.get(folder) else {
            problems.push(format!("crates/{folder} is not in the layer table"));
            continue;
        };
        let text = fs::read_to_string(&manifest).expect("a readable manifest");
        let dependencies = text
            .split("\n[dependencies]\n")
            .nth(1)
            .and_then(|rest| rest.split("\n[").next())
            .unwrap_or("");
        for line in dependencies.lines() {
            let name = line.split(['.', ' ', '=']).next().unwrap_or("");
            if ours.contains(&name) && !may_import.contains(&name) {
                problems.push(format!("crates/{folder} must not import {name}"));
            }
        }
    }
    assert_none(&problems);
}

#[test]
fn the_pure_layer_does_no_io() {
    let mut problems = Vec::new();
    for (path, text, is_test) in rust_files() {
        let is_pure = PURE_CRATES
            .iter()
            .any(|name| path.starts_with(Path::new("crates").join(name).join("src")));
        if !is_pure || is_test {
            continue;
        }
        for (index, line) in text.lines().enumerate().take(non_test_lines(&text)) {
            let code = line.split("//").next().unwrap_or("");
            for word in IMPURE {
                if code.contains(word) {
                    problems.push(format!("{}:{}: {word} in the pure layer", path.display(), index + 1));
                }
            }
        }
    }
    assert_none(&problems);
}

#[test]
fn versions_stand_in_the_workspace_only() {
    let root = workspace();
    let mut manifests = crate_manifests(&root);
    manifests.push(root.join("tests/Cargo.toml"));
    let mut problems = Vec::new();
    for manifest in manifests {
        let text = fs::read_to_string(&manifest).expect("a readable manifest");
        for (index, line) in text.lines().enumerate() {
            let names_a_version = line.contains("version = \"")
                || line.split_once(" = ").is_some_and(|(_, value)| {
                    value.starts_with('"') && value.chars().nth(1).is_some_and(|first| first.is_ascii_digit())
                });
            if names_a_version {
                problems.push(format!(
                    "{}:{}: write `.workspace = true`",
                    manifest.display(),
                    index + 1
                ));
            }
        }
    }
    assert_none(&problems);
}

#[test]
fn nothing_is_left_unfinished() {
    let marks = ["TODO", "FIXME", "XXX:", "HACK", "todo!(", "unimplemented!("];
    let mut problems = Vec::new();
    for (path, text, _) in rust_files() {
        if path.ends_with("tidy.rs") {
            continue;
        }
        for (index, line) in text.lines().enumerate() {
            if let Some(mark) = marks.iter().find(|mark| line.contains(**mark)) {
                problems.push(format!("{}:{}: {mark}", path.display(), index + 1));
            }
        }
    }
    assert_none(&problems);
}

#[test]
fn the_architecture_page_names_every_crate() {
    let page = fs::read_to_string(workspace().join("crates/README.md")).expect("crates/README.md");
    let missing: Vec<String> = LAYERS
        .iter()
        .filter(|(name, _)| !page.contains(&format!("`{name}`")))
        .map(|(name, _)| format!("crates/README.md does not name `{name}`"))
        .collect();
    assert_none(&missing);
}

/// Issue 4 has 23 requirements, numbered as in the notes that they come from; each has a test with its number in the name.
#[test]
fn every_requirement_has_a_test_named_after_it() {
    let files = rust_files();
    let missing: Vec<String> = (1..=23)
        .map(|number| format!("fn requirement_{number:02}_"))
        .filter(|start| {
            !files
                .iter()
                .any(|(path, text, _)| !path.ends_with("tidy.rs") && text.contains(start.as_str()))
        })
        .collect();
    assert_none(&missing);
}
