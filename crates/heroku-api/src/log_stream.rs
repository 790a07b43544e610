//! An open log stream: bytes as they come, never with the API's token.

use std::time::Duration;

use bytes::Bytes;

use crate::error::{Error, ErrorKind};

/// How the bytes are framed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogContentType {
    /// Log lines, each ended by a newline (whatever the header says, except `text/event-stream`).
    Plain,
    /// Server-sent events whose `data` holds one or more lines.
    EventStream,
}

/// The answer of a log stream host. `Debug` does not show the signed URL.
pub struct LogStream {
    response: reqwest::Response,
    content_type: LogContentType,
    warning: Option<String>,
    idle_timeout: Duration,
    call: String,
}

impl LogStream {
    pub(crate) fn new(
        response: reqwest::Response,
        content_type: LogContentType,
        warning: Option<String>,
        idle_timeout: Duration,
        call: String,
    ) -> Self {
        Self {
            response,
            content_type,
            warning,
            idle_timeout,
            call,
        }
    }

    /// How the bytes are framed.
    pub fn content_type(&self) -> LogContentType {
        self.content_type
    }

    /// `X-Heroku-Warning` of the stream, such as "log history discarded due to excessive volume": lines are missing.
    pub fn warning(&self) -> Option<&str> {
        self.warning.as_deref()
    }

    /// The next bytes, not cut at lines; `None` at the proper end.
    ///
    /// # Errors
    /// [`ErrorKind::LogStreamIncomplete`] when the connection broke or stood still. Bytes returned before are good.
    pub async fn next_chunk(&mut self) -> Result<Option<Bytes>, Error> {
        let incomplete = |what: &str| Err(Error::new(ErrorKind::LogStreamIncomplete, what).of_call(&self.call));
        match tokio::time::timeout(self.idle_timeout, self.response.chunk()).await {
            Ok(Ok(chunk)) => Ok(chunk),
            // The HTTP library's message would name the signed URL.
            Ok(Err(_)) => incomplete("the log stream was cut before its end"),
            Err(_) => incomplete("no byte came from the log stream for too long"),
        }
    }
}

impl std::fmt::Debug for LogStream {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "LogStream({}, {:?})", self.call, self.content_type)
    }
}
