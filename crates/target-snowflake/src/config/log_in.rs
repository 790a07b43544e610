//! Which way to log in the settings choose, checked together: none, several and incomplete ones are named all at once.
//! What each way does is `snowflake-client`.

use std::path::{Path, PathBuf};

use connector_process::Settings;
use snowflake_client::{
    BrowserOpener, Credentials, IdentityEnvironment, IdentityProvider, OAuthClient, Passcode, PrivateKeySource, Secret,
    TokenSource,
};

/// The ways, in the order in which they are named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Password,
    KeyPair,
    OAuthAccessToken,
    ProgrammaticAccessToken,
    OAuthClient,
    WorkloadIdentity,
    Browser,
}

const WAYS: [Way; 7] = [
    Way::Password,
    Way::KeyPair,
    Way::OAuthAccessToken,
    Way::ProgrammaticAccessToken,
    Way::OAuthClient,
    Way::WorkloadIdentity,
    Way::Browser,
];

impl Way {
    /// The words of `authenticator` that mean it, the usual one first.
    fn authenticators(self) -> &'static [&'static str] {
        match self {
            Way::Password => &["snowflake", "username_password_mfa"],
            Way::KeyPair => &["snowflake_jwt"],
            Way::OAuthAccessToken => &["oauth"],
            Way::ProgrammaticAccessToken => &["programmatic_access_token"],
            Way::OAuthClient => &["oauth_client_credentials"],
            Way::WorkloadIdentity => &["workload_identity"],
            Way::Browser => &["externalbrowser"],
        }
    }

    /// The settings of which any chooses it.
    fn choosing(self) -> &'static [&'static str] {
        match self {
            Way::Password => &["password"],
            Way::KeyPair => &["private_key", "private_key_path"],
            Way::OAuthAccessToken => &["oauth_access_token", "oauth_access_token_path"],
            Way::ProgrammaticAccessToken => &["programmatic_access_token", "programmatic_access_token_path"],
            Way::OAuthClient => &["oauth_client_id", "oauth_client_secret"],
            Way::WorkloadIdentity => &["workload_identity_provider"],
            Way::Browser => &["use_browser_authentication"],
        }
    }

    /// Settings that mean nothing without those.
    fn accompanying(self) -> &'static [&'static str] {
        match self {
            Way::Password => &["passcode"],
            Way::KeyPair => &["private_key_passphrase"],
            Way::OAuthClient => &["oauth_token_request_url", "oauth_scope"],
            Way::WorkloadIdentity => &[
                "workload_identity_token",
                "workload_identity_token_path",
                "workload_identity_entra_resource",
            ],
            Way::OAuthAccessToken | Way::ProgrammaticAccessToken | Way::Browser => &[],
        }
    }

    fn is_chosen(self, settings: &Settings) -> bool {
        match self {
            Way::Browser => settings.boolean("use_browser_authentication"),
            // One that was wrong was meant all the same.
            _ => {
                let mut names = self.choosing().iter();
                names.any(|name| settings.has(name) || settings.has_problem(name))
            }
        }
    }

    /// A token says whose it is.
    fn needs_user(self) -> bool {
        matches!(self, Way::Password | Way::KeyPair | Way::Browser)
    }
}

/// The credentials of the chosen way; problems are noted, and then what comes back is of no use.
pub(super) fn credentials(settings: &mut Settings) -> Credentials {
    let ways = chosen_ways(settings);
    note_loose_ends(settings);
    let needs_user = ways.iter().any(|way| way.needs_user());
    if needs_user && !settings.has("user") && !settings.has_problem("user") {
        settings.problem("user", "missing (a key of the config file, or TARGET_SNOWFLAKE_USER)");
    }
    // All of them, although one counts: each may be incomplete, and everything that is wrong is told at once.
    let made: Vec<Credentials> = ways.iter().map(|way| of_way(*way, settings)).collect();
    made.into_iter()
        .next()
        .unwrap_or(Credentials::Password(Secret::new("")))
}

