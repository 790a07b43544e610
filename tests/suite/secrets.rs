//! No secret is in anything that the programs print, at the most verbose level, when things go well and when they fail.
//! The secrets that servers hand out are read off the wire by a relay between program and server.
#![expect(
    clippy::expect_used,
    reason = "a test stops at the first surprise, also in its helpers"
)]

mod relay;

use serde_json::{Value, json};
use test_support::heroku_simulator::{FaultAction, FaultRule, HerokuSimulator, Scenario};
use test_support::http_exchange::exchange;
use test_support::local_snowflake::{LocalSnowflake, LocalSnowflakeOptions, workspace_root};
use test_support::messages::{record_line, schema_line, state_line};
use test_support::program::Program;
use test_support::program_output::ProgramOutput;

use crate::programs::{tap, target};
use relay::Relay;

const PASSWORD: &str = "correct-horse-battery-staple";
/// Of the test keys of `snowflake-client`.
const PASSPHRASE: &str = "test-passphrase";
/// Tokens, storage credentials and key material in Snowflake's replies.
const HANDED_OUT: [&str; 7] = [
    "token",
    "masterToken",
    "sessionToken",
    "AWS_KEY_ID",
    "AWS_SECRET_KEY",
    "AWS_TOKEN",
    "queryStageMasterKey",
];

fn rows() -> String {
    let mut text = schema_line("t", &json!({ "id": { "type": "integer" } }), &["id"]);
    for id in 1..=4 {
        text += &record_line("t", &json!({ "id": id }));
        text += &state_line(&json!({ "id": id }));
    }
    text
}

/// Whatever can go wrong on the way and is overcome: renewals, retries, new credentials, polling, a replaced session.
fn overcome() -> Value {
    json!([
        { "path": "login-request", "status": 503 },
        { "sql": "^SHOW TABLES", "expire_session": true },
        { "path": "token-request", "reset": true },
        { "sql": "^COPY", "poll": 1 },
        { "method": "PUT", "path": "^/local-stages/", "expire_credentials": true },
        { "method": "PUT", "path": "^/local-stages/", "nth": 3, "status": 503 },
        { "sql": "^MERGE", "reset": true, "execute": true },
        { "sql": "^BEGIN", "nth": 2, "cut_after_bytes": 9 },
        {
            "sql": "^CREATE TEMPORARY", "nth": 2,
            "reply": { "data": null, "code": "390111", "message": "Session no longer exists.", "success": false },
        },
    ])
}

/// A program that says everything it can.
fn verbose(program: Program) -> Program {
    program
        .environment("LOGLEVEL", "TRACE")
        .environment("RUST_BACKTRACE", "full")
}

fn add_faults(snowflake: &LocalSnowflake, rules: &Value) {
    let url = format!("http://127.0.0.1:{}/__local/faults", snowflake.port());
    let body = rules.to_string();
    let headers = [("Content-Type", "application/json")];
    exchange("DELETE", &url, &headers, b"").expect("the server answers");
    let reply = exchange("POST", &url, &headers, body.as_bytes()).expect("the server answers");
    assert_eq!(reply.status, 200, "{}", reply.text());
}

fn test_key(name: &str) -> std::path::PathBuf {
    workspace_root().join("crates/snowflake-client/tests/data").join(name)
}

/// Runs the target through a relay and looks for everything secret that went through it, and for `known`.
fn run_and_search(snowflake: &LocalSnowflake, log_in: &Value, known: &[&str]) -> ProgramOutput {
    let relay = Relay::to(snowflake.port());
    let output = verbose(target())
        .config(&snowflake.target_settings())
        .config(&json!({ "port": relay.port(), "batch_size_rows": 2, "retry_base_milliseconds": 20 }))
        .config(log_in)
        .stdin(rows())
        .run();
    let mut secrets = relay.json_texts(&HANDED_OUT);
    if output.code == Some(0) {
        assert!(output.stderr.contains("DEBUG"), "it was not verbose");
        assert!(secrets.len() >= 8, "the relay saw only {} secrets", secrets.len());
    }
    // What the program sends as proof: passwords, and tokens that it signed itself.
    secrets.extend(relay.json_texts(&["PASSWORD", "TOKEN"]));
    secrets.extend(known.iter().map(|&secret| secret.to_owned()));
    output.assert_hides(&secrets.iter().map(String::as_str).collect::<Vec<_>>());
    output
}

