//! Precedence, typing, aliases, and that all problems come at once without their values.

use std::io::Write;

use serde_json::{Value, json};

use super::{Settings, load_settings};
use crate::environment::Environment;
use crate::failure::ExitCode;
use crate::program::{OtherSetting, Program, Setting};

static PROGRAM: Program = Program {
    name: "tap-test",
    version: "1.2.3",
    description: "Is a test.",
    capabilities: &["about"],
    settings: &[
        Setting::text("token", "The token.")
            .secret()
            .required()
            .aliases(&["api_key"]),
        Setting::text("mode", "The mode.")
            .options(&["Fast", "slow"])
            .default("\"slow\""),
        Setting::integer("rows", "The rows.").default("10"),
        Setting::boolean("tidy", "Tidy.").default("true"),
        Setting::list("apps", "The apps."),
        Setting::list("streams", "The streams.").switch(),
        Setting::text("way", "The way.").options(&["short", "long"]).open(),
        Setting::object("options", "The options."),
    ],
    other_settings: &[OtherSetting {
        name: "colour",
        of: "tap-other",
        reason: "everything is grey",
    }],
};

fn load(files: &[Value], environment: &[(&str, &str)]) -> Settings {
    let files: Vec<_> = files
        .iter()
        .map(|content| {
            let mut file = tempfile::NamedTempFile::new().unwrap();
            write!(file, "{content}").unwrap();
            file
        })
        .collect();
    let mut sources: Vec<String> = files
        .iter()
        .map(|file| file.path().to_str().unwrap().to_owned())
        .collect();
    sources.push("ENV".to_owned());
    load_settings(
        &PROGRAM,
        &sources,
        &Environment::from_pairs(environment.iter().copied()),
    )
}

#[test]
fn environment_beats_later_files_beat_earlier_files_beat_defaults() {
    let files = [
        json!({"token": "a", "rows": 1, "tidy": false}),
        json!({"rows": 2, "apps": null}),
    ];
    let settings = load(&files, &[("TAP_TEST_TOKEN", "env"), ("TAP_TEST_APPS", "")]);
    settings.check().unwrap();
    assert_eq!(settings.text("token").as_deref(), Some("env"));
    assert_eq!(settings.integer("rows"), Some(2));
    assert!(!settings.boolean("tidy"));
    assert_eq!(settings.text("mode").as_deref(), Some("slow"));
    assert!(settings.list("apps").is_empty());
}

#[test]
fn values_are_typed_by_the_table_wherever_they_come_from() {
    let file = json!({"token": 12, "mode": "FAST", "rows": "7", "tidy": "no", "apps": ["a,b"], "options": "{\"x\":1}"});
    for settings in [
        load(&[file], &[]),
        load(
            &[json!({"rows": 1.0})],
            &[
                ("TAP_TEST_API_KEY", "12"),
                ("TAP_TEST_MODE", "fast"),
                ("TAP_TEST_ROWS", "7"),
                ("TAP_TEST_TIDY", "OFF"),
                ("TAP_TEST_APPS", "[\"a,b\"]"),
                ("TAP_TEST_OPTIONS", "{\"x\":1}"),
            ],
        ),
    ] {
        settings.check().unwrap();
        assert_eq!(settings.text("token").as_deref(), Some("12"));
        assert_eq!(settings.text("mode").as_deref(), Some("Fast"));
        assert_eq!(settings.integer("rows"), Some(7));
        assert!(!settings.boolean("tidy"));
        assert_eq!(settings.list("apps"), ["a,b"]);
        assert_eq!(
            settings.object("options").and_then(|options| options.get("x")),
            Some(&json!(1))
        );
    }
    assert_eq!(
        load(&[json!({"token": "t", "apps": "a, b,"})], &[]).list("apps"),
        ["a", "b"]
    );
}

#[test]
fn an_alias_counts_unless_the_name_stands_beside_it() {
    assert_eq!(
        load(&[json!({"api_key": "alias"})], &[]).text("token").as_deref(),
        Some("alias")
    );
    let both = json!({"token": "name", "api_key": "alias"});
    assert_eq!(load(&[both], &[]).text("token").as_deref(), Some("name"));
}

#[test]
fn every_problem_is_told_at_once_by_key_and_without_values() {
    let file = json!({"mode": "secret1", "rows": "secret2", "tidy": [1], "apps": {"a": 1}, "unknown": 1});
    let mut settings = load(&[file], &[("TAP_TEST_OPTIONS", "secret3")]);
    settings.problem("apps", "something else");
    assert_eq!(settings.integer_within("rows", 0..=5), None);
    let failure = settings.check().unwrap_err();
    assert_eq!(failure.code, ExitCode::Usage);
    let text = failure.to_string();
    assert!(!text.contains("secret") && !text.contains("unknown"), "{text}");
    insta::assert_snapshot!(text);
}

#[test]
fn files_that_cannot_be_read_are_problems_too() {
    let settings = load_settings(&PROGRAM, &["/no/such/file".to_owned()], &Environment::default());
    let text = settings.check().unwrap_err().to_string();
    assert!(
        text.contains("`/no/such/file`: cannot read this config file") && text.contains("`token`: missing"),
        "{text}"
    );
    let problem = |content: &str| {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(content.as_bytes()).unwrap();
        let sources = [file.path().to_str().unwrap().to_owned()];
        load_settings(&PROGRAM, &sources, &Environment::default())
            .check()
            .unwrap_err()
            .to_string()
    };
    assert!(problem("{\"token\": secret}").contains("not valid JSON (line 1, column 11)"));
    assert!(problem("[]").contains("not a JSON object"));
    assert!(problem("\u{feff}{\"token\": \"\"}").starts_with("setting `token`: missing"));
}

#[test]
fn nothing_prints_a_secret() {
    let settings = load(&[json!({"token": "hush"})], &[]);
    let secret = settings.secret("token").unwrap();
    assert_eq!(secret.expose(), "hush");
    let environment = Environment::from_pairs([("TAP_TEST_TOKEN", "hush")]);
    assert!(!format!("{settings:?} {secret:?} {secret} {environment:?}").contains("hush"));
}

#[test]
fn about_tells_everything_in_three_forms() {
    insta::assert_snapshot!("about_text", crate::about_text(&PROGRAM));
    insta::assert_snapshot!("about_json", format!("{:#}", crate::about_json(&PROGRAM)));
    insta::assert_snapshot!("about_markdown", crate::about::about_markdown(&PROGRAM));
}

#[test]
fn a_switch_takes_true_in_the_place_of_a_list_and_other_lists_do_not() {
    let settings = load(&[json!({"token": "t", "streams": true})], &[]);
    settings.check().unwrap();
    assert_eq!(settings.list("streams"), ["true"]);
    let settings = load(&[json!({"token": "t", "apps": true})], &[]);
    assert!(settings.has_problem("apps"));
}

#[test]
fn an_open_setting_leaves_other_words_to_the_program() {
    let settings = load(&[json!({"token": "t", "way": "LONG"})], &[]);
    assert_eq!(settings.text("way").as_deref(), Some("long"));
    let settings = load(&[json!({"token": "t", "way": "https://elsewhere"})], &[]);
    settings.check().unwrap();
    assert_eq!(settings.text("way").as_deref(), Some("https://elsewhere"));
}

#[test]
fn settings_of_other_programs_are_no_problem() {
    let settings = load(
        &[json!({"token": "t", "colour": {"any": "kind"}})],
        &[("TAP_TEST_COLOUR", "red")],
    );
    settings.check().unwrap();
    assert!(!settings.has("colour"));
}
