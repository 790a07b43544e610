//! What a session needs to know before it begins, and the check of it.

mod account;
mod browser_opener;
mod client_config;
mod credentials;
mod identity_environment;
mod loopback;

pub use browser_opener::BrowserOpener;
pub use client_config::{ClientConfig, Protocol, TimeLimits};
pub use credentials::{Credentials, IdentityProvider, OAuthClient, Passcode, PrivateKeySource, TokenSource};
pub use identity_environment::IdentityEnvironment;

pub(crate) use account::Account;
pub(crate) use loopback::is_loopback;
