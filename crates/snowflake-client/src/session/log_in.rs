//! The log-in: checks settings, proves the user, begins the session. The same again when a session was lost.

use std::sync::Arc;

use crate::call::{self, Endpoint};
use crate::config::{Account, ClientConfig, Credentials};
use crate::error::{Error, ErrorKind};
use crate::proof::{LogInContext, Prover, remember};
use crate::secret::Secret;
use crate::session::connection::Connection;
use crate::session::tokens::TokenPair;
use crate::session::{SessionInfo, heartbeat_task};
use crate::wire::{LoginData, SessionInfo as Named};

/// Logs in and starts the heartbeat.
pub(crate) async fn log_in(config: &ClientConfig) -> Result<Arc<Connection>, Error> {
    let account = Account::from_config(config)?;
    let log_in = LogIn {
        prover: Prover::new(config, &account)?,
        account_name: account.name,
        config: config.clone(),
    };
    log_in.check()?;
    let endpoint = Endpoint::new(config, account.base_url)?;
    let (tokens, information) = log_in.run(&endpoint).await?;
    log::debug!(
        "session {} as {}",
        information.session_id,
        information.role.as_deref().unwrap_or("no role")
    );
    let connection = Arc::new(Connection::new(endpoint, log_in, tokens, information));
    heartbeat_task::start(&connection);
    Ok(connection)
}

/// Everything that a log-in needs, kept for the next one.
pub(crate) struct LogIn {
    config: ClientConfig,
    account_name: String,
    prover: Prover,
}

impl LogIn {
    /// Files of one upload that are sent at the same time.
    pub(crate) fn parallel_uploads(&self) -> usize {
        self.config.parallel_uploads.max(1)
    }

    /// Whether statements stand alone: without autocommit every one of them belongs to a transaction.
    pub(crate) fn autocommits(&self) -> bool {
        let parameters = self.config.session_parameters.iter();
        !parameters
            .filter(|(name, _)| name.eq_ignore_ascii_case("AUTOCOMMIT"))
            .any(|(_, value)| {
                value.as_bool() == Some(false) || value.as_str().is_some_and(|word| word.eq_ignore_ascii_case("false"))
            })
    }

    /// One log-in; a second one when the first was refused for a token that may only be too old.
    pub(crate) async fn run(&self, endpoint: &Endpoint) -> Result<(TokenPair, SessionInfo), Error> {
        let memory = &self.config.memory;
        let leaves_tokens = matches!(
            self.config.credentials,
            Credentials::PasswordWithPasscode { .. }
                | Credentials::OAuthClientCredentials(_)
                | Credentials::ExternalBrowser(_)
        );
        let _one_at_a_time = match leaves_tokens {
            true => Some(memory.one_at_a_time.lock().await),
            false => None,
        };
        let context = LogInContext {
            endpoint,
            config: &self.config,
            account_name: &self.account_name,
        };
        let mut is_first = true;
        loop {
            let proof = self.prover.prepare(&context).await?;
            match call::log_in(endpoint, &self.config, &self.account_name, || proof.fields()).await {
                Ok(mut data) => {
                    remember(&self.config, &mut data);
                    return self.begin(endpoint, data).await;
                }
                Err(failure) if is_first && proof.may_be_renewed(&context, &failure) => {
                    log::debug!("log-in again with a new token ({:?})", failure.code());
                    is_first = false;
                }
                Err(failure) => return Err(self.explain(proof.explain(failure))),
            }
        }
    }

    fn check(&self) -> Result<(), Error> {
        let word =
            |text: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || "_.-".contains(c));
        if word(&self.config.application) && word(&self.config.application_version) {
            return Ok(());
        }
        Err(Error::new(
            ErrorKind::Configuration,
            "application and version may have letters, digits, '_', '.' and '-' only",
        ))
    }

    async fn begin(&self, endpoint: &Endpoint, data: LoginData) -> Result<(TokenPair, SessionInfo), Error> {
        let (Some(session), Some(master)) = (data.token, data.master_token) else {
            // A password that must be changed, or a second factor that is asked for.
            let what = match data.next_action {
                Some(_) => "log-in: the server wants a person to do something first (change the password, confirm)",
                None => "log-in: the reply has no tokens",
            };
            return Err(
                Error::new(ErrorKind::Credentials, what).with_hint("log in once in a browser, or use a key pair")
            );
        };
        let tokens = TokenPair {
            session: Secret::new(session),
            master: Secret::new(master),
        };
        let missing = data.session_info.as_ref().and_then(|named| self.missing(named));
        if let Some(missing) = missing {
            // The server did not check, and nothing would work in this session.
            let _ = call::close(endpoint, &tokens.session).await;
            return Err(Error::new(ErrorKind::Configuration, format!("log-in: {missing}"))
                .with_hint("check the name and its case, and that the role may use it"));
        }
        let named = data.session_info.unwrap_or_default();
        let information = SessionInfo {
            session_id: data.session_id.unwrap_or_default(),
            server_version: data.server_version.unwrap_or_default(),
            database: named.database_name,
            schema: named.schema_name,
            warehouse: named.warehouse_name,
            role: named.role_name,
        };
        Ok((tokens, information))
    }

    /// What was asked for and is not there.
    fn missing(&self, named: &Named) -> Option<String> {
        let config = &self.config;
        let asked = [
            ("database", &config.database, &named.database_name),
            ("schema", &config.schema, &named.schema_name),
            ("warehouse", &config.warehouse, &named.warehouse_name),
            ("role", &config.role, &named.role_name),
        ];
        let (what, name) = asked
            .iter()
            .find_map(|(what, asked, got)| Some((what, asked.as_ref().filter(|_| got.is_none())?)))?;
        Some(format!("the {what} {name:?} does not exist or the role may not use it"))
    }

    /// Says which names were asked for when one of them was refused: the server need not say which.
    fn explain(&self, failure: Error) -> Error {
        let config = &self.config;
        let role = ("role", &config.role);
        let asked = match failure.code() {
            Some("390189") => vec![role],
            Some("390201") => vec![
                ("database", &config.database),
                ("schema", &config.schema),
                ("warehouse", &config.warehouse),
                role,
            ],
            _ => Vec::new(),
        };
        let named: Vec<String> = asked
            .iter()
            .filter_map(|(what, name)| Some(format!("{what} {:?}", name.as_ref()?)))
            .collect();
        if !named.is_empty() {
            return failure.with_addition(&format!("asked for {}", named.join(", ")));
        }
        if failure.code() == Some("390127") && !matches!(config.credentials, Credentials::PasswordWithPasscode { .. }) {
            return failure.with_hint("set passcode to the digits of the authenticator app, or use a key pair");
        }
        failure
    }
}
