//! Log-in by a person: Snowflake names the page, the person logs in there, the page brings the token to this machine.

use crate::call::{self};
use crate::config::{BrowserOpener, is_loopback};
use crate::error::{Error, ErrorKind};
use crate::proof::browser_listener::BrowserListener;
use crate::proof::log_in_memory::Remembered;
use crate::proof::{LogInContext, Proof};
use crate::wire::CredentialFields;
use url::Url;

/// Without this the next session would need the person again.
const KEEP: Option<&str> = Some("CLIENT_STORE_TEMPORARY_CREDENTIAL");

/// A token kept from an earlier log-in, else a new one from the browser.
pub(crate) async fn prepare(context: &LogInContext<'_>, opener: &BrowserOpener) -> Result<Proof<'static>, Error> {
    let config = context.config;
    if let Some(token) = config.memory.recall(Remembered::Person, &config.user) {
        return Ok(Proof::Fields {
            fields: CredentialFields {
                authenticator: Some("ID_TOKEN"),
                token: Some(token.expose().to_owned()),
                asks_to_be_remembered: KEEP,
                ..CredentialFields::default()
            },
            is_remembered: true,
        });
    }
    let listener = BrowserListener::start().await?;
    let page = call::ask_for_browser(context.endpoint, config, context.account_name, listener.port()).await?;
    check(&page.sso_url)?;
    opener.open(&page.sso_url);
    let origin = context.endpoint.base_url.origin().ascii_serialization();
    let waited = tokio::time::timeout(opener.patience, listener.token(&origin)).await;
    let token = waited.map_err(|_| {
        let seconds = opener.patience.as_secs();
        Error::new(
            ErrorKind::Credentials,
            format!("log-in: nobody logged in with the browser within {seconds} s"),
        )
        .with_hint("log in on the page that the browser shows, or use a key pair where no person is present")
    })??;
    Ok(Proof::Fields {
        fields: CredentialFields {
            authenticator: Some("EXTERNALBROWSER"),
            token: Some(token.expose().to_owned()),
            proof_key: Some(page.proof_key),
            asks_to_be_remembered: KEEP,
            ..CredentialFields::default()
        },
        is_remembered: false,
    })
}

/// The system opens whatever it is given: only web pages are.
fn check(address: &str) -> Result<(), Error> {
    let is_page =
        Url::parse(address).is_ok_and(|url| url.scheme() == "https" || (url.scheme() == "http" && is_loopback(&url)));
    if is_page {
        Ok(())
    } else {
        Err(Error::protocol(
            "log-in",
            "the page to log in at is not an https address",
        ))
    }
}
