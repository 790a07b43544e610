//! No secret is in anything that the programs print, at the most verbose level, when things go well and when they fail.
//! The secrets that servers hand out are read off the wire by a relay between program and server.
#![expect(
    clippy::expect_used,
    reason = "a test stops at the first surprise, also in its helpers"
)]

use serde_json::{Value, json};
use test_support::cloud_emulators::{CloudEmulators, USER_FILES};
use test_support::heroku_simulator::{FaultAction, FaultRule, HerokuSimulator, Scenario};
use test_support::http_exchange::exchange;
use test_support::local_snowflake::LocalSnowflake;
use test_support::log_in_kinds::{LogInHouse, LogInKind};
use test_support::messages::{record_line, schema_line, state_line};
use test_support::program::Program;
use test_support::program_output::ProgramOutput;

use crate::programs::{tap, target};
use crate::relay::Relay;
use crate::side_by_side::side_by_side;

/// Tokens, storage credentials, key material and signed addresses in servers' replies.
const HANDED_OUT: [&str; 17] = [
    "token",
    "masterToken",
    "sessionToken",
    "mfaToken",
    "idToken",
    "access_token",
    "proofKey",
    "AWS_KEY_ID",
    "AWS_SECRET_KEY",
    "AWS_TOKEN",
    "AZURE_SAS_TOKEN",
    "GCS_ACCESS_TOKEN",
    "presignedUrl",
    "queryStageMasterKey",
    "url",
    "qrmk",
    "x-amz-server-side-encryption-customer-key",
];
/// What programs send as proof: passwords, digits, and tokens that they got or signed themselves.
const SENT: [&str; 5] = ["PASSWORD", "TOKEN", "PASSCODE", "PROOF_KEY", "oldSessionToken"];

fn rows() -> String {
    let mut text = schema_line("t", &json!({ "id": { "type": "integer" } }), &["id"]);
    for id in 1..=4 {
        text += &record_line("t", &json!({ "id": id }));
        text += &state_line(&json!({ "id": id }));
    }
    text
}

/// Whatever can go wrong on the way and is overcome: renewals, retries, new credentials, polling, a replaced session,
/// addresses that are over.
fn overcome(port: u16) -> Value {
    let rules = json!([
        { "path": "login-request", "status": 503 },
        { "path": "oauth/token-request", "status": 503 },
        { "sql": "^SHOW TABLES", "expire_session": true },
        { "path": "session/token-request", "reset": true },
        { "path": "^/local-results/", "expire_chunk": true },
        { "sql": "^COPY", "poll": 1 },
        { "method": "PUT", "path": "stages/", "expire_credentials": true },
        { "method": "PUT", "path": "stages/", "nth": 3, "status": 503 },
        { "method": "PUT", "path": "stages/", "nth": 4, "reset": true },
        { "sql": "^MERGE", "reset": true, "execute": true },
        { "sql": "^BEGIN", "nth": 2, "cut_after_bytes": 9 },
        {
            "sql": "^CREATE TEMPORARY", "nth": 2,
            "reply": { "data": null, "code": "390111", "message": "Session no longer exists.", "success": false },
        },
    ]);
    on_port(rules, port)
}

/// The rules for the requests of one port.
fn on_port(mut rules: Value, port: u16) -> Value {
    for rule in rules
        .as_array_mut()
        .into_iter()
        .flatten()
        .filter_map(Value::as_object_mut)
    {
        rule.insert("port".to_owned(), json!(port));
    }
    rules
}

/// A program that says everything it can.
fn verbose(program: Program) -> Program {
    program
        .environment("LOGLEVEL", "TRACE")
        .environment("RUST_BACKTRACE", "full")
}

fn administer(snowflake: &LocalSnowflake, method: &str, what: &str, body: &Value) {
    let url = format!("http://127.0.0.1:{}/__local/{what}", snowflake.port());
    let body = if body.is_null() {
        String::new()
    } else {
        body.to_string()
    };
    let headers = [("Content-Type", "application/json")];
    let reply = exchange(method, &url, &headers, body.as_bytes()).expect("the server answers");
    assert_eq!(reply.status, 200, "{}", reply.text());
}

