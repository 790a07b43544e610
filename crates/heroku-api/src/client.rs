//! The client: one call with headers, budget, retry and a typed error. The token is added here, to requests
//! of the API host, and nowhere else; redirects are never followed with it.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use http_retry::{Reply as RawReply, RetryError};
use reqwest::header::{ACCEPT, AUTHORIZATION, ETAG, HeaderMap, HeaderValue, IF_NONE_MATCH, RANGE};
use reqwest::{Method, StatusCode};
use serde_json::Value;
use url::Url;

use crate::call::Call;
use crate::config::ClientConfig;
use crate::error::{Error, ErrorKind};
use crate::error_body::error_of;
use crate::pages::Pages;
use crate::rate_budget::RateBudget;
use crate::reply::Reply;
use crate::retry;

/// Talks to one account's API. Share it by reference; calls may run at the same time.
#[derive(Debug)]
pub struct HerokuClient {
    api_url: Url,
    authorization: HeaderValue,
    api: reqwest::Client,
    /// For log stream hosts: has no token and follows redirects as browsers do.
    pub(crate) logs: reqwest::Client,
    budget: RateBudget,
    request_timeout: Duration,
    warnings_seen: Mutex<BTreeSet<String>>,
}

impl HerokuClient {
    /// Checks the configuration and sets up the connections; sends nothing.
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`].
    pub fn new(config: ClientConfig) -> Result<Self, Error> {
        let authorization = config.check()?;
        let builder = || {
            let builder = reqwest::Client::builder()
                .user_agent(&config.user_agent)
                .connect_timeout(Duration::from_secs(10));
            // A proxy cannot reach this machine's loopback addresses.
            if config.api_url.scheme() == "http" {
                builder.no_proxy()
            } else {
                builder
            }
        };
        let failed = |_| {
            Error::new(
                ErrorKind::Configuration,
                "the HTTP client cannot be set up with these settings",
            )
        };
        let api = builder()
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .map_err(failed)?;
        // A compressed stream would arrive in lumps.
        let logs = builder().no_gzip().build().map_err(failed)?;
        Ok(Self {
            api_url: config.api_url,
            authorization,
            api,
            logs,
            budget: RateBudget::new(config.rate_limit_reserve),
            request_timeout: config.request_timeout,
            warnings_seen: Mutex::new(BTreeSet::new()),
        })
    }

    /// One GET.
    ///
    /// # Errors
    /// See [`ErrorKind`].
    pub async fn get(&self, call: &Call) -> Result<Reply, Error> {
        let reply = self.exchange(Method::GET, call, None).await?;
        let name = format!("GET {}", call.path);
        if reply.status == StatusCode::NOT_MODIFIED && call.if_none_match.is_some() {
            return Ok(Reply::NotModified);
        }
        let next_range = header(&reply.headers, "next-range");
        if reply.status == StatusCode::PARTIAL_CONTENT && next_range.is_none() {
            return Err(broken(
                &name,
                "206 without Next-Range: the list would be incomplete",
                &reply,
            ));
        }
        Ok(Reply::Content {
            body: json_body(&name, &reply)?,
            next_range: next_range.filter(|_| reply.status == StatusCode::PARTIAL_CONTENT),
            etag: header(&reply.headers, ETAG.as_str()),
        })
    }

    /// A list, page by page.
    pub fn pages(&self, call: Call) -> Pages<'_> {
        Pages::new(self, call)
    }

    /// One POST of a JSON body; the answer must be JSON. Sent again after lost connections, so only for calls that
    /// may happen twice.
    pub(crate) async fn post(&self, call: &Call, body: &Value) -> Result<Value, Error> {
        let reply = self.exchange(Method::POST, call, Some(body)).await?;
        json_body(&format!("POST {}", call.path), &reply)
    }

    /// Waits for the budget, sends with retries, and turns every refusal into an error.
    async fn exchange(&self, method: Method, call: &Call, body: Option<&Value>) -> Result<RawReply, Error> {
        let name = format!("{method} {}", call.path);
        let url = self.url_of(&call.path).map_err(|problem| problem.of_call(&name))?;
        tokio::time::sleep(self.budget.wait()).await;
        let build = |_: &http_retry::Attempt| {
            let request = self.api.request(method.clone(), url.clone());
            let request = request
                .header(AUTHORIZATION, self.authorization.clone())
                .header(ACCEPT, format!("application/vnd.heroku+json; version={}", call.variant));
            let request = match &call.range {
                Some(range) => request.header(RANGE, range),
                None => request,
            };
            let request = match &call.if_none_match {
                Some(etag) => request.header(IF_NONE_MATCH, etag),
                None => request,
            };
            match body {
                Some(body) => request.json(body),
                None => request,
            }
        };
        let sent = http_retry::send(&retry::policy(self.request_timeout), build, retry::judge()).await;
        let reply = match &sent {
            Ok(reply) => Some(reply),
            Err(failure) => failure.reply(),
        };
        if let Some(reply) = reply {
            let id = request_id(reply).unwrap_or_default();
            log::debug!("{name}: {} (request id {id})", reply.status.as_u16());
            self.read_headers(&reply.headers);
        }
        match sent {
            Ok(reply) if reply.status.is_success() || reply.status == StatusCode::NOT_MODIFIED => Ok(reply),
            Ok(reply) => Err(refused(&name, &reply)),
            Err(failure) => Err(given_up(&name, &failure)),
        }
    }

    fn url_of(&self, path: &str) -> Result<Url, Error> {
        let base = self.api_url.as_str().trim_end_matches('/');
        let invalid = |_| Error::new(ErrorKind::Configuration, "api_url and the path make no valid URL");
        let url = Url::parse(&format!("{base}{path}")).map_err(invalid)?;
        // The token follows the URL, so this is checked where the token is added.
        if url.origin() != self.api_url.origin() {
            return Err(Error::new(ErrorKind::Protocol, "the call leads to another host"));
        }
        Ok(url)
    }

    fn read_headers(&self, headers: &HeaderMap) {
        if let Some(remaining) = header(headers, "ratelimit-remaining").and_then(|text| text.trim().parse().ok()) {
            self.budget.observe(remaining);
        }
        for name in ["x-heroku-warning", "warning-message"] {
            let Some(text) = header(headers, name) else { continue };
            let mut seen = self.warnings_seen.lock().unwrap_or_else(PoisonError::into_inner);
            if seen.insert(text.clone()) {
                log::warn!("heroku says: {text}");
            }
        }
    }
}

pub(crate) fn header(headers: &HeaderMap, name: &str) -> Option<String> {
    Some(headers.get(name)?.to_str().ok()?.to_owned())
}

fn request_id(reply: &RawReply) -> Option<String> {
    header(&reply.headers, "request-id")
}

fn broken(call: &str, what: &str, reply: &RawReply) -> Error {
    Error::new(ErrorKind::Protocol, what)
        .of_call(call)
        .with_request_id(request_id(reply))
}

fn refused(call: &str, reply: &RawReply) -> Error {
    error_of(reply.status.as_u16(), &reply.body)
        .of_call(call)
        .with_request_id(request_id(reply))
}

fn given_up(call: &str, failure: &RetryError) -> Error {
    match failure.reply() {
        Some(reply) => refused(call, reply),
        None => Error::new(ErrorKind::Network, failure.to_string()),
    }
}

fn json_body(call: &str, reply: &RawReply) -> Result<Value, Error> {
    serde_json::from_slice(&reply.body).map_err(|problem| {
        broken(
            call,
            &format!("the answer is not JSON (column {})", problem.column()),
            reply,
        )
    })
}
