//! Log sessions: asks for a signed stream URL, opens it at once, and asks again when that failed.
//! Cuts no lines: the bytes go to `heroku-logs`.

use std::time::Duration;

use reqwest::header::{ACCEPT, CONTENT_TYPE};
use serde_json::{Map, Value};
use url::Url;

use crate::call::Call;
use crate::client::{HerokuClient, header};
use crate::error::{Error, ErrorKind};
use crate::log_stream::{LogContentType, LogStream};

/// Sessions asked for before a stream host that does not answer counts as lost.
const SESSION_TRIES: u32 = 3;
/// Sessions asked for before a refusal by the stream host counts as final: an expired URL is refused once.
const SESSION_TRIES_WHEN_REFUSED: u32 = 2;

/// What to read from an app's log buffer.
///
/// Only `lines` and `tail` are ever sent, which mean the same in every version of the API. The filters (`dyno` or
/// `dyno_name`, `type`, `source`) are named differently in `version=3` and `3.sdk`, and Heroku applies them after it
/// took the last lines, so filtering there would lose lines: callers filter what they read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogSessionRequest {
    /// How many of the buffered lines to ask for; Heroku keeps 1,500 per app. `None` on Fir, which has no history.
    pub lines: Option<u32>,
    /// Keep the stream open for new lines. Fir always does.
    pub tail: bool,
    /// The stream counts as stuck when no byte came for this long.
    pub idle_timeout: Duration,
}

impl Default for LogSessionRequest {
    /// The whole buffer of a Cedar app: 1,500 lines, no tail, 30 seconds without a byte at most.
    fn default() -> Self {
        Self {
            lines: Some(1500),
            tail: false,
            idle_timeout: Duration::from_secs(30),
        }
    }
}

impl HerokuClient {
    /// Creates a session for the app (id or name) and opens its stream at once. When the stream host refuses the URL
    /// (it lives for minutes only), one more session is made; when it does not answer, two more.
    ///
    /// # Errors
    /// Those of an API call, [`ErrorKind::LogStreamRefused`], or [`ErrorKind::Network`] for the stream host.
    pub async fn open_logs(&self, app: &str, request: &LogSessionRequest) -> Result<LogStream, Error> {
        let mut number = 1;
        loop {
            let url = self.create_log_session(app, request).await?;
            let failure = match self.open_log_stream(app, &url, request).await {
                Ok(stream) => return Ok(stream),
                Err(failure) => failure,
            };
            let tries = match failure.kind() {
                ErrorKind::LogStreamRefused => SESSION_TRIES_WHEN_REFUSED,
                ErrorKind::Network => SESSION_TRIES,
                _ => 1,
            };
            if number >= tries {
                return Err(failure);
            }
            log::info!("{failure}; asking for a new log session");
            tokio::time::sleep(Duration::from_millis(250) * number).await;
            number += 1;
        }
    }

    async fn create_log_session(&self, app: &str, request: &LogSessionRequest) -> Result<Url, Error> {
        let mut body = Map::new();
        if let Some(lines) = request.lines {
            body.insert("lines".to_owned(), Value::from(lines));
            body.insert("tail".to_owned(), Value::from(request.tail));
        }
        let call = Call::below("apps", app, "log-sessions");
        let answer = self.post(&call, &Value::Object(body)).await?;
        let url = answer.get("logplex_url").and_then(Value::as_str);
        // The parser's own message is not passed on: the URL is signed.
        url.and_then(|url| Url::parse(url).ok()).ok_or_else(|| {
            Error::new(ErrorKind::Protocol, "the answer has no usable logplex_url")
                .of_call(&format!("POST {}", call.path))
        })
    }

    async fn open_log_stream(&self, app: &str, url: &Url, request: &LogSessionRequest) -> Result<LogStream, Error> {
        let call = format!("log stream of {app} at {}", url.host_str().unwrap_or("an unknown host"));
        let asked = self.logs.get(url.clone()).header(ACCEPT, "text/event-stream").send();
        let silent = |what: &str| Error::new(ErrorKind::Network, what).of_call(&call);
        let response = match tokio::time::timeout(request.idle_timeout, asked).await {
            Ok(Ok(response)) => response,
            // The HTTP library's message would name the signed URL.
            Ok(Err(failure)) if failure.is_connect() => return Err(silent("no connection")),
            Ok(Err(_)) => return Err(silent("no answer")),
            Err(_) => return Err(silent("no answer in time")),
        };
        let status = response.status();
        if !status.is_success() {
            let kind = match status.as_u16() {
                401 | 403 | 404 | 410 => ErrorKind::LogStreamRefused,
                _ => ErrorKind::Network,
            };
            return Err(Error::new(kind, "the log stream was refused")
                .of_call(&call)
                .with_status(status.as_u16()));
        }
        let content_type = match header(response.headers(), CONTENT_TYPE.as_str()) {
            Some(name) if name.trim_start().to_ascii_lowercase().starts_with("text/event-stream") => {
                LogContentType::EventStream
            }
            _ => LogContentType::Plain,
        };
        let warning = header(response.headers(), "x-heroku-warning");
        Ok(LogStream::new(
            response,
            content_type,
            warning,
            request.idle_timeout,
            call,
        ))
    }
}