/// One of the server's ports, with the faults of one run alone.
struct Place<'a> {
    house: &'a LogInHouse,
    port: u16,
}

impl Place<'_> {
    fn set_faults(&self, rules: Value) {
        let (snowflake, port) = (&self.house.snowflake, self.port);
        administer(snowflake, "DELETE", &format!("faults?port={port}"), &Value::Null);
        administer(snowflake, "POST", "faults", &on_port(rules, port));
    }

    /// Runs the target through a relay and looks for everything secret that went through it, and for what is known.
    fn run_and_search(&self, kind: &LogInKind, schema: &str) -> ProgramOutput {
        let relay = Relay::to(self.port);
        let mut program = verbose(target())
            .config(&self.house.settings())
            .config(&json!({
                "port": relay.port(), "batch_size_rows": 2, "retry_base_milliseconds": 20,
                "default_target_schema": schema,
            }))
            .config(&kind.settings);
        for (name, value) in &kind.environment {
            program = program.environment(name, value);
        }
        let output = program.stdin(rows()).run();
        let mut secrets = relay.json_texts(&HANDED_OUT);
        if output.code == Some(0) {
            assert!(output.stderr.contains("DEBUG"), "it was not verbose");
            // Without PUT Snowflake hands out no credentials of a storage.
            let least = if kind.settings.get("target_s3").is_some() { 4 } else { 8 };
            assert!(secrets.len() >= least, "the relay saw only {} secrets", secrets.len());
        }
        secrets.extend(secrets.clone().iter().flat_map(|secret| parts_of_address(secret)));
        secrets.extend(relay.json_texts(&SENT));
        secrets.extend(kind.secrets.clone());
        output.assert_hides(&secrets.iter().map(String::as_str).collect::<Vec<_>>());
        output
    }
}

/// What opens a signed address: the long values of its query, and a word of its path that cannot be guessed.
fn parts_of_address(text: &str) -> Vec<String> {
    let (path, query) = text.split_once('?').unwrap_or((text, ""));
    let values = query
        .split('&')
        .filter_map(|pair| pair.split_once('='))
        .map(|(_, value)| value);
    let words = path.rsplit('/').take(1).filter(|_| path.contains("/local-results/"));
    values
        .chain(words)
        .filter(|part| part.len() >= 16)
        .map(str::to_owned)
        .collect()
}

const PLACES: usize = 4;

fn house() -> LogInHouse {
    LogInHouse::start(&["--chunk-bytes", "250", "--more-ports", "4"])
}

fn place(house: &LogInHouse, worker: usize) -> Place<'_> {
    let port = house
        .snowflake
        .more_ports()
        .get(worker)
        .copied()
        .expect("a port for each worker");
    Place { house, port }
}

#[test]
fn the_target_prints_no_secret_of_any_log_in() {
    let house = house();
    let kinds = house.kinds();
    let problems = side_by_side(&kinds, PLACES, |worker, kind| {
        let place = place(&house, worker);
        place.set_faults(overcome(place.port));
        let schema = kind.name.to_uppercase().replace(' ', "_");
        let output = place.run_and_search(kind, &schema);
        let rows = house.snowflake.try_query(&format!("SELECT COUNT(*) FROM {schema}.T"));
        match (output.code, rows) {
            (Some(0), Ok(rows)) if rows == [[Some("4".to_owned())]] => Ok(()),
            (code, rows) => Err(format!("{}: {code:?}, {rows:?}\n{}", kind.name, output.stderr)),
        }
    });
    assert!(problems.is_empty(), "{}", problems.join("\n\n"));
}

