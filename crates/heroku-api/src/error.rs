//! What can go wrong with a call, as a kind to decide on and one line to print. Never holds a token or a signed URL.

use std::fmt;

/// The kinds a caller tells apart. Statuses and ids after Heroku's published list of API errors.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    /// The settings of the client cannot work (bad `api_url`, empty token).
    Configuration,
    /// 401: the token is wrong, expired or revoked.
    Unauthorized,
    /// 402: the account has unpaid invoices.
    Delinquent,
    /// 403: the token may not see this resource.
    Forbidden,
    /// 403 with id `suspended`: the account or app is suspended.
    Suspended,
    /// 403 with id `two_factor`: a second factor is asked for, which an unattended program cannot give.
    TwoFactor,
    /// 404: no such resource, or none this token can see.
    NotFound,
    /// 410: the resource is gone for good.
    Gone,
    /// 416: the server does not accept the range that was asked for.
    RangeNotSatisfiable,
    /// 422: the request was understood and refused.
    Unprocessable,
    /// 429 after all waiting.
    RateLimited,
    /// 5xx after all retries.
    Unavailable,
    /// No complete answer after all retries: name resolution, connection, TLS, timeout, cut body.
    Network,
    /// An answer that breaks the API's own rules (not JSON, 206 without Next-Range, unexpected status or redirect).
    Protocol,
    /// The log stream host refused the signed URL twice (403, 404 or 410), the second time with a new session.
    LogStreamRefused,
    /// A log stream broke off or stood still; what was read before is good.
    LogStreamIncomplete,
}

/// One failed call. `Display` is one line: the call, the status, Heroku's message and the request id.
#[derive(Debug, Clone)]
pub struct Error {
    kind: ErrorKind,
    call: Option<String>,
    status: Option<u16>,
    detail: String,
    request_id: Option<String>,
}

impl Error {
    pub(crate) fn new(kind: ErrorKind, detail: impl Into<String>) -> Self {
        Self {
            kind,
            call: None,
            status: None,
            detail: one_line(&detail.into()),
            request_id: None,
        }
    }

    pub(crate) fn of_call(mut self, call: &str) -> Self {
        self.call = Some(call.to_owned());
        self
    }

    pub(crate) fn with_status(mut self, status: u16) -> Self {
        self.status = Some(status);
        self
    }

    pub(crate) fn with_request_id(mut self, request_id: Option<String>) -> Self {
        self.request_id = request_id;
        self
    }

    /// What kind of failure this is.
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// The HTTP status, when there was an answer.
    pub fn status(&self) -> Option<u16> {
        self.status
    }

    /// Heroku's `Request-Id` of the answer: what Heroku's support asks for.
    pub fn request_id(&self) -> Option<&str> {
        self.request_id.as_deref()
    }

    /// True for a refusal that concerns the asked resource only, so that other apps can still be read
    /// (403 forbidden, 404, 410, 422).
    pub fn concerns_one_resource(&self) -> bool {
        matches!(
            self.kind,
            ErrorKind::Forbidden
                | ErrorKind::Suspended
                | ErrorKind::NotFound
                | ErrorKind::Gone
                | ErrorKind::Unprocessable
        )
    }

    /// What a user can do about it, as a lower-case fragment.
    pub fn hint(&self) -> Option<&'static str> {
        Some(match self.kind {
            ErrorKind::Configuration => "correct the settings api_url and api_token",
            ErrorKind::Unauthorized => {
                "set api_token (or HEROKU_API_KEY) to a valid token, for instance from `heroku authorizations:create`"
            }
            ErrorKind::Delinquent => "settle the account's open invoices in the Heroku dashboard",
            ErrorKind::Forbidden => {
                "give the token's user access, or use a token with the scopes identity and read-protected or global"
            }
            ErrorKind::Suspended => "the account or app is suspended; write to Heroku's support",
            ErrorKind::TwoFactor => {
                "use a token made with `heroku authorizations:create`, which needs no second factor"
            }
            ErrorKind::RateLimited => "run less often, raise rate_limit_reserve, or select fewer streams or apps",
            ErrorKind::Unavailable => "see https://status.heroku.com and run again with the last state",
            ErrorKind::Network | ErrorKind::LogStreamIncomplete => {
                "check the network, proxy and api_url, then run again with the last state"
            }
            ErrorKind::Protocol => "check that api_url is Heroku's API; if it is, report this with the request id",
            ErrorKind::LogStreamRefused => {
                "run again; if it stays, check that this token can run `heroku logs` for the app"
            }
            ErrorKind::NotFound | ErrorKind::Gone | ErrorKind::RangeNotSatisfiable | ErrorKind::Unprocessable => {
                return None;
            }
        })
    }
}

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(call) = &self.call {
            write!(formatter, "{call}: ")?;
        }
        if let Some(status) = self.status {
            write!(formatter, "{status} ")?;
        }
        formatter.write_str(&self.detail)?;
        if let Some(request_id) = &self.request_id {
            write!(formatter, " (request id {request_id})")?;
        }
        Ok(())
    }
}

impl std::error::Error for Error {}

/// Heroku's messages may span lines; ours never do.
fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