#[test]
fn the_target_prints_no_secret_of_a_password_log_in() {
    let snowflake = LocalSnowflake::start(&LocalSnowflakeOptions {
        users: vec![("careful".to_owned(), PASSWORD.to_owned())],
        ..LocalSnowflakeOptions::default()
    });
    let log_in = json!({ "user": "careful", "password": PASSWORD });
    add_faults(&snowflake, &overcome());
    let _loaded = run_and_search(&snowflake, &log_in, &[PASSWORD]).expect_code(0);
    assert_eq!(snowflake.value("SELECT COUNT(*) FROM T"), "4");

    // And of failures that are not overcome.
    let wrong = json!({ "user": "careful", "password": "another-wrong-password" });
    let _refused = run_and_search(&snowflake, &wrong, &["another-wrong-password"]).expect_code(3);
    let forbidden = json!([{ "method": "PUT", "path": "^/local-stages/", "status": 403, "times": 0,
        "body": "<Error><Code>AccessDenied</Code><Message>no</Message></Error>" }]);
    add_faults(&snowflake, &forbidden);
    let _failed = run_and_search(&snowflake, &log_in, &[PASSWORD]).expect_code(1);
    let refused = json!([{ "sql": "^MERGE", "times": 0,
        "reply": { "data": {}, "code": "003001", "message": "no privilege", "success": false } }]);
    add_faults(&snowflake, &refused);
    let _failed = run_and_search(&snowflake, &log_in, &[PASSWORD]).expect_code(1);
}

#[test]
fn the_target_prints_no_secret_of_a_key_pair_log_in() {
    let snowflake = LocalSnowflake::start(&LocalSnowflakeOptions {
        public_keys: vec![("demo".to_owned(), test_key("rsa_public.pem"))],
        ..LocalSnowflakeOptions::default()
    });
    let pem = std::fs::read_to_string(test_key("rsa_aes256.p8")).expect("a test key");
    let plain = std::fs::read_to_string(test_key("rsa_plain.p8")).expect("a test key");
    let lines = |pem: &str| -> Vec<String> {
        pem.lines()
            .filter(|line| !line.starts_with("--"))
            .map(str::to_owned)
            .collect()
    };
    let mut known: Vec<String> = lines(&pem);
    known.extend(lines(&plain));
    known.push(PASSPHRASE.to_owned());
    let known: Vec<&str> = known.iter().map(String::as_str).collect();

    add_faults(&snowflake, &overcome());
    let right = json!({ "authenticator": "snowflake_jwt", "private_key": pem, "private_key_passphrase": PASSPHRASE });
    let _loaded = run_and_search(&snowflake, &right, &known).expect_code(0);
    let wrong =
        json!({ "authenticator": "snowflake_jwt", "private_key": pem, "private_key_passphrase": "not-the-passphrase" });
    let refused = run_and_search(&snowflake, &wrong, &known);
    assert_ne!(refused.code, Some(0));
    refused.assert_hides(&["not-the-passphrase"]);
}

#[test]
fn the_tap_prints_no_token_and_no_signed_address() {
    let heroku = HerokuSimulator::start(Scenario {
        separate_log_port: false,
        ..Scenario::default()
    });
    let port = heroku
        .url()
        .rsplit(':')
        .next()
        .and_then(|port| port.trim_end_matches('/').parse().ok());
    let relay = Relay::to(port.expect("a port in the simulator's address"));
    heroku.add_fault(FaultRule::once(
        "POST",
        "/apps/*/log-sessions",
        FaultAction::ExpireLogUrl,
    ));
    heroku.add_fault(FaultRule::once("GET", "/apps", FaultAction::Reset));
    let token = heroku.api_token();
    let settings = json!({ "api_url": format!("http://127.0.0.1:{}", relay.port()), "api_token": token });
    let output = verbose(tap()).config(&settings).run().expect_code(0);
    assert!(output.stderr.contains("DEBUG"), "it was not verbose");
    let addresses = relay.json_texts(&["logplex_url"]);
    assert!(!addresses.is_empty(), "the relay saw no log session");
    let mut secrets = vec![token.clone()];
    for address in &addresses {
        let query = address
            .split_once('?')
            .map(|(_, query)| query.to_owned())
            .unwrap_or_default();
        let values = query.split('&').filter_map(|pair| pair.split_once('='));
        secrets.extend(
            values
                .filter(|(_, value)| value.len() >= 16)
                .map(|(_, value)| value.to_owned()),
        );
        secrets.push(query);
    }
    assert!(
        secrets.len() > addresses.len() + 1,
        "the addresses carry no signature: nothing is proved"
    );
    output.assert_hides(&secrets.iter().map(String::as_str).collect::<Vec<_>>());

    let wrong = json!({ "api_url": heroku.url(), "api_token": "HRKU-0123456789-not-the-token" });
    let refused = verbose(tap()).config(&wrong).run().expect_code(3);
    refused.assert_hides(&["HRKU-0123456789-not-the-token"]);
}
