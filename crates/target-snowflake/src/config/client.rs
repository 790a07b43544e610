//! The client's settings: where to log in, and what every session begins with.

use std::time::Duration;

use connector_process::Settings;
use serde_json::Value;
use snowflake_client::{ClientConfig, Protocol};

use super::log_in;
use crate::settings_table::PROGRAM;

/// Snowflake's own limit: seven days.
const STATEMENT_SECONDS: std::ops::RangeInclusive<i64> = 1..=604_800;

const REQUEST_SECONDS: std::ops::RangeInclusive<i64> = 1..=3_600;
/// Snowflake holds the answer to a running statement back for 45 seconds. A server on this machine need not.
const LEAST_REQUEST_SECONDS: u64 = 60;
const RETRY_MILLISECONDS: std::ops::RangeInclusive<i64> = 1..=16_000;

/// Everything that `snowflake-client` needs to know.
pub(super) fn client_config(settings: &mut Settings) -> ClientConfig {
    let credentials = log_in::credentials(settings);
    let text = |name: &str| settings.text(name);
    let mut client = ClientConfig::new(
        text("account").unwrap_or_default(),
        text("user").unwrap_or_default(),
        credentials,
    );
    client.host = text("host");
    client.protocol = if text("protocol").as_deref() == Some("http") {
        Protocol::Http
    } else {
        Protocol::Https
    };
    client.database = text("database");
    client.warehouse = text("warehouse");
    client.role = text("role");
    client.ca_bundle_path = text("ca_bundle_path").map(Into::into);
    // The schema is not part of the session: it may have to be created first, and every name in SQL is complete.
    client.application = "target_snowflake".to_owned();
    client.application_version = PROGRAM.version.to_owned();
    let statement_seconds = settings.integer_within("statement_timeout_seconds", STATEMENT_SECONDS);
    let request_seconds = super::within(settings, "request_timeout_seconds", REQUEST_SECONDS);
    if client.protocol == Protocol::Https && (1..LEAST_REQUEST_SECONDS).contains(&request_seconds) {
        let text = format!(
            "must be at least {LEAST_REQUEST_SECONDS}: Snowflake answers after 45 seconds while a statement runs, so that \
             with less every longer statement fails"
        );
        settings.problem("request_timeout_seconds", text);
    }
    let limits = &mut client.time_limits;
    limits.attempt = Duration::from_secs(request_seconds);
    limits.backoff.0 = Duration::from_millis(super::within(settings, "retry_base_milliseconds", RETRY_MILLISECONDS));
    let port = settings.integer_within("port", 1..=65_535);
    client.port = port.and_then(|port| u16::try_from(port).ok());
    let mut parameter = |name: &str, value: Value| client.session_parameters.insert(name.to_owned(), value);
    // What a statement means must not depend on what someone set for the account or the user.
    parameter("TIMEZONE", Value::from("UTC"));
    parameter("TIMESTAMP_TYPE_MAPPING", Value::from("TIMESTAMP_NTZ"));
    parameter("QUOTED_IDENTIFIERS_IGNORE_CASE", Value::Bool(false));
    parameter("ERROR_ON_NONDETERMINISTIC_MERGE", Value::Bool(true));
    parameter("AUTOCOMMIT", Value::Bool(true));
    // A load whose program was killed ends, instead of holding the table's lock against the next run.
    parameter("ABORT_DETACHED_QUERY", Value::Bool(true));
    if let Some(seconds) = statement_seconds {
        parameter("STATEMENT_TIMEOUT_IN_SECONDS", Value::from(seconds));
    }
    // A tag with tokens goes with the statements of each table.
    if let Some(tag) = settings.text("query_tag").filter(|tag| !tag.contains("{{")) {
        parameter("QUERY_TAG", Value::from(tag));
    }
    client
}
