//! One prover per session: makes what a log-in sends, again for each log-in, and says why it may have been refused.

use crate::call::Endpoint;
use crate::config::{Account, ClientConfig, Credentials, IdentityProvider, Passcode, TokenSource};
use crate::error::{Error, ErrorKind};
use crate::key_pair::{PrivateKey, TokenSigner};
use crate::proof::log_in_memory::Remembered;
use crate::proof::{browser, oauth_client, workload};
use crate::secret::Secret;
use crate::wire::{CredentialFields, LoginData, SecondFactor};

/// What provers may use: the server to log in to, and the configuration.
pub(crate) struct LogInContext<'a> {
    pub(crate) endpoint: &'a Endpoint,
    pub(crate) config: &'a ClientConfig,
    pub(crate) account_name: &'a str,
}

/// Proves the user of a configuration.
pub(crate) enum Prover {
    /// Signs anew for each attempt.
    KeyPair(TokenSigner),
    /// Everything else: looked up in the configuration for each log-in.
    Other,
}

/// What one log-in sends.
pub(crate) enum Proof<'a> {
    /// The same in each attempt.
    Fields {
        fields: CredentialFields,
        /// Made of a token that was kept: a refusal may only mean that it is too old.
        is_remembered: bool,
    },
    /// Made anew for each attempt.
    Signed(&'a TokenSigner),
}

impl Prover {
    /// Reads what has to be read once. Small files, so it may be called from async code.
    pub(crate) fn new(config: &ClientConfig, account: &Account) -> Result<Self, Error> {
        check(config, account)?;
        match &config.credentials {
            Credentials::KeyPair { key, passphrase } => {
                let key = PrivateKey::read(key, passphrase.as_ref())?;
                let signer = TokenSigner::new(key, &account.key_pair_name, config.user.trim());
                // A key that cannot sign is told here; what signs once signs again.
                signer.sign()?;
                Ok(Prover::KeyPair(signer))
            }
            _ => Ok(Prover::Other),
        }
    }

    /// Fetches what the log-in needs.
    pub(crate) async fn prepare(&self, context: &LogInContext<'_>) -> Result<Proof<'_>, Error> {
        let config = context.config;
        let token = |authenticator, source: &TokenSource, what| {
            Ok(fixed(CredentialFields {
                authenticator: Some(authenticator),
                token: Some(source.read(what)?.expose().to_owned()),
                ..CredentialFields::default()
            }))
        };
        match (&config.credentials, self) {
            (_, Prover::KeyPair(signer)) => Ok(Proof::Signed(signer)),
            (Credentials::Password(password), _) => Ok(fixed(with_password(password))),
            (Credentials::PasswordWithPasscode { password, passcode }, _) => {
                Ok(with_passcode(config, password, passcode))
            }
            (Credentials::OAuthAccessToken(source), _) => token("OAUTH", source, "the OAuth access token"),
            (Credentials::ProgrammaticAccessToken(source), _) => {
                token("PROGRAMMATIC_ACCESS_TOKEN", source, "the programmatic access token")
            }
            (Credentials::OAuthClientCredentials(client), _) => Ok(fixed(CredentialFields {
                authenticator: Some("OAUTH"),
                token: Some(oauth_client::access_token(context, client).await?.expose().to_owned()),
                oauth_type: Some("OAUTH_CLIENT_CREDENTIALS"),
                ..CredentialFields::default()
            })),
            (Credentials::WorkloadIdentity { provider, environment }, _) => {
                let (name, token) = workload::attestation(context, provider, environment).await?;
                Ok(fixed(CredentialFields {
                    authenticator: Some("WORKLOAD_IDENTITY"),
                    provider: Some(name),
                    token: Some(token.expose().to_owned()),
                    ..CredentialFields::default()
                }))
            }
            (Credentials::ExternalBrowser(opener), _) => browser::prepare(context, opener).await,
            // Its signer was made with the prover.
            (Credentials::KeyPair { .. }, Prover::Other) => Err(Error::protocol("log-in", "the key was not read")),
        }
    }
}

impl Proof<'_> {
    /// The fields of one attempt.
    pub(crate) fn fields(&self) -> CredentialFields {
        match self {
            Proof::Fields { fields, .. } => fields.clone(),
            Proof::Signed(signer) => CredentialFields {
                authenticator: Some("SNOWFLAKE_JWT"),
                token: signer.sign().ok(),
                ..CredentialFields::default()
            },
        }
    }

