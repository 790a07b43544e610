//! Every way to log in through the built program, once; what every session begins with; and ways that serve one log-in.

use serde_json::{Value, json};
use test_support::http_exchange::exchange;
use test_support::local_snowflake::{LocalSnowflake, LocalSnowflakeOptions};
use test_support::log_in_kinds::{LogInHouse, LogInKind};
use test_support::messages::{record_line, schema_line, state_line};
use test_support::program::Program;

use crate::programs::{load_with, requests, snowflake, target};
use crate::relay::Relay;
use crate::side_by_side::side_by_side;

/// Three streams, so that several sessions would be used if there may be.
fn input() -> String {
    let streams = ["a", "b", "c"];
    let mut text: String = streams
        .iter()
        .map(|stream| schema_line(stream, &json!({ "id": { "type": "integer" } }), &["id"]))
        .collect();
    for stream in streams {
        text += &record_line(stream, &json!({ "id": 1 }));
    }
    text + &state_line(&json!({ "read": 3 }))
}

fn with(program: Program, kind: &LogInKind) -> Program {
    let program = program.config(&kind.settings);
    kind.environment
        .iter()
        .fold(program, |program, (name, value)| program.environment(name, value))
}

#[test]
fn each_way_to_log_in_loads() {
    let house = LogInHouse::start(&[]);
    let kinds = house.kinds();
    assert!(kinds.len() >= 17, "only {} ways", kinds.len());
    let problems = side_by_side(&kinds, 3, |_, kind| {
        let schema = kind.name.to_uppercase().replace(' ', "_");
        let program = target()
            .config(&house.settings())
            .config(&json!({ "default_target_schema": schema }));
        let output = with(program, kind).stdin(input()).run();
        if output.code != Some(0) || output.last_state() != Some(json!({ "read": 3 })) {
            return Err(format!("{}: {:?}\n{}", kind.name, output.code, output.stderr));
        }
        let counted = house.snowflake.try_query(&format!("SELECT COUNT(*) FROM {schema}.C"))?;
        match counted.as_slice() {
            [row] if *row == [Some("1".to_owned())] => Ok(()),
            rows => Err(format!("{}: {rows:?}", kind.name)),
        }
    });
    assert!(problems.is_empty(), "{}", problems.join("\n\n"));
}

/// Where the account keeps no tokens for further log-ins, a code serves one session, and a person is asked once.
#[test]
fn what_serves_one_log_in_makes_one_session() {
    let house = LogInHouse::start(&["--no-kept-tokens"]);
    let once = ["password and passcode", "passcode in password", "browser"];
    let mut kinds = house.kinds();
    kinds.retain(|kind| once.contains(&kind.name));
    for kind in &kinds {
        crate::programs::forget_requests(&house.snowflake);
        let program = target().config(&house.settings()).config(&json!({ "parallelism": 4 }));
        let output = with(program, kind).stdin(input()).run().expect_code(0);
        assert_eq!(output.last_state(), Some(json!({ "read": 3 })));
        let log_ins = requests(&house.snowflake).matches("/session/v1/login-request").count();
        assert_eq!(log_ins, 1, "{}: {}", kind.name, output.stderr);
        assert!(
            output.stderr.contains("one session loads everything"),
            "{}: {}",
            kind.name,
            output.stderr
        );
    }
    // A second run with the same code is told what is wrong with it.
    let used = kinds.first().expect("a passcode");
    let output = with(target().config(&house.settings()), used)
        .stdin(input())
        .run()
        .expect_code(3);
    output.assert_last_words("target-snowflake", "one log-in");
}

#[test]
fn every_session_begins_with_the_parameters_that_statements_rely_on() {
    let snowflake = snowflake();
    let relay = Relay::to(snowflake.port());
    let settings = json!({
        "port": relay.port(), "query_tag": "tagged", "statement_timeout_seconds": 1234,
    });
    let _loaded = load_with(&snowflake, &settings, input()).expect_code(0);
    let sent = relay.json_objects("SESSION_PARAMETERS");
    assert!(!sent.is_empty(), "no log-in was seen");
    for parameters in sent {
        assert_eq!(
            parameters,
            json!({
                "ABORT_DETACHED_QUERY": true, "AUTOCOMMIT": true, "ERROR_ON_NONDETERMINISTIC_MERGE": true,
                "QUERY_TAG": "tagged", "QUOTED_IDENTIFIERS_IGNORE_CASE": false, "STATEMENT_TIMEOUT_IN_SECONDS": 1234,
                "TIMESTAMP_TYPE_MAPPING": "TIMESTAMP_NTZ", "TIMEZONE": "UTC",
                "CLIENT_VALIDATE_DEFAULT_PARAMETERS": true, "CLIENT_SESSION_KEEP_ALIVE": true,
            })
        );
    }
}

/// The last line of a run with these settings.
fn last_words(snowflake: &LocalSnowflake, settings: &Value, code: i32) -> String {
    let output = load_with(snowflake, settings, input()).expect_code(code);
    output.stderr.lines().last().unwrap_or_default().to_owned()
}

#[test]
fn names_that_do_not_exist_are_refused_by_name() {
    let snowflake = snowflake();
    for setting in ["role", "database", "warehouse"] {
        let line = last_words(&snowflake, &json!({ (setting): "MISSING_ONE" }), 2);
        assert!(line.contains(&format!("{setting} \"MISSING_ONE\"")), "{line}");
    }
}

#[test]
fn certificates_and_short_timeouts_reach_the_client() {
    let snowflake = snowflake();
    let file = target().file("bundle.pem", "no certificate");
    let line = last_words(&snowflake, &json!({ "ca_bundle_path": "/nowhere/bundle.pem" }), 2);
    assert!(line.contains("/nowhere/bundle.pem"), "{line}");
    let line = last_words(&snowflake, &json!({ "ca_bundle_path": file }), 2);
    assert!(line.contains("bundle.pem"), "{line}");
    let line = last_words(
        &snowflake,
        &json!({ "protocol": "https", "request_timeout_seconds": 45 }),
        2,
    );
    assert!(
        line.contains("`request_timeout_seconds`: must be at least 60"),
        "{line}"
    );
}

/// A statement that takes longer than the server holds an answer back is waited for however long it takes.
#[test]
fn a_statement_that_outlives_many_polls_is_waited_for() {
    let snowflake = LocalSnowflake::start(&LocalSnowflakeOptions {
        // The lock is held by a client that keeps no connection.
        arguments: ["--wait-seconds", "0.1", "--gone-transaction-seconds", "300"]
            .map(str::to_owned)
            .to_vec(),
        ..LocalSnowflakeOptions::default()
    });
    let _loaded = load_with(&snowflake, &json!({}), input()).expect_code(0);
    for sql in ["BEGIN", "UPDATE A SET ID = ID"] {
        let _status = snowflake.query(sql);
    }
    let mut running = target().config(&snowflake.target_settings()).start();
    running.feed_in_background(input().into_bytes());
    let url = format!("http://127.0.0.1:{}/__local/requests", snowflake.port());
    let polls = || exchange("GET", &url, &[], b"").map_or(0, |log| log.text().matches("/result\"").count());
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(60);
    while polls() < 4 {
        assert!(std::time::Instant::now() < deadline, "it does not poll");
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    let _status = snowflake.query("COMMIT");
    let output = running.wait(std::time::Duration::from_secs(60)).expect_code(0);
    assert_eq!(output.last_state(), Some(json!({ "read": 3 })));
}