#[test]
fn the_target_prints_no_secret_of_any_storage() {
    let house = house();
    let password = house.kinds().into_iter().next().expect("a way to log in");
    let places = ["s3", "azure", "gcs", "gcs-presigned"];
    let problems = side_by_side(&places, PLACES, |worker, cloud| {
        let place = place(&house, worker);
        let stages = format!("stages?port={}", place.port);
        administer(&house.snowflake, "POST", &stages, &json!({ "cloud": cloud }));
        let schema = cloud.to_uppercase().replace('-', "_");
        place.set_faults(overcome(place.port));
        let _loaded = place.run_and_search(&password, &schema).expect_code(0);
        // And of a storage that does not give in.
        let denied = "<Error><Code>AccessDenied</Code><Message>no</Message></Error>";
        place.set_faults(json!([{ "method": "PUT", "path": "stages/", "status": 403, "times": 0, "body": denied }]));
        let _failed = place.run_and_search(&password, &schema).expect_code(1);
        Ok(())
    });
    assert!(problems.is_empty(), "{}", problems.join("\n\n"));
}

#[test]
fn the_target_prints_no_secret_when_it_is_refused() {
    let house = house();
    let place = place(&house, 0);
    let mut kinds = house.kinds().into_iter();
    let password = kinds.next().expect("a way to log in");
    let refused = json!([{ "sql": "^MERGE", "times": 0,
        "reply": { "data": {}, "code": "003001", "message": "no privilege", "success": false } }]);
    place.set_faults(refused);
    let _failed = place.run_and_search(&password, "PUBLIC").expect_code(1);
    place.set_faults(json!([]));
    let with = |settings: Value, secret: &str| LogInKind {
        settings,
        secrets: vec![secret.to_owned()],
        ..password.clone()
    };
    let wrong = with(
        json!({ "user": "careful", "password": "another-wrong-password" }),
        "another-wrong-password",
    );
    let _refused = place.run_and_search(&wrong, "PUBLIC").expect_code(3);
    let mut key = kinds.find(|kind| kind.name == "key pair").expect("a key pair");
    key.secrets.push("not-the-passphrase".to_owned());
    if let Some(settings) = key.settings.as_object_mut() {
        settings.insert("private_key_passphrase".to_owned(), json!("not-the-passphrase"));
    }
    assert_ne!(place.run_and_search(&key, "PUBLIC").code, Some(0));
}

/// Keys of the user's storage go into requests, and in datamill's way into COPY: neither is shown, whatever happens.
#[test]
fn the_target_prints_no_secret_of_the_users_storage() {
    const MASTER_KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
    let emulators = CloudEmulators::shared();
    let mut arguments = vec![
        "--chunk-bytes".to_owned(),
        "250".to_owned(),
        "--more-ports".to_owned(),
        "1".to_owned(),
    ];
    arguments.extend(emulators.server_arguments());
    let house = LogInHouse::start(&arguments.iter().map(String::as_str).collect::<Vec<_>>());
    let place = place(&house, 0);
    let s3 = emulators.address("s3");
    let mut kind = house.kinds().into_iter().next().expect("a way to log in");
    let log_in = kind.settings.clone();
    kind.secrets
        .extend([s3.secret.as_str(), s3.name.as_str(), MASTER_KEY].map(str::to_owned));
    let mut with_key = |secret: &str| {
        let mut settings = log_in.clone();
        let storage = json!({
            "target_s3": { "bucket": USER_FILES, "key_prefix": "secrets",
                "aws_access_key_id": s3.name, "aws_secret_access_key": secret },
            "s3_endpoint_url": s3.origin, "client_side_encryption_master_key": MASTER_KEY,
        });
        if let (Some(all), Some(storage)) = (settings.as_object_mut(), storage.as_object()) {
            all.extend(storage.clone());
        }
        kind.settings = settings;
        kind.secrets.push(secret.to_owned());
        kind.clone()
    };
    let right = with_key(&s3.secret);
    place.set_faults(overcome(place.port));
    let _loaded = place.run_and_search(&right, "OWN_STORAGE").expect_code(0);
    assert_eq!(house.snowflake.value("SELECT COUNT(*) FROM OWN_STORAGE.T"), "4");
    let refused = json!([{ "sql": "^COPY", "times": 0,
        "reply": { "data": {}, "code": "003001", "message": "no privilege", "success": false } }]);
    place.set_faults(refused);
    let _failed = place.run_and_search(&right, "OWN_STORAGE").expect_code(1);
    let _wrong = place
        .run_and_search(&with_key("another-wrong-secret"), "OWN_STORAGE")
        .expect_code(3);
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