    /// True when another log-in with a fresh token may succeed. What was kept of the old one is forgotten.
    pub(crate) fn may_be_renewed(&self, context: &LogInContext<'_>, failure: &Error) -> bool {
        let is_refused_token = matches!(failure.code(), Some("390303" | "390318"));
        let config = context.config;
        match (self, &config.credentials) {
            (Proof::Fields { .. }, Credentials::OAuthClientCredentials(client)) if is_refused_token => {
                config.memory.forget(Remembered::OAuthAccess, &client.id);
                true
            }
            (
                Proof::Fields {
                    is_remembered: true, ..
                },
                _,
            ) if failure.kind() == ErrorKind::Credentials => {
                config.memory.forget(Remembered::SecondFactor, &config.user);
                config.memory.forget(Remembered::Person, &config.user);
                true
            }
            _ => false,
        }
    }

    /// A refused token gets what is needed to find out why: names, fingerprint, clock.
    pub(crate) fn explain(&self, failure: Error) -> Error {
        match self {
            Proof::Signed(signer) if failure.kind() == ErrorKind::Credentials => {
                failure.with_addition(&signer.description())
            }
            Proof::Signed(_) | Proof::Fields { .. } => failure,
        }
    }
}

/// Keeps what the server gave for the next log-in.
pub(crate) fn remember(config: &ClientConfig, data: &mut LoginData) {
    let kept = [
        (Remembered::SecondFactor, data.mfa_token.take()),
        (Remembered::Person, data.id_token.take()),
    ];
    for (kind, token) in kept {
        if let Some(token) = token.filter(|token| !token.is_empty()) {
            config.memory.remember(kind, &config.user, Secret::new(token), None);
        }
    }
}

fn fixed(fields: CredentialFields) -> Proof<'static> {
    Proof::Fields {
        fields,
        is_remembered: false,
    }
}

fn with_password(password: &Secret) -> CredentialFields {
    CredentialFields {
        password: Some(password.expose().to_owned()),
        ..CredentialFields::default()
    }
}

fn with_passcode(config: &ClientConfig, password: &Secret, passcode: &Passcode) -> Proof<'static> {
    let remembered = config.memory.recall(Remembered::SecondFactor, &config.user);
    let is_remembered = remembered.is_some();
    let (password, second_factor) = match (is_remembered, passcode) {
        (true, Passcode::Separate(_)) => (password.clone(), None),
        (true, Passcode::InPassword) => (without_passcode(password), None),
        (false, Passcode::Separate(digits)) => {
            let digits = digits.expose().to_owned();
            (password.clone(), Some(SecondFactor::Passcode(digits)))
        }
        (false, Passcode::InPassword) => (password.clone(), Some(SecondFactor::InPassword)),
    };
    Proof::Fields {
        fields: CredentialFields {
            authenticator: Some("USERNAME_PASSWORD_MFA"),
            token: remembered.map(|token| token.expose().to_owned()),
            second_factor,
            asks_to_be_remembered: Some("CLIENT_REQUEST_MFA_TOKEN"),
            ..with_password(&password)
        },
        is_remembered,
    }
}

/// The password alone: where a token stands in for the digits, the server compares all of what is sent as password.
fn without_passcode(password: &Secret) -> Secret {
    /// Of authenticator apps (RFC 6238 as Snowflake uses it).
    const DIGITS: usize = 6;
    let text = password.expose();
    let parts = text
        .len()
        .checked_sub(DIGITS)
        .and_then(|start| text.split_at_checked(start));
    match parts {
        Some((password, digits)) if digits.bytes().all(|byte| byte.is_ascii_digit()) => Secret::new(password),
        _ => password.clone(),
    }
}

/// What can be seen to be wrong before anything is sent.
fn check(config: &ClientConfig, account: &Account) -> Result<(), Error> {
    let configuration = |what: &str| Err(Error::new(ErrorKind::Configuration, what));
    let names_the_user = matches!(
        config.credentials,
        Credentials::OAuthAccessToken(_)
            | Credentials::ProgrammaticAccessToken(_)
            | Credentials::OAuthClientCredentials(_)
            | Credentials::WorkloadIdentity { .. }
    );
    if config.user.trim().is_empty() && !names_the_user {
        return configuration("the user is empty");
    }
    match &config.credentials {
        Credentials::Password(password) | Credentials::PasswordWithPasscode { password, .. }
            if password.expose().is_empty() =>
        {
            configuration("the password is empty")
        }
        Credentials::PasswordWithPasscode {
            passcode: Passcode::Separate(digits),
            ..
        } if digits.expose().trim().is_empty() => configuration("the passcode is empty"),
        Credentials::OAuthClientCredentials(client) if client.id.is_empty() || client.secret.expose().is_empty() => {
            configuration("the id or the secret of the OAuth client is empty")
        }
        Credentials::WorkloadIdentity { provider, .. } => {
            workload::check_host(account, matches!(provider, IdentityProvider::Oidc(_)))
        }
        _ => Ok(()),
    }
}
