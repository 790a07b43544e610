//! Heroku's answer to a refused request, `{"id": …, "message": …}`, as an error kind and one line.

use serde::Deserialize;

use crate::error::{Error, ErrorKind};

#[derive(Debug, Default, Deserialize)]
struct ErrorBody {
    #[serde(default)]
    id: String,
    #[serde(default)]
    message: String,
}

/// The error for a status outside 2xx and 304. A body that is not Heroku's (a proxy's HTML page) is not repeated.
pub(crate) fn error_of(status: u16, body: &[u8]) -> Error {
    let body: ErrorBody = serde_json::from_slice(body).unwrap_or_default();
    let kind = match (status, body.id.as_str()) {
        (401, _) => ErrorKind::Unauthorized,
        (402, _) => ErrorKind::Delinquent,
        (403, "suspended") => ErrorKind::Suspended,
        (403, "two_factor") => ErrorKind::TwoFactor,
        (403, "delinquent") => ErrorKind::Delinquent,
        (403, _) => ErrorKind::Forbidden,
        (404, _) => ErrorKind::NotFound,
        (410, _) => ErrorKind::Gone,
        (416, _) => ErrorKind::RangeNotSatisfiable,
        (422, _) => ErrorKind::Unprocessable,
        (429, _) => ErrorKind::RateLimited,
        (500.., _) => ErrorKind::Unavailable,
        _ => ErrorKind::Protocol,
    };
    let detail = match (body.id.is_empty(), body.message.is_empty()) {
        (false, false) => format!("{}: {}", body.id, body.message),
        (false, true) => body.id,
        (true, false) => body.message,
        (true, true) => match status {
            300..400 => "a redirect, which is not followed".to_owned(),
            _ => "an answer without Heroku's explanation".to_owned(),
        },
    };
    Error::new(kind, detail).with_status(status)
}
