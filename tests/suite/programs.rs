//! The two programs under test and the pipe between them. Not for assertions.

use serde_json::{Value, json};
use test_support::heroku_simulator::HerokuSimulator;
use test_support::http_exchange::exchange;
use test_support::local_snowflake::{LocalSnowflake, LocalSnowflakeOptions};
use test_support::program::Program;
use test_support::program_output::ProgramOutput;

/// The tap as a user would start it.
pub(crate) fn tap() -> Program {
    Program::new(env!("CARGO_BIN_EXE_tap-heroku-under-test"))
}

/// The target as a user would start it.
pub(crate) fn target() -> Program {
    Program::new(env!("CARGO_BIN_EXE_target-snowflake-under-test"))
}

/// A local Snowflake of the test's own, empty but for its demo database.
pub(crate) fn snowflake() -> LocalSnowflake {
    LocalSnowflake::start(&LocalSnowflakeOptions::default())
}

/// Settings of the tap for a simulator.
pub(crate) fn tap_settings(heroku: &HerokuSimulator) -> Value {
    json!({ "api_url": heroku.url(), "api_token": heroku.api_token() })
}

/// Feeds messages to the target and expects it to succeed.
#[track_caller]
pub(crate) fn load(snowflake: &LocalSnowflake, messages: impl Into<Vec<u8>>) -> ProgramOutput {
    load_with(snowflake, &json!({}), messages).expect_code(0)
}

/// Feeds messages to the target with further settings.
pub(crate) fn load_with(snowflake: &LocalSnowflake, settings: &Value, messages: impl Into<Vec<u8>>) -> ProgramOutput {
    target()
        .config(&snowflake.target_settings())
        .config(settings)
        .stdin(messages)
        .run()
}

/// Every request that the local Snowflake got since the last [`forget_requests`], with its SQL, as JSON text.
pub(crate) fn requests(snowflake: &LocalSnowflake) -> String {
    let reply = exchange("GET", &requests_url(snowflake), &[], b"").expect("the list of requests");
    reply.text()
}

/// Begins the list of requests anew.
pub(crate) fn forget_requests(snowflake: &LocalSnowflake) {
    let _forgotten = exchange("DELETE", &requests_url(snowflake), &[], b"").expect("an empty list");
}

fn requests_url(snowflake: &LocalSnowflake) -> String {
    format!("http://127.0.0.1:{}/__local/requests", snowflake.port())
}

/// The statements among those requests, in order.
pub(crate) fn statements(snowflake: &LocalSnowflake) -> Vec<String> {
    let reply: Value = serde_json::from_str(&requests(snowflake)).expect("a list of requests in JSON");
    let sql = |request: &Value| request.get("sql")?.as_str().map(str::to_owned);
    let requests = reply.get("requests").and_then(Value::as_array).expect("the list");
    requests.iter().filter_map(sql).collect()
}