fn of_way(way: Way, settings: &mut Settings) -> Credentials {
    match way {
        Way::Password => password(settings),
        Way::KeyPair => key_pair(settings),
        Way::OAuthAccessToken => {
            Credentials::OAuthAccessToken(token(settings, "oauth_access_token", "oauth_access_token_path"))
        }
        Way::ProgrammaticAccessToken => {
            let source = token(settings, "programmatic_access_token", "programmatic_access_token_path");
            Credentials::ProgrammaticAccessToken(source)
        }
        Way::OAuthClient => Credentials::OAuthClientCredentials(OAuthClient {
            id: required(settings, "oauth_client_id"),
            secret: Secret::new(required(settings, "oauth_client_secret")),
            token_url: settings.text("oauth_token_request_url"),
            scope: settings.text("oauth_scope"),
        }),
        Way::WorkloadIdentity => Credentials::WorkloadIdentity {
            provider: identity_provider(settings),
            environment: IdentityEnvironment::of_process(),
        },
        Way::Browser => Credentials::ExternalBrowser(BrowserOpener::of_system()),
    }
}

/// The setting that a person would look at when the log-in fails.
pub(crate) fn setting_of(credentials: &Credentials) -> &'static str {
    match credentials {
        Credentials::PasswordWithPasscode {
            passcode: Passcode::Separate(_),
            ..
        } => "passcode",
        Credentials::KeyPair {
            key: PrivateKeySource::Pem(_),
            ..
        } => "private_key",
        Credentials::KeyPair {
            key: PrivateKeySource::Path(_),
            ..
        } => "private_key_path",
        Credentials::OAuthAccessToken(TokenSource::Text(_)) => "oauth_access_token",
        Credentials::OAuthAccessToken(TokenSource::Path(_)) => "oauth_access_token_path",
        Credentials::ProgrammaticAccessToken(TokenSource::Text(_)) => "programmatic_access_token",
        Credentials::ProgrammaticAccessToken(TokenSource::Path(_)) => "programmatic_access_token_path",
        Credentials::OAuthClientCredentials(_) => "oauth_client_id",
        Credentials::WorkloadIdentity { .. } => "workload_identity_provider",
        Credentials::ExternalBrowser(_) => "use_browser_authentication",
        _ => "password",
    }
}

/// What `authenticator` says, else those whose settings are there, else the password. Never none.
fn chosen_ways(settings: &mut Settings) -> Vec<Way> {
    if let Some(word) = settings.text("authenticator") {
        let named = WAYS
            .into_iter()
            .find(|way| way.authenticators().contains(&word.as_str()));
        if let Some(way) = named {
            return vec![way];
        }
        note_strange_authenticator(settings, &word);
    }
    let mut chosen: Vec<Way> = WAYS.into_iter().filter(|way| way.is_chosen(settings)).collect();
    if chosen == [Way::Password, Way::KeyPair] {
        // As Snowflake's own drivers have it: a service user cannot use a password.
        log::info!("both a private key and a password are set: the key counts, unless `authenticator` says otherwise");
        chosen = vec![Way::KeyPair];
    }
    if chosen.len() > 1 && !settings.has_problem("authenticator") {
        let given: Vec<&str> = chosen
            .iter()
            .flat_map(|way| way.choosing())
            .filter(|name| settings.has(name))
            .copied()
            .collect();
        let words: Vec<&str> = chosen
            .iter()
            .filter_map(|way| way.authenticators().first().copied())
            .collect();
        settings.problem(
            "authenticator",
            format!(
                "several ways to log in are set ({}): leave one of them, or say here which counts ({})",
                given.join(", "),
                words.join(", ")
            ),
        );
    }
    if chosen.is_empty() { vec![Way::Password] } else { chosen }
}

/// datamill's users may have the address of their Okta here, as Snowflake's drivers allow.
fn note_strange_authenticator(settings: &mut Settings, word: &str) {
    if word.trim_start().to_ascii_lowercase().starts_with("https://") {
        settings.problem(
            "authenticator",
            "log-in through Okta's own pages is not built in; use a key pair (snowflake_jwt), or a browser \
             (externalbrowser), which Okta can be behind",
        );
    } else {
        let words: Vec<&str> = WAYS.iter().flat_map(|way| way.authenticators()).copied().collect();
        settings.problem("authenticator", format!("should be one of {}", words.join(", ")));
    }
}

/// Settings that belong to a way of which the main thing is missing.
fn note_loose_ends(settings: &mut Settings) {
    for way in WAYS.into_iter().filter(|way| *way != Way::Browser) {
        if way.is_chosen(settings) {
            continue;
        }
        for name in way.accompanying() {
            if settings.has(name) {
                settings.problem(name, format!("has no meaning without {}", way.choosing().join(" or ")));
            }
        }
    }
    if settings.boolean("passcode_in_password") && !Way::Password.is_chosen(settings) {
        settings.problem("passcode_in_password", "has no meaning without password");
    }
}

