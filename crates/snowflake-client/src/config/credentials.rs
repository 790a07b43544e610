//! The ways to log in as plain data. What each sends is `proof`; nothing here is checked or fetched.

use std::path::PathBuf;

use crate::config::{BrowserOpener, IdentityEnvironment};
use crate::secret::Secret;

/// How a user is proved.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Credentials {
    /// A password (or a programmatic access token in its place).
    Password(Secret),
    /// A password and the six digits of an authenticator app. Such a code works once: what the account allows to be
    /// remembered (an MFA token) serves the further log-ins of this process.
    PasswordWithPasscode {
        /// The password.
        password: Secret,
        /// The digits.
        passcode: Passcode,
    },
    /// An RSA key pair whose public half was set on the user with `ALTER USER … SET RSA_PUBLIC_KEY`.
    KeyPair {
        /// The private half.
        key: PrivateKeySource,
        /// Of an encrypted private key.
        passphrase: Option<Secret>,
    },
    /// An OAuth access token that somebody else got, from Snowflake or an external provider.
    OAuthAccessToken(TokenSource),
    /// A programmatic access token of the user.
    ProgrammaticAccessToken(TokenSource),
    /// OAuth client credentials: the token is asked for when it is needed, and again when it is refused.
    OAuthClientCredentials(OAuthClient),
    /// The identity that the machine has where it runs.
    WorkloadIdentity {
        /// Who vouches for it.
        provider: IdentityProvider,
        /// Where the machine's identity is found; [`IdentityEnvironment::of_process`] outside tests.
        environment: IdentityEnvironment,
    },
    /// A person logs in with a browser on this machine.
    ExternalBrowser(BrowserOpener),
}

/// Where the digits of the second factor are.
#[derive(Debug, Clone)]
pub enum Passcode {
    /// Apart from the password.
    Separate(Secret),
    /// Behind the password, without anything between.
    InPassword,
}

/// Where the private key is.
#[derive(Debug, Clone)]
pub enum PrivateKeySource {
    /// The text of the key: PEM (also when its line breaks were lost), or base64 of its DER form.
    Pem(Secret),
    /// A file with such a text, or with the DER form itself.
    Path(PathBuf),
}

/// Where a token is.
#[derive(Debug, Clone)]
pub enum TokenSource {
    /// Here.
    Text(Secret),
    /// In a file that something else keeps fresh: read anew for each log-in.
    Path(PathBuf),
}

/// A client registered with an OAuth provider.
#[derive(Debug, Clone)]
pub struct OAuthClient {
    /// Id of the client.
    pub id: String,
    /// Secret of the client.
    pub secret: Secret,
    /// Where tokens are given out; Snowflake's own provider when absent. Plain HTTP only on this machine.
    pub token_url: Option<String>,
    /// Scope asked for; `session:role:ROLE` when absent and the session has a role.
    pub scope: Option<String>,
}

/// Who vouches for a workload.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum IdentityProvider {
    /// A signed request to AWS that tells who signed it; Snowflake sends it.
    Aws,
    /// A token of the machine's managed identity.
    Azure {
        /// Resource the token is for; Snowflake's own when absent.
        resource: Option<String>,
    },
    /// A token of the machine's service account.
    Gcp,
    /// A token of another provider that Snowflake was told of.
    Oidc(TokenSource),
}
