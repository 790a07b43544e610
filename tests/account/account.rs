//! The account under test: that of the environment, or a local server. Asked through our own client, so no check here may
//! rely on its answer alone where the client itself is in doubt.

use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};
use snowflake_client::{
    ClientConfig, Credentials, Error, PrivateKeySource, Protocol, ResultSet, Secret, Session, StatementOptions,
    TokenSource,
};
use test_support::local_snowflake::{LocalSnowflake, LocalSnowflakeOptions};
use test_support::program::Program;
use tokio::runtime::Runtime;
use tokio::task::JoinHandle;

/// Set by `scripts/test-account`, so that a developer's own variables never send a test to an account.
const WANTED: &str = "TEST_ACCOUNT";
/// Settings of the target, by the variables that the target itself reads.
const SETTINGS: [&str; 13] = [
    "account",
    "host",
    "user",
    "password",
    "passcode",
    "private_key",
    "private_key_path",
    "private_key_passphrase",
    "programmatic_access_token",
    "oauth_access_token",
    "database",
    "warehouse",
    "role",
];

pub(crate) struct Account {
    settings: Value,
    schema: String,
    runtime: Runtime,
    local: Option<LocalSnowflake>,
}

impl Account {
    pub(crate) fn of_environment() -> Self {
        let local = std::env::var_os(WANTED).is_none().then(|| {
            LocalSnowflake::start(&LocalSnowflakeOptions {
                arguments: ["--wait-seconds", "0.2"].map(str::to_owned).to_vec(),
                ..LocalSnowflakeOptions::default()
            })
        });
        let settings = match &local {
            Some(local) => local.target_settings(),
            None => settings_of_environment(),
        };
        let seconds = SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock").as_secs();
        let account = Self {
            settings,
            schema: format!("TEST_ACCOUNT_{seconds}"),
            runtime: Runtime::new().expect("a runtime"),
            local,
        };
        let create = format!("CREATE SCHEMA {}", account.schema);
        account.rows(&account.session(), &create);
        account
    }

    pub(crate) fn name(&self) -> String {
        match &self.local {
            Some(_) => "the local Snowflake server".to_owned(),
            None => format!("account {}", self.text("account").unwrap_or_default()),
        }
    }

    pub(crate) fn is_local(&self) -> bool {
        self.local.is_some()
    }

    pub(crate) fn schema(&self) -> &str {
        &self.schema
    }

    /// Removes everything that the checks made.
    pub(crate) fn leave(&self) {
        self.rows(&self.session(), &format!("DROP SCHEMA {}", self.schema));
    }

    pub(crate) fn text(&self, name: &str) -> Option<String> {
        self.settings[name].as_str().map(str::to_owned)
    }

    /// The port of the server, when it is one of this machine.
    pub(crate) fn local_port(&self) -> Option<u16> {
        self.local.as_ref().map(LocalSnowflake::port)
    }

    /// The target, loading into the schema.
    pub(crate) fn target(&self) -> Program {
        self.target_with(&self.settings)
    }

    /// The target with other settings than the account's own.
    pub(crate) fn target_with(&self, settings: &Value) -> Program {
        let ours = json!({ "default_target_schema": self.schema, "add_record_metadata": false });
        let mut program = Program::new(env!("CARGO_BIN_EXE_target-snowflake-under-test"))
            .config(settings)
            .config(&ours)
            .timeout(std::time::Duration::from_secs(600));
        for name in ["HTTPS_PROXY", "NO_PROXY", "SSL_CERT_FILE", "HOME"] {
            if let Some(value) = std::env::var_os(name) {
                program = program.environment(name, value);
            }
        }
        program
    }

    pub(crate) fn session(&self) -> Session {
        let config = self.client_config();
        let session = self.block_on(Session::log_in(&config));
        let session = session.unwrap_or_else(|failure| panic!("{failure}; {}", failure.hint().unwrap_or_default()));
        if self.text("warehouse").is_some() {
            let warehouse = self.text("warehouse").unwrap_or_default();
            self.rows(&session, &format!("USE WAREHOUSE {warehouse}"));
        }
        session
    }

    /// A session whose statements need no schema in their names.
    pub(crate) fn session_in_schema(&self) -> Session {
        let session = self.session();
        self.rows(&session, &format!("USE SCHEMA {}", self.schema));
        session
    }

    pub(crate) fn block_on<T>(&self, work: impl Future<Output = T>) -> T {
        self.runtime.block_on(work)
    }

    /// Runs a statement while something else goes on.
    pub(crate) fn spawn(&self, session: &Session, sql: &str) -> JoinHandle<Result<ResultSet, Error>> {
        let (session, sql) = (session.clone(), sql.to_owned());
        let run = async move { session.execute(&sql, &StatementOptions::default()).await };
        self.runtime.spawn(run)
    }

    pub(crate) fn try_rows(&self, session: &Session, sql: &str) -> Result<ResultSet, Error> {
        self.block_on(session.execute(sql, &StatementOptions::default()))
    }

    #[track_caller]
    pub(crate) fn rows(&self, session: &Session, sql: &str) -> Vec<Vec<Option<String>>> {
        match self.try_rows(session, sql) {
            Ok(result) => result.rows,
            Err(failure) => panic!("{failure} in: {sql}"),
        }
    }

    /// The one value of a statement.
    #[track_caller]
    pub(crate) fn value(&self, session: &Session, sql: &str) -> String {
        match self.rows(session, sql).as_slice() {
            [row] => row[0].clone().unwrap_or_default(),
            rows => panic!("{} rows of: {sql}", rows.len()),
        }
    }

    fn client_config(&self) -> ClientConfig {
        let text = |name: &str| self.text(name);
        let secret = |name: &str| text(name).map(Secret::new);
        let key = secret("private_key")
            .map(PrivateKeySource::Pem)
            .or(text("private_key_path").map(|path| PrivateKeySource::Path(path.into())));
        let credentials = if let Some(key) = key {
            let passphrase = secret("private_key_passphrase");
            Credentials::KeyPair { key, passphrase }
        } else if let Some(token) = secret("programmatic_access_token") {
            Credentials::ProgrammaticAccessToken(TokenSource::Text(token))
        } else if let Some(token) = secret("oauth_access_token") {
            Credentials::OAuthAccessToken(TokenSource::Text(token))
        } else {
            Credentials::Password(secret("password").expect("a way to log in: see scripts/test-account"))
        };
        let account = text("account").expect("TARGET_SNOWFLAKE_ACCOUNT");
        let mut config = ClientConfig::new(account, text("user").unwrap_or_default(), credentials);
        config.host = text("host");
        if let Some(port) = self.local_port() {
            config.port = Some(port);
            config.protocol = Protocol::Http;
        }
        config.database = text("database");
        config.role = text("role");
        config
    }
}

fn settings_of_environment() -> Value {
    let given = SETTINGS.iter().filter_map(|name| {
        let variable = format!("TARGET_SNOWFLAKE_{}", name.to_uppercase());
        let value = std::env::var(variable).ok().filter(|value| !value.is_empty())?;
        Some(((*name).to_owned(), Value::from(value)))
    });
    Value::Object(given.collect())
}
