//! What a person gets when something is wrong: one line, the documented exit code, no secret, no panic.

use std::process::{Command, Stdio};

use serde_json::{Value, json};
use test_support::heroku_simulator::{HerokuSimulator, Scenario};
use test_support::messages::{record_line, schema_line, state_line};
use test_support::program_output::ProgramOutput;

use crate::programs::{snowflake, tap, tap_settings, target};

const PASSWORD: &str = "correct-horse-battery-staple";

fn one_row() -> String {
    schema_line("t", &json!({ "id": { "type": "integer" } }), &["id"])
        + &record_line("t", &json!({ "id": 1 }))
        + &state_line(&json!({ "id": 1 }))
}

/// Every failure looks like this, whatever caused it.
#[track_caller]
fn assert_clear(output: &ProgramOutput, program: &str, code: i32, text: &str) {
    assert_eq!(output.code, Some(code), "stderr:\n{}", output.stderr);
    output.assert_last_words(program, text);
    output.assert_hides(&[PASSWORD]);
    let last_words = output
        .stderr
        .lines()
        .filter(|line| line.starts_with(&format!("{program}: ")))
        .count();
    assert_eq!(last_words, 1, "more than one line of last words:\n{}", output.stderr);
}

/// Settings by name.
type Replaced<'a> = &'a [(&'a str, Value)];

/// The settings of a working target with some of them replaced.
fn settings(port: u16, replaced: Replaced<'_>) -> Value {
    let mut settings = json!({
        "account": "local", "user": "demo", "password": "demo", "host": "127.0.0.1", "port": port, "protocol": "http",
        "database": "DEMO", "warehouse": "DEMO_WH", "default_target_schema": "PUBLIC",
    });
    if let Some(map) = settings.as_object_mut() {
        for (key, value) in replaced {
            map.insert((*key).to_owned(), value.clone());
        }
    }
    settings
}

#[test]
fn requirement_15_the_target_says_what_snowflake_refuses() {
    let snowflake = snowflake();
    let key = include_str!("../data/unregistered-key.p8");
    let cases: [(Replaced<'_>, i32, &str); 5] = [
        (&[("password", json!(PASSWORD))], 3, "390100"),
        (&[("password", Value::Null), ("private_key", json!(key))], 3, "3901"),
        (
            &[("password", Value::Null), ("private_key", json!("no key at all"))],
            2,
            "private_key",
        ),
        (&[("database", json!("NOWHERE"))], 2, "NOWHERE"),
        (&[("warehouse", json!("NO_WAREHOUSE"))], 2, "NO_WAREHOUSE"),
    ];
    for (replaced, code, text) in cases {
        let output = target()
            .config(&settings(snowflake.port(), replaced))
            .stdin(one_row())
            .run();
        assert_clear(&output, "target-snowflake", code, text);
        assert_eq!(output.stdout, b"", "a state came out of a failed login");
    }
}

#[test]
fn the_target_says_which_line_of_the_input_is_wrong() {
    let snowflake = snowflake();
    let record = record_line("t", &json!({ "id": 1 }));
    let cases = [
        ("this is not JSON\n".to_owned(), "line 1"),
        (one_row() + "{\"type\":\"RECORD\"", "line 4"),
        (record, "SCHEMA"),
        ("{\"stream\":\"t\"}\n".to_owned(), "type"),
        ("[1,2]\n".to_owned(), "line 1"),
        (
            schema_line("t", &json!({ "id": { "type": "integer" } }), &["id"]) + &record_line("t", &json!({ "x": 1 })),
            "id",
        ),
    ];
    for (input, text) in cases {
        let output = target().config(&settings(snowflake.port(), &[])).stdin(input).run();
        assert_clear(&output, "target-snowflake", 4, text);
    }
}

#[test]
fn what_was_complete_before_a_bad_line_is_loaded() {
    let snowflake = snowflake();
    let output = target()
        .config(&settings(snowflake.port(), &[]))
        .stdin(one_row() + "oops\n")
        .run();
    assert_clear(&output, "target-snowflake", 4, "line 4");
    assert_eq!(output.last_state(), Some(json!({ "id": 1 })));
    assert_eq!(snowflake.value("SELECT COUNT(*) FROM T"), "1");
}

#[test]
fn settings_are_checked_before_anything_is_read() {
    let cases = [
        (json!({}), "account"),
        (
            json!({ "account": "local", "user": "demo", "database": "DEMO" }),
            "password",
        ),
        (
            json!({ "account": "a", "user": "u", "database": "D", "password": PASSWORD, "batch_size_rows": "many" }),
            "batch_size_rows",
        ),
        (
            json!({ "account": "a", "user": "u", "database": "D", "password": PASSWORD, "host": "example.org", "protocol": "http" }),
            "protocol",
        ),
    ];
    for (config, text) in cases {
        let output = target().config(&config).stdin(one_row()).run();
        assert_clear(&output, "target-snowflake", 2, text);
    }
}

#[test]
fn an_unreadable_config_is_named() {
    for (program, run) in [("tap-heroku", tap()), ("target-snowflake", target())] {
        let output = run.argument("--config").argument("missing.json").run();
        assert_clear(&output, program, 2, "missing.json");
    }
    for (program, run) in [("tap-heroku", tap()), ("target-snowflake", target())] {
        run.file("broken.json", format!("{{\"password\": \"{PASSWORD}\",}}"));
        let output = run.argument("--config").argument("broken.json").run();
        assert_clear(&output, program, 2, "broken.json");
    }
}

#[test]
fn no_network_is_one_line() {
    // Port 9 (discard) is closed on any machine that runs tests.
    let config = settings(9, &[("login_timeout_seconds", json!(2)), ("password", json!(PASSWORD))]);
    let output = target().config(&config).stdin(one_row()).run();
    assert_clear(&output, "target-snowflake", 1, "127.0.0.1:9");
    assert_eq!(output.stdout, b"");
}

#[test]
fn a_closed_stdout_is_a_failure_not_a_success() {
    let snowflake = snowflake();
    let heroku = HerokuSimulator::start(Scenario::default());
    let target = target();
    let target_config = target.file("target.json", settings(snowflake.port(), &[]).to_string());
    let tap_config = target.file("tap.json", tap_settings(&heroku).to_string());
    let input = target.file("input.jsonl", one_row());
    for (program, path, config) in [
        ("tap-heroku", env!("CARGO_BIN_EXE_tap-heroku-under-test"), &tap_config),
        (
            "target-snowflake",
            env!("CARGO_BIN_EXE_target-snowflake-under-test"),
            &target_config,
        ),
    ] {
        let script = format!(
            "set -o pipefail; {{ '{path}' --config '{}' < '{}' ; echo \"code $?\" >&2; }} | true",
            config.display(),
            input.display()
        );
        // The reader of the pipe is gone before the program writes; `sleep` makes that certain.
        let script = script.replace("{ '", "{ sleep 0.3; '");
        let output = Command::new("bash")
            .args(["-c", &script])
            .stdin(Stdio::null())
            .output()
            .expect("bash runs");
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(stderr.contains("code 1\n"), "{program}: {stderr}");
        assert!(
            stderr.contains(&format!("{program}: ")) && stderr.contains("stdout"),
            "{program}: {stderr}"
        );
        assert!(!stderr.contains("panicked"), "{program}: {stderr}");
    }
}

#[test]
fn the_tap_says_what_heroku_refuses() {
    let heroku = HerokuSimulator::start(Scenario::default());
    let output = tap()
        .config(&json!({ "api_url": heroku.url(), "api_token": PASSWORD }))
        .run();
    assert_clear(&output, "tap-heroku", 3, "token");
    let output = tap().config(&json!({ "api_url": heroku.url() })).run();
    assert_clear(&output, "tap-heroku", 2, "api_token");
    let output = tap()
        .config(&json!({ "api_url": "http://127.0.0.1:9", "api_token": PASSWORD, "request_timeout_seconds": 2 }))
        .run();
    assert_clear(&output, "tap-heroku", 1, "127.0.0.1:9");
}

#[test]
fn wrong_arguments_are_code_2() {
    for (program, run) in [("tap-heroku", tap()), ("target-snowflake", target())] {
        let output = run.argument("--no-such-flag").run().expect_code(2);
        assert!(output.stderr.contains("--no-such-flag"), "{program}: {}", output.stderr);
    }
}
