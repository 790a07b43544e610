//! Asks the metadata services of clouds: plain HTTP on addresses that never leave the machine's host, so never through
//! a proxy, and not for long: where there is no such service, nothing answers.

use std::time::Duration;

use http_retry::{Attempt, Outcome, Reply, RetryPolicy, Verdict, usual_judge};
use reqwest::Method;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use serde::de::DeserializeOwned;
use url::Url;

use crate::error::{Error, ErrorKind};

/// One metadata service.
pub(crate) struct MetadataClient {
    client: reqwest::Client,
    /// For messages: `AWS instance metadata`.
    name: &'static str,
}

impl MetadataClient {
    pub(crate) fn new(name: &'static str) -> Result<Self, Error> {
        let client = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(Duration::from_secs(2))
            .build()
            .map_err(|_| {
                Error::new(
                    ErrorKind::Configuration,
                    format!("{name}: the HTTP client cannot start"),
                )
            })?;
        Ok(MetadataClient { client, name })
    }

    /// The body of a successful reply, as text.
    pub(crate) async fn text(
        &self,
        method: Method,
        base: &str,
        path_and_query: &str,
        headers: &[(&'static str, &str)],
    ) -> Result<String, Error> {
        let reply = self.send(method, &format!("{base}{path_and_query}"), headers).await?;
        let text = String::from_utf8(reply.body).ok();
        text.map(|text| text.trim().to_owned())
            .filter(|text| !text.is_empty())
            .ok_or_else(|| Error::protocol(self.name, "the reply is not text"))
    }

    /// The body of a successful reply, from JSON.
    pub(crate) async fn json<Data: DeserializeOwned>(
        &self,
        url: &str,
        headers: &[(&'static str, &str)],
    ) -> Result<Data, Error> {
        let reply = self.send(Method::GET, url, headers).await?;
        serde_json::from_slice(&reply.body).map_err(|_| Error::protocol(self.name, "the reply has an unknown form"))
    }

    async fn send(&self, method: Method, url: &str, headers: &[(&'static str, &str)]) -> Result<Reply, Error> {
        let invalid = |what: &str| Error::new(ErrorKind::Configuration, format!("{}: {what}", self.name));
        let url = Url::parse(url).map_err(|_| invalid("its address is not a URL"))?;
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            let mut value = HeaderValue::from_str(value).map_err(|_| invalid("a header cannot be sent"))?;
            value.set_sensitive(true);
            map.insert(HeaderName::from_static(name), value);
        }
        let build = |_: &Attempt| self.client.request(method.clone(), url.clone()).headers(map.clone());
        let policy = RetryPolicy {
            attempts: 3,
            total_time: Duration::from_secs(15),
            attempt_timeout: Duration::from_secs(5),
            reply_limit_bytes: 1 << 20,
            ..RetryPolicy::default()
        };
        let reply = http_retry::send(&policy, build, judge).await;
        let reply = reply.map_err(|failure| {
            Error::network(self.name, &failure).with_hint("check that the program runs in that cloud, with an identity")
        })?;
        if reply.status.is_success() {
            return Ok(reply);
        }
        let status = reply.status.as_u16();
        Err(Error::new(
            ErrorKind::Credentials,
            format!("{}: answers with status {status}", self.name),
        )
        .with_hint("check that this machine has an identity (role, managed identity, service account) attached"))
    }
}

/// As usual; Azure says 410 while its service is being updated.
fn judge(outcome: &Outcome<'_>) -> Verdict {
    match outcome {
        Outcome::Reply(reply) if reply.status.as_u16() == 410 => Verdict::Retry,
        outcome => usual_judge(outcome),
    }
}
