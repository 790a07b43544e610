//! Settings of a client as plain data. Checked at log-in, not here: every field may still change before.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

use crate::config::Credentials;
use crate::proof::{LogInMemory, Remembered};

/// Where and as whom to log in, and with which limits. Make it with [`ClientConfig::new`], then set fields.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ClientConfig {
    /// `organisation-account`, `locator`, `locator.region[.cloud]`, a full host name or a full URL.
    pub account: String,
    /// Used instead of the host that follows from the account (PrivateLink, tests).
    pub host: Option<String>,
    /// Used instead of 443.
    pub port: Option<u16>,
    /// Plain HTTP is refused unless the host is this machine.
    pub protocol: Protocol,
    /// Log-in name. May be empty when a token says who the user is.
    pub user: String,
    /// How the user is proved.
    pub credentials: Credentials,
    /// Database of the session. Unknown names fail the log-in, see [`crate::ErrorKind::Configuration`].
    pub database: Option<String>,
    /// Schema of the session.
    pub schema: Option<String>,
    /// Warehouse of the session.
    pub warehouse: Option<String>,
    /// Role of the session; the user's default when absent.
    pub role: Option<String>,
    /// Sent with the log-in, so they hold from the first statement on (`QUERY_TAG`, `TIMEZONE`, …).
    pub session_parameters: BTreeMap<String, Value>,
    /// Name of the program, shown in Snowflake's session history: letters, digits and `_`.
    pub application: String,
    /// Version of the program, for the `User-Agent` header.
    pub application_version: String,
    /// Time limits of the calls.
    pub time_limits: TimeLimits,
    /// How many requests of one upload, whole files or parts of them, are sent at a time at most; the server may want
    /// fewer, and usually wants 4. 0 is taken as 1.
    pub parallel_uploads: usize,
    /// PEM file with certificates of authorities to trust beside the system's (a company's proxy that opens TLS).
    pub ca_bundle_path: Option<PathBuf>,
    /// Tokens that one log-in leaves for the next; clones of a configuration share them.
    pub(crate) memory: Arc<LogInMemory>,
}

impl ClientConfig {
    /// A configuration with the usual limits, on HTTPS, without database, schema, warehouse and role.
    pub fn new(account: impl Into<String>, user: impl Into<String>, credentials: Credentials) -> Self {
        ClientConfig {
            account: account.into(),
            host: None,
            port: None,
            protocol: Protocol::Https,
            user: user.into(),
            credentials,
            database: None,
            schema: None,
            warehouse: None,
            role: None,
            session_parameters: BTreeMap::new(),
            application: "snowflake_client".to_owned(),
            application_version: env!("CARGO_PKG_VERSION").to_owned(),
            time_limits: TimeLimits::default(),
            // As the official drivers bound what the server wants.
            parallel_uploads: 16,
            ca_bundle_path: None,
            memory: Arc::default(),
        }
    }

    /// True while a log-in would need somebody: for a new code of the authenticator app, or at a browser. Not when an
    /// earlier log-in left a token for further ones.
    pub fn next_log_in_needs_a_person(&self) -> bool {
        let token = match self.credentials {
            Credentials::PasswordWithPasscode { .. } => Remembered::SecondFactor,
            Credentials::ExternalBrowser(_) => Remembered::Person,
            _ => return false,
        };
        self.memory.recall(token, &self.user).is_none()
    }
}

/// How the server is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Protocol {
    /// Always, but for tests.
    #[default]
    Https,
    /// Only to this machine.
    Http,
}

/// Time limits of the calls.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct TimeLimits {
    /// To connect, once.
    pub connect: Duration,
    /// To log in, all attempts together.
    pub log_in: Duration,
    /// For one attempt of a call. The server itself answers a running statement after about 45 s with "still running".
    pub attempt: Duration,
    /// For all attempts of a call that keeps failing. A statement may run far longer: each poll is a new call.
    pub call: Duration,
    /// Shortest and longest pause between attempts.
    pub backoff: (Duration, Duration),
    /// Silence after which a heartbeat keeps the session alive. Without one it dies four hours after the last call.
    pub heartbeat: Duration,
    /// To get the wish to cancel a statement through: who cancels wants to leave.
    pub cancel: Duration,
    /// To close the session.
    pub close: Duration,
}

impl Default for TimeLimits {
    fn default() -> Self {
        TimeLimits {
            connect: Duration::from_secs(30),
            log_in: Duration::from_secs(120),
            attempt: Duration::from_secs(120),
            call: Duration::from_secs(600),
            backoff: (Duration::from_millis(250), Duration::from_secs(16)),
            heartbeat: Duration::from_secs(900),
            cancel: Duration::from_secs(10),
            close: Duration::from_secs(5),
        }
    }
}
