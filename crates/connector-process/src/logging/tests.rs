//! The three styles, and which of them an environment asks for.

use log::{Level, LevelFilter, Log, Metadata};
use serde_json::{Value, json};

use super::{StderrLogger, Style, level_from_python, read_log_config};

fn logger(style: Style) -> StderrLogger {
    StderrLogger {
        program: "tap-test",
        style,
        level: LevelFilter::Info,
    }
}

#[test]
fn readable_lines_have_time_level_logger_message() {
    let line = logger(Style::Readable).readable(Level::Warn, "tap_test.sync", "a message");
    let parts: Vec<&str> = line.split(" | ").collect();
    assert_eq!(parts[0].len(), "2024-01-01 00:00:00,000".len());
    assert_eq!(
        parts[1..],
        ["WARNING ", &format!("{:30}", "tap_test.sync"), "a message"]
    );
}

#[test]
fn structured_lines_have_every_key_that_meltano_needs() {
    let metric = json!({"type": "counter", "metric": "record_count", "value": 3, "tags": {"stream": "s"}});
    let line = logger(Style::Structured).structured(Level::Info, "tap_test.metrics", "unused", Some(&metric));
    let line: Value = serde_json::from_str(&line).unwrap();
    for key in [
        "level",
        "pid",
        "logger_name",
        "ts",
        "thread_name",
        "app_name",
        "stream_name",
        "message",
        "extra",
    ] {
        assert!(line.get(key).is_some(), "{key}");
    }
    assert_eq!(
        (&line["level"], &line["message"], &line["stream_name"]),
        (&json!("info"), &json!("METRIC"), &json!("s"))
    );
    assert_eq!(line["metric_info"], metric);
    let plain = logger(Style::Structured).structured(Level::Error, "tap-test", "what happened", None);
    let plain: Value = serde_json::from_str(&plain).unwrap();
    assert_eq!(
        (&plain["message"], plain.get("metric_info")),
        (&json!("what happened"), None)
    );
}

#[test]
fn a_dict_config_decides_style_and_level() {
    let structured = r#"{"formatters":{"f":{"()":"singer_sdk.logging.StructuredFormatter"}},"root":{"level":"DEBUG"}}"#;
    assert_eq!(
        read_log_config(structured),
        (Style::Structured, Some(LevelFilter::Debug))
    );
    assert_eq!(
        read_log_config(r#"{"formatters":{"f":{"format":"%(message)s"}}}"#),
        (Style::Bare, None)
    );
    assert_eq!(
        read_log_config("formatters:\n  f:\n    (): singer_sdk.logging.StructuredFormatter\n").0,
        Style::Structured
    );
    assert_eq!(level_from_python("warning"), Some(LevelFilter::Warn));
    assert_eq!(level_from_python("loud"), None);
}

#[test]
fn libraries_are_heard_only_when_they_warn() {
    let logger = logger(Style::Readable);
    let enabled = |target: &str, level| logger.enabled(&Metadata::builder().target(target).level(level).build());
    assert!(enabled("snowflake_client::session", Level::Info));
    assert!(!enabled("snowflake_client::session", Level::Debug));
    assert!(!enabled("reqwest::connect", Level::Info));
    assert!(enabled("reqwest::connect", Level::Warn));
}
