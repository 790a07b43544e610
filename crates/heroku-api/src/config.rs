//! What a client needs to know before its first call, and the token type that prints nothing.

use std::fmt;
use std::time::Duration;

use reqwest::header::HeaderValue;
use url::{Host, Url};

use crate::error::{Error, ErrorKind};

/// A Heroku API key or OAuth token (today `HRKU-…`, older ones are bare UUIDs). `Debug` prints `***`.
#[derive(Clone)]
pub struct ApiToken(String);

impl ApiToken {
    /// Wraps the token; white space around it (a trailing newline of a secret file) is removed.
    pub fn new(token: &str) -> Self {
        Self(token.trim().to_owned())
    }

    pub(crate) fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for ApiToken {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("***")
    }
}

/// Where the API is, who asks, and how much of the account's request pool is left to others.
#[derive(Debug, Clone)]
pub struct ClientConfig {
    /// Base URL, `https://api.heroku.com` in production. Plain `http` is accepted for loopback hosts only.
    pub api_url: Url,
    /// Sent as `Authorization: Bearer` to the host of `api_url` only.
    pub api_token: ApiToken,
    /// Sent as `User-Agent` with every request, also to log stream hosts.
    pub user_agent: String,
    /// Tokens of the account's pool of 4,500 that stay untouched: below it the client slows down
    /// to what is refilled (see `rate_budget`). 0 turns the pacing off.
    pub rate_limit_reserve: u32,
    /// Longest time one API request may take, from connect to the last byte of its body.
    pub request_timeout: Duration,
}

impl ClientConfig {
    /// A configuration with the documented defaults: reserve 500, 60 seconds per request.
    pub fn new(api_url: Url, api_token: ApiToken, user_agent: &str) -> Self {
        Self {
            api_url,
            api_token,
            user_agent: user_agent.to_owned(),
            rate_limit_reserve: 500,
            request_timeout: Duration::from_secs(60),
        }
    }

    /// The `Authorization` header, when everything is in order.
    pub(crate) fn check(&self) -> Result<HeaderValue, Error> {
        if self.api_token.expose().is_empty() {
            return Err(Error::new(ErrorKind::Configuration, "the API token is empty"));
        }
        if HeaderValue::from_str(&self.user_agent).is_err() {
            return Err(Error::new(
                ErrorKind::Configuration,
                "user_agent holds characters that no header can carry",
            ));
        }
        if !is_safe(&self.api_url) {
            return Err(Error::new(
                ErrorKind::Configuration,
                "api_url must be an https URL with a host (http is accepted for loopback addresses only), without user, password or query",
            ));
        }
        let mut authorization =
            HeaderValue::from_str(&format!("Bearer {}", self.api_token.expose())).map_err(|_| {
                Error::new(
                    ErrorKind::Configuration,
                    "the API token holds characters that no header can carry",
                )
            })?;
        authorization.set_sensitive(true);
        Ok(authorization)
    }
}

/// True when a token may be sent to this URL: https, or http to the machine itself, and nothing odd in it.
fn is_safe(url: &Url) -> bool {
    let plain = url.username().is_empty() && url.password().is_none() && url.query().is_none();
    let loopback = match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => return false,
    };
    plain && (url.scheme() == "https" || (url.scheme() == "http" && loopback))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_never_prints_and_goes_only_to_https_or_loopback() {
        let token = ApiToken::new(" HRKU-secret\n");
        assert_eq!(token.expose(), "HRKU-secret");
        assert_eq!(format!("{token:?}"), "***");
        for (url, safe) in [
            ("https://api.heroku.com", true),
            ("http://127.0.0.1:5000", true),
            ("http://[::1]:5000", true),
            ("http://localhost:5000/prefix", true),
            ("http://api.heroku.com", false),
            ("http://127.0.0.1.example.com", false),
            ("https://user:pw@api.heroku.com", false),
            ("file:///tmp/x", false),
        ] {
            let config = ClientConfig::new(Url::parse(url).unwrap(), token.clone(), "test");
            assert_eq!(config.check().is_ok(), safe, "{url}");
        }
    }
}