fn password(settings: &mut Settings) -> Credentials {
    let is_in_password = settings.boolean("passcode_in_password");
    let digits = secret(settings, "passcode");
    let Some(password) = secret(settings, "password") else {
        let others: Vec<&str> = WAYS.iter().skip(1).flat_map(|way| way.choosing()).copied().collect();
        let text = match settings.text("authenticator") {
            Some(word) => format!("missing, and authenticator is {word}"),
            None => format!("missing, and no other way to log in is set ({})", others.join(", ")),
        };
        settings.problem("password", text);
        return Credentials::Password(Secret::new(""));
    };
    if digits.is_some() && is_in_password {
        settings.problem(
            "passcode",
            "passcode_in_password says that it is in the password already",
        );
    }
    let needs_passcode = settings.text("authenticator").as_deref() == Some("username_password_mfa");
    match (digits, is_in_password) {
        (Some(digits), _) => Credentials::PasswordWithPasscode {
            password,
            passcode: Passcode::Separate(digits),
        },
        (None, true) => Credentials::PasswordWithPasscode {
            password,
            passcode: Passcode::InPassword,
        },
        (None, false) => {
            if needs_passcode {
                let text = "missing, and authenticator is username_password_mfa (or passcode_in_password)";
                settings.problem("passcode", text);
            }
            Credentials::Password(password)
        }
    }
}

fn key_pair(settings: &mut Settings) -> Credentials {
    let text = secret(settings, "private_key");
    let path = settings.text("private_key_path").map(PathBuf::from);
    if text.is_some() && path.is_some() {
        settings.problem("private_key_path", "private_key is set, too: leave one of them");
    }
    let key = match (text, path) {
        // PipelineWise's users give the path here.
        (Some(text), _) if is_file(text.expose()) => PrivateKeySource::Path(text.expose().trim().into()),
        (Some(text), _) => PrivateKeySource::Pem(text),
        (None, Some(path)) => PrivateKeySource::Path(path),
        (None, None) => {
            settings.problem(
                "private_key",
                "missing (or private_key_path), and authenticator is snowflake_jwt",
            );
            PrivateKeySource::Pem(Secret::new(""))
        }
    };
    Credentials::KeyPair {
        key,
        passphrase: secret(settings, "private_key_passphrase"),
    }
}

fn is_file(text: &str) -> bool {
    text.len() < 1000 && !text.contains("-----") && Path::new(text.trim()).is_file()
}

fn identity_provider(settings: &mut Settings) -> IdentityProvider {
    let provider = required(settings, "workload_identity_provider");
    let is_oidc = provider == "OIDC";
    if !is_oidc && (settings.has("workload_identity_token") || settings.has("workload_identity_token_path")) {
        settings.problem(
            "workload_identity_token",
            "only counts when workload_identity_provider is OIDC",
        );
    }
    match provider.as_str() {
        "OIDC" => IdentityProvider::Oidc(token(
            settings,
            "workload_identity_token",
            "workload_identity_token_path",
        )),
        "AZURE" => IdentityProvider::Azure {
            resource: settings.text("workload_identity_entra_resource"),
        },
        "GCP" => IdentityProvider::Gcp,
        _ => IdentityProvider::Aws,
    }
}

/// A token that is given, or in a file.
fn token(settings: &mut Settings, name: &str, path_name: &str) -> TokenSource {
    let path = settings.text(path_name);
    match (secret(settings, name), path) {
        (Some(_), Some(_)) => {
            settings.problem(path_name, format!("{name} is set, too: leave one of them"));
            TokenSource::Text(Secret::new(""))
        }
        (Some(text), None) => TokenSource::Text(text),
        (None, Some(path)) => TokenSource::Path(path.into()),
        (None, None) => {
            settings.problem(name, format!("missing (or {path_name})"));
            TokenSource::Text(Secret::new(""))
        }
    }
}

fn required(settings: &mut Settings, name: &str) -> String {
    let text = settings.text(name);
    if text.is_none() && !settings.has_problem(name) {
        settings.problem(name, "missing");
    }
    text.unwrap_or_default()
}

fn secret(settings: &Settings, name: &str) -> Option<Secret> {
    settings.secret(name).map(|secret| Secret::new(secret.expose()))
}

#[cfg(test)]
mod tests;
