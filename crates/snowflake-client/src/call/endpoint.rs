//! What all calls have in common: client, base URL, headers, request ids, retry. Knows no particular call.

use std::path::Path;
use std::time::{Duration, UNIX_EPOCH};

use http_retry::{Attempt, Outcome, RetryError, RetryPolicy, Verdict, usual_judge};
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use reqwest::{Certificate, Client, RequestBuilder};
use url::Url;
use uuid::Uuid;

use crate::call::ServerReply;
use crate::config::{ClientConfig, TimeLimits, is_loopback};
use crate::error::{Error, ErrorKind};
use crate::secret::Secret;

/// As many attempts as the official drivers make at most.
const ATTEMPTS: u32 = 8;

/// The server of one account.
pub(crate) struct Endpoint {
    pub(crate) client: Client,
    pub(crate) base_url: Url,
    pub(crate) time_limits: TimeLimits,
}

/// One call of the protocol: the same in every attempt.
pub(crate) struct Call<'a> {
    /// For messages, such as `log-in` or `COPY INTO`.
    pub(crate) doing: &'a str,
    pub(crate) path: &'static str,
    pub(crate) request_id: Uuid,
    pub(crate) token: Option<&'a Secret>,
    /// Query parameters beside the ids.
    pub(crate) parameters: &'a [(&'a str, &'a str)],
}

impl Endpoint {
    pub(crate) fn new(config: &ClientConfig, base_url: Url) -> Result<Self, Error> {
        let user_agent = format!(
            "{}/{} ({}-{}) rust",
            config.application,
            config.application_version,
            std::env::consts::OS,
            std::env::consts::ARCH
        );
        let mut builder = Client::builder()
            .user_agent(user_agent)
            .connect_timeout(config.time_limits.connect)
            // Nothing in the protocol redirects, and a token must not follow one to another host.
            .redirect(reqwest::redirect::Policy::none());
        if is_loopback(&base_url) {
            // A proxy of the environment would take "this machine" for itself.
            builder = builder.no_proxy();
        }
        if let Some(path) = &config.ca_bundle_path {
            builder = builder.tls_certs_merge(authorities(path)?);
        }
        let client = builder.build().map_err(|_| {
            Error::new(
                ErrorKind::Configuration,
                "the HTTP client cannot start: check application name and certificates",
            )
        })?;
        Ok(Endpoint {
            client,
            base_url,
            time_limits: config.time_limits.clone(),
        })
    }

    /// The policy of ordinary calls; log-in and close shorten it.
    pub(crate) fn policy(&self) -> RetryPolicy {
        RetryPolicy {
            attempts: ATTEMPTS,
            total_time: self.time_limits.call,
            attempt_timeout: self.time_limits.attempt,
            backoff_base: self.time_limits.backoff.0,
            backoff_cap: self.time_limits.backoff.1,
            ..RetryPolicy::default()
        }
    }

    /// Posts a JSON body, made anew for each attempt, until an envelope or a refusal by status comes back.
    pub(crate) async fn post(
        &self,
        call: &Call<'_>,
        policy: &RetryPolicy,
        body: impl Fn() -> Vec<u8>,
    ) -> Result<ServerReply, Error> {
        let build = |attempt: &Attempt| {
            let request = self
                .client
                .post(self.url(call, attempt))
                .header(CONTENT_TYPE, "application/json")
                .body(body());
            authorized(request, call.token)
        };
        let reply = http_retry::send(policy, build, judge).await;
        ServerReply::read(call.doing, reply.map_err(|failure| unanswered(call.doing, &failure))?)
    }

    /// Gets an envelope from a URL of this server.
    pub(crate) async fn get(&self, doing: &str, url: &Url, token: &Secret) -> Result<ServerReply, Error> {
        let build = |_: &Attempt| authorized(self.client.get(url.clone()), Some(token));
        let reply = http_retry::send(&self.policy(), build, judge).await;
        ServerReply::read(doing, reply.map_err(|failure| unanswered(doing, &failure))?)
    }

    /// `requestId` names the operation and stays, `request_guid` names the attempt and is new each time.
    fn url(&self, call: &Call<'_>, attempt: &Attempt) -> Url {
        let mut url = self.base_url.clone();
        url.set_path(call.path);
        let mut query = url.query_pairs_mut();
        query.extend_pairs(call.parameters);
        query.append_pair("requestId", &call.request_id.to_string());
        query.append_pair("request_guid", &Uuid::new_v4().to_string());
        if let Some(reason) = attempt.last_reason {
            let since_1970 = attempt.first_started_at.duration_since(UNIX_EPOCH).unwrap_or_default();
            query.append_pair("clientStartTime", &since_1970.as_millis().to_string());
            query.append_pair("retryCount", &(attempt.number - 1).to_string());
            query.append_pair("retryReason", &reason.status_or_zero().to_string());
        }
        drop(query);
        url
    }

    /// A policy that ends after `total_time`.
    pub(crate) fn policy_within(&self, total_time: Duration) -> RetryPolicy {
        let policy = self.policy();
        RetryPolicy {
            total_time,
            attempt_timeout: policy.attempt_timeout.min(total_time),
            ..policy
        }
    }
}

/// The certificates of a PEM file, to be trusted beside those of the system.
fn authorities(path: &Path) -> Result<Vec<Certificate>, Error> {
    let problem = |what: String| {
        Error::new(
            ErrorKind::Configuration,
            format!("the CA bundle {} {what}", path.display()),
        )
    };
    let bytes = std::fs::read(path).map_err(|failure| problem(format!("cannot be read: {}", failure.kind())))?;
    match Certificate::from_pem_bundle(&bytes) {
        Ok(certificates) if !certificates.is_empty() => Ok(certificates),
        _ => Err(problem("holds no certificates in PEM form".to_owned())
            .with_hint("convert one with: openssl x509 -inform der -in CERTIFICATE -out bundle.pem")),
    }
}

fn authorized(request: RequestBuilder, token: Option<&Secret>) -> RequestBuilder {
    // application/json, not application/snowflake: the results are to be JSON, not Arrow.
    let request = request.header(ACCEPT, "application/json");
    match token {
        Some(token) => match HeaderValue::from_str(&format!("Snowflake Token=\"{}\"", token.expose())) {
            Ok(mut value) => {
                value.set_sensitive(true);
                request.header(AUTHORIZATION, value)
            }
            // A token with control characters cannot be sent; the server refuses the call for want of one.
            Err(_) => request,
        },
        None => request,
    }
}

/// As usual, and a 200 whose body is not a whole JSON object is a cut one: a proxy may hide the cut.
fn judge(outcome: &Outcome<'_>) -> Verdict {
    match outcome {
        Outcome::Reply(reply) if reply.status.as_u16() == 200 => {
            let body = reply.body.trim_ascii();
            if body.starts_with(b"{") && body.ends_with(b"}") {
                Verdict::Accept
            } else {
                Verdict::Retry
            }
        }
        // A front end that moves an account answers so for a while; the official drivers ask again, too.
        Outcome::Reply(reply) if matches!(reply.status.as_u16(), 307 | 308) => Verdict::Retry,
        outcome => usual_judge(outcome),
    }
}

fn unanswered(doing: &str, failure: &RetryError) -> Error {
    let what = Error::network(doing, failure);
    match failure.reply() {
        Some(reply) if reply.status.as_u16() == 200 => Error::protocol(doing, "the reply is not JSON")
            .with_hint("something between this machine and Snowflake answers in its place: check host and proxy"),
        Some(_) => what,
        None => what.with_hint("check the network, the account name (it makes the host name) and the proxy settings"),
    }
}
