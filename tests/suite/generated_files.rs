//! What is generated from the programs is as they say it: the settings tables of the README.
//! `UPDATE_GENERATED_FILES=1 cargo test -p end-to-end-tests generated_files` writes them anew.

use std::fs;

use test_support::local_snowflake::workspace_root;
use test_support::program::Program;

use crate::programs::{tap, target};

/// The table that `--about --format markdown` prints under a heading.
fn table(program: Program, heading: &str) -> String {
    let about = program
        .argument("--about")
        .argument("--format")
        .argument("markdown")
        .run()
        .expect_code(0);
    let text = String::from_utf8(about.stdout).expect("UTF-8");
    let (_, table) = text.split_once(&format!("## {heading}\n\n")).expect("the heading");
    let table = table.split_once("\n## ").map_or(table, |(table, _)| table);
    table.trim_end().to_owned()
}

#[test]
fn the_readme_has_the_settings_as_the_programs_say_them() {
    let path = workspace_root().join("README.md");
    let readme = fs::read_to_string(&path).expect("README.md");
    let mut updated = readme.clone();
    for (name, program, heading) in [
        ("tap-heroku", tap(), "Settings"),
        ("target-snowflake", target(), "Settings"),
        ("other targets", target(), "Settings of other programs"),
    ] {
        let (begin, end) = (format!("<!-- settings of {name} -->\n"), "\n<!-- end -->");
        let (before, rest) = updated.split_once(&begin).expect("a marker in the README");
        let (_, after) = rest.split_once(end).expect("an end marker in the README");
        updated = format!("{before}{begin}{}{end}{after}", table(program, heading));
    }
    if std::env::var_os("UPDATE_GENERATED_FILES").is_some() {
        fs::write(&path, &updated).expect("a writable README");
        return;
    }
    assert!(
        readme == updated,
        "README.md is not what the programs say; run UPDATE_GENERATED_FILES=1 cargo test -p end-to-end-tests generated_files"
    );
}
