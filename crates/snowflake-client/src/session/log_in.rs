//! The log-in: checks settings, proves the user, begins the session.

use std::sync::Arc;

use crate::call::{self, Endpoint};
use crate::config::{Account, ClientConfig, Credentials};
use crate::error::{Error, ErrorKind};
use crate::key_pair::{PrivateKey, TokenSigner};
use crate::secret::Secret;
use crate::session::connection::Connection;
use crate::session::tokens::TokenPair;
use crate::session::{SessionInfo, heartbeat_task};
use crate::wire::{CredentialFields, LoginData};

/// Logs in and starts the heartbeat.
pub(crate) async fn log_in(config: &ClientConfig) -> Result<Arc<Connection>, Error> {
    check(config)?;
    let account = Account::from_config(config)?;
    let prover = Prover::new(config, &account)?;
    let endpoint = Endpoint::new(config, account.base_url)?;
    let reply = call::log_in(&endpoint, config, &account.name, || prover.fields()).await;
    let data = reply.map_err(|failure| prover.explain(failure))?;
    let (tokens, information) = begin(data)?;
    log::debug!(
        "session {} as {}",
        information.session_id,
        information.role.as_deref().unwrap_or("no role")
    );
    let connection = Arc::new(Connection::new(endpoint, tokens, information, config.parallel_uploads));
    heartbeat_task::start(&connection);
    Ok(connection)
}

fn check(config: &ClientConfig) -> Result<(), Error> {
    let configuration = |what: &str| Err(Error::new(ErrorKind::Configuration, what));
    let word = |text: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || "_.-".contains(c));
    if config.user.trim().is_empty() {
        return configuration("the user is empty");
    }
    if !word(&config.application) || !word(&config.application_version) {
        return configuration("application and version may have letters, digits, '_', '.' and '-' only");
    }
    match &config.credentials {
        Credentials::Password(password) if password.expose().is_empty() => configuration("the password is empty"),
        Credentials::Password(_) | Credentials::KeyPair { .. } => Ok(()),
    }
}

/// Proves the user, anew for each attempt.
enum Prover {
    Password(Secret),
    KeyPair(TokenSigner),
}

impl Prover {
    fn new(config: &ClientConfig, account: &Account) -> Result<Self, Error> {
        match &config.credentials {
            Credentials::Password(password) => Ok(Prover::Password(password.clone())),
            Credentials::KeyPair { key, passphrase } => {
                let key = PrivateKey::read(key, passphrase.as_ref())?;
                let signer = TokenSigner::new(key, &account.name, &config.user);
                // A key that cannot sign is told here; what signs once signs again.
                signer.sign()?;
                Ok(Prover::KeyPair(signer))
            }
        }
    }

    fn fields(&self) -> CredentialFields {
        match self {
            Prover::Password(password) => CredentialFields {
                password: Some(password.expose().to_owned()),
                ..CredentialFields::default()
            },
            Prover::KeyPair(signer) => CredentialFields {
                authenticator: Some("SNOWFLAKE_JWT"),
                token: signer.sign().ok(),
                ..CredentialFields::default()
            },
        }
    }

    /// A refused token gets what is needed to find out why: names, fingerprint, clock.
    fn explain(&self, failure: Error) -> Error {
        match self {
            Prover::KeyPair(signer) if failure.kind() == ErrorKind::Credentials => {
                failure.with_addition(&signer.description())
            }
            Prover::KeyPair(_) | Prover::Password(_) => failure,
        }
    }
}

fn begin(data: LoginData) -> Result<(TokenPair, SessionInfo), Error> {
    let (Some(session), Some(master)) = (data.token, data.master_token) else {
        // A password that must be changed, or a second factor that is asked for.
        let what = match data.next_action {
            Some(_) => "log-in: the server wants a person to do something first (change the password, confirm)",
            None => "log-in: the reply has no tokens",
        };
        return Err(Error::new(ErrorKind::Credentials, what).with_hint("log in once in a browser, or use a key pair"));
    };
    let named = data.session_info.unwrap_or_default();
    let information = SessionInfo {
        session_id: data.session_id.unwrap_or_default(),
        server_version: data.server_version.unwrap_or_default(),
        database: named.database_name,
        schema: named.schema_name,
        warehouse: named.warehouse_name,
        role: named.role_name,
    };
    Ok((
        TokenPair {
            session: Secret::new(session),
            master: Secret::new(master),
        },
        information,
    ))
}
