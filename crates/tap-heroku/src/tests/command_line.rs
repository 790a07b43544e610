//! Questions, try-outs and mistakes on the command line.

use std::fmt::Write;

use test_support::heroku_simulator::{AppScenario, HerokuSimulator, Scenario};

use super::trial::{run_command, settings, write};

#[test]
fn questions_need_no_settings() {
    let (version, outcome) = run_command(&["--version"], &[]);
    assert_eq!(
        (version.as_str(), outcome),
        (concat!("tap-heroku v", env!("CARGO_PKG_VERSION"), "\n"), Ok(()))
    );
    insta::assert_snapshot!("about", run_command(&["--about"], &[]).0);
    insta::assert_snapshot!("catalog", run_command(&["--discover"], &[]).0);
}

#[test]
fn a_try_out_writes_one_record_of_each_stream_and_no_state() {
    let heroku = HerokuSimulator::start(Scenario::with_apps(vec![
        AppScenario::named("one"),
        AppScenario::named("two"),
    ]));
    let directory = tempfile::tempdir().unwrap();
    let config = write(directory.path(), "config.json", &settings(&heroku).to_string());
    let catalog = r#"{"streams":[{"stream":"apps"},{"stream":"releases"}]}"#;
    let catalog = write(directory.path(), "catalog.json", catalog);
    let types = |flag: &str| {
        let (stdout, outcome) = run_command(&["--config", &config, "--properties", &catalog, flag], &[]);
        assert_eq!(outcome, Ok(()));
        let message = |line: &str| serde_json::from_str::<serde_json::Value>(line).unwrap()["type"].to_string();
        let mut types: Vec<String> = stdout.lines().map(message).collect();
        types.sort();
        types.join(" ")
    };
    assert_eq!(types("--test"), r#""RECORD" "RECORD" "SCHEMA" "SCHEMA""#);
    assert_eq!(types("--test=schema"), r#""SCHEMA" "SCHEMA""#);
}

#[test]
fn settings_come_from_the_environment_alone() {
    let heroku = HerokuSimulator::start(Scenario::with_apps(vec![AppScenario::named("one")]));
    let token = heroku.api_token();
    let environment = [("HEROKU_API_KEY", token.as_str()), ("TAP_HEROKU_API_URL", heroku.url())];
    let (stdout, outcome) = run_command(&["--config", "ENV", "--test"], &environment);
    assert_eq!(outcome, Ok(()));
    assert!(stdout.contains(r#""stream":"apps""#));
}

#[test]
fn each_mistake_is_one_line_with_its_exit_code() {
    let directory = tempfile::tempdir().unwrap();
    let file = |name: &str, content: &str| write(directory.path(), name, content);
    let good = file("good.json", r#"{"api_token": "t", "api_url": "http://127.0.0.1:9"}"#);
    let broken = file("broken.json", "{");
    let everything =
        r#"{"api_token": "t", "rate_limit_reserve": "many", "start_date": "soon", "apps": ["a["], "api_url": "x"}"#;
    let everything = file("everything.json", everything);
    let plain = file(
        "plain.json",
        r#"{"api_token": "t", "api_url": "http://api.heroku.com"}"#,
    );
    let newline = file(
        "newline.json",
        r#"{"api_token": "t\nt", "api_url": "https://api.heroku.com"}"#,
    );
    let mistakes: &[&[&str]] = &[
        &[],
        &["--config", "nowhere.json"],
        &["--config", &broken],
        &["--config", &everything],
        &["--config", &plain],
        &["--config", &newline],
        &["--config", &good, "--catalog", &broken],
        &["--config", &good, "--catalog", "nowhere.json"],
        &["--config", &good, "--state", &broken],
        &["--surprise"],
        &["--test=half"],
    ];
    let mut lines = String::new();
    for arguments in mistakes {
        let (stdout, outcome) = run_command(arguments, &[]);
        let failure = outcome.unwrap_err();
        let line = failure
            .to_string()
            .replace(directory.path().to_str().unwrap(), "DIRECTORY");
        assert!(stdout.is_empty(), "{line}");
        writeln!(lines, "{}: {line}", failure.code as u8).unwrap();
    }
    insta::assert_snapshot!("mistakes", lines);
}
