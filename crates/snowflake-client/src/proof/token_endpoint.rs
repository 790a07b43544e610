//! The end points of OAuth providers, at which tokens are given out: a form goes there, a token or a code comes back. What
//! is in the form is its sender's business.

use http_retry::{Attempt, usual_judge};
use reqwest::header::ACCEPT;
use reqwest::{Client, RequestBuilder};
use serde::Deserialize;
use url::Url;

use crate::call::Endpoint;
use crate::config::is_loopback;
use crate::error::{Error, ErrorKind};

/// Who is asked, for messages.
pub(crate) struct TokenEndpoint<'a> {
    /// What is done there.
    pub(crate) doing: &'static str,
    pub(crate) url: &'a Url,
    /// What to look at when it is not one that gives out tokens.
    pub(crate) hint: &'static str,
}

/// A token and how long it is good, if the provider says so.
#[derive(Deserialize)]
pub(crate) struct TokenReply {
    pub(crate) access_token: String,
    #[serde(default)]
    pub(crate) expires_in: Option<u64>,
}

#[derive(Deserialize, Default)]
struct TokenRefusal {
    #[serde(default)]
    error: String,
}

impl TokenEndpoint<'_> {
    /// Asks for a token. `request` makes the request from a POST; `hint_for` says what to do about the provider's code.
    pub(crate) async fn ask(
        &self,
        endpoint: &Endpoint,
        request: impl Fn(RequestBuilder) -> RequestBuilder,
        hint_for: fn(&str) -> &'static str,
    ) -> Result<TokenReply, Error> {
        let client: &Client = &endpoint.client;
        let build = |_: &Attempt| request(client.post(self.url.clone()).header(ACCEPT, "application/json"));
        let policy = endpoint.policy_within(endpoint.time_limits.log_in);
        let reply = http_retry::send(&policy, build, usual_judge).await;
        let reply = reply.map_err(|failure| {
            let hint = format!("{}, the network and the proxy settings", self.hint);
            Error::network(self.doing, &failure).with_hint(hint)
        })?;
        if reply.status.is_success() {
            let parsed = serde_json::from_slice(&reply.body);
            return parsed
                .map_err(|_| Error::protocol(self.doing, "the reply has no access token").with_hint(self.hint));
        }
        let refusal: TokenRefusal = serde_json::from_slice(&reply.body).unwrap_or_default();
        Err(self.refused(reply.status.as_u16(), &refusal.error, hint_for))
    }

    /// The error word of a provider is a code of a few letters; its description may say anything and is left out.
    fn refused(&self, status: u16, code: &str, hint_for: fn(&str) -> &'static str) -> Error {
        let word: String = code
            .chars()
            .filter(|character| character.is_ascii_alphanumeric() || *character == '_')
            .take(40)
            .collect();
        let (reason, hint) = if word.is_empty() {
            (String::new(), self.hint)
        } else {
            (format!(" ({word})"), hint_for(&word))
        };
        let what = format!("{} refused with status {status}{reason}", self.doing);
        Error::new(ErrorKind::Credentials, what).with_hint(hint)
    }
}

/// The address, if secrets may be sent there: over TLS, or on this machine.
pub(crate) fn token_address(text: &str, problem: impl Fn(&str) -> Error) -> Result<Url, Error> {
    let url = Url::parse(text).map_err(|_| problem("is not a URL"))?;
    if url.scheme() == "https" || (url.scheme() == "http" && is_loopback(&url)) {
        Ok(url)
    } else {
        Err(problem("is not https: a secret would be sent in the open"))
    }
}
