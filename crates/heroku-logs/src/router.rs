//! The line Heroku's router writes for every request. Every key it is known to write is a field; all others are kept.
//! Both routers: the legacy one and Router 2.0 with `http2.0`, `tls` and `tls_version`.

use std::borrow::Cow;

use crate::ansi;
use crate::logfmt::{self, Pair};

/// One request. Text is as written, without quotes; an empty value (`dyno=`) is `None`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RouterRequest<'a> {
    /// `info`, `warning` or `error`.
    pub at: Option<Cow<'a, str>>,
    /// Heroku's code, such as `H12`. Some codes come `at=info` and are no failure.
    pub code: Option<Cow<'a, str>>,
    /// What the code means (`desc`).
    pub description: Option<Cow<'a, str>>,
    /// Detail of some codes.
    pub cause: Option<Cow<'a, str>>,
    /// Which side's socket broke: `client` or `backend`; with H18 and H27 only.
    pub sock: Option<Cow<'a, str>>,
    /// HTTP method.
    pub method: Option<Cow<'a, str>>,
    /// Path with query string. Router 2.0 decodes percent signs, so there may be spaces.
    pub path: Option<Cow<'a, str>>,
    /// Value of the Host header.
    pub host: Option<Cow<'a, str>>,
    /// Value of X-Request-ID: a UUID, or what the client sent.
    pub request_id: Option<Cow<'a, str>>,
    /// X-Forwarded-For as written; see [`forwarded_for`](Self::forwarded_for). Empty when the key is there without value.
    pub fwd: Option<Cow<'a, str>>,
    /// The dyno that answered.
    pub dyno: Option<Cow<'a, str>>,
    /// Milliseconds until the connection to the dyno stood.
    pub connect_ms: Option<i64>,
    /// Milliseconds between the request and the end of the answer.
    pub service_ms: Option<i64>,
    /// HTTP status.
    pub status: Option<i64>,
    /// Size of the answer in bytes.
    pub bytes: Option<i64>,
    /// `http`, `https`, `http1.1`, `http2.0`.
    pub protocol: Option<Cow<'a, str>>,
    /// Whether the client came by TLS.
    pub tls: Option<bool>,
    /// `tls1.2`, `tls1.3`, `unknown`.
    pub tls_version: Option<Cow<'a, str>>,
    /// Pairs of other keys, repeated keys, and values that do not fit their field; with the key as written.
    pub extra: Vec<(Cow<'a, str>, Option<Cow<'a, str>>)>,
}

/// How many of these must be there for a message to count as a request: other text of the router has none of them.
const TELLING_KEYS: [&str; 5] = ["method", "path", "host", "status", "fwd"];

impl<'a> RouterRequest<'a> {
    /// Reads a message of `heroku[router]`. `None` when fewer than two of the keys method, path, host, status and fwd
    /// are in it. Colour codes, which `heroku logs` puts around values when forced, are not part of the values.
    pub fn parse(message: &'a str) -> Option<RouterRequest<'a>> {
        match ansi::without_codes(message) {
            Cow::Borrowed(message) => Self::parse_clean(message),
            Cow::Owned(clean) => RouterRequest::parse_clean(&clean).map(RouterRequest::into_owned),
        }
    }

    /// The addresses of [`fwd`](Self::fwd), without spaces and empty parts.
    pub fn forwarded_for(&self) -> impl Iterator<Item = &str> {
        self.fwd
            .as_deref()
            .unwrap_or_default()
            .split(',')
            .map(str::trim)
            .filter(|address| !address.is_empty())
    }

    /// True when a key came twice (the second is in `extra`): nothing Heroku writes, so some value was broken out of its
    /// quotes by its own text.
    pub fn has_repeated_key(&self) -> bool {
        self.extra
            .iter()
            .any(|(key, value)| value.is_some() && is_field(key) && self.is_set(key))
    }

    fn parse_clean(message: &'a str) -> Option<RouterRequest<'a>> {
        let mut request = RouterRequest::default();
        let mut telling = 0;
        for Pair { key, value } in logfmt::pairs(message) {
            telling += usize::from(TELLING_KEYS.contains(&key) && value.is_some());
            if let Some(rest) = request.take(key, value) {
                request.extra.push((Cow::Borrowed(key), rest));
            }
        }
        (telling >= 2).then_some(request)
    }

    /// Puts a value into its field; gives it back when there is none for it.
    fn take(&mut self, key: &str, value: Option<Cow<'a, str>>) -> Option<Option<Cow<'a, str>>> {
        let Some(value) = value else {
            return Some(None);
        };
        let back = match key {
            "connect" => take_number(&mut self.connect_ms, value, "ms"),
            "service" => take_number(&mut self.service_ms, value, "ms"),
            "status" => take_number(&mut self.status, value, ""),
            "bytes" => take_number(&mut self.bytes, value, ""),
            "tls" => take_boolean(&mut self.tls, value),
            "fwd" if self.fwd.is_none() => {
                self.fwd = Some(value);
                None
            }
            _ => match self.text_field(key) {
                Some(field) => take_text(field, value),
                None => Some(value),
            },
        };
        back.map(Some)
    }

    fn text_field(&mut self, key: &str) -> Option<&mut Option<Cow<'a, str>>> {
        Some(match key {
            "at" => &mut self.at,
            "code" => &mut self.code,
            "desc" => &mut self.description,
            "cause" => &mut self.cause,
            "sock" => &mut self.sock,
            "method" => &mut self.method,
            "path" => &mut self.path,
            "host" => &mut self.host,
            "request_id" => &mut self.request_id,
            "dyno" => &mut self.dyno,
            "protocol" => &mut self.protocol,
            "tls_version" => &mut self.tls_version,
            _ => return None,
        })
    }

    fn is_set(&self, key: &str) -> bool {
        match key {
            "connect" => self.connect_ms.is_some(),
            "service" => self.service_ms.is_some(),
            "status" => self.status.is_some(),
            "bytes" => self.bytes.is_some(),
            "tls" => self.tls.is_some(),
            "fwd" => self.fwd.is_some(),
            // The value of a text field goes to `extra` only when the field has one already.
            _ => true,
        }
    }

    fn into_owned<'b>(self) -> RouterRequest<'b> {
        let owned = |text: Option<Cow<'a, str>>| text.map(|text| Cow::Owned(text.into_owned()));
        RouterRequest {
            at: owned(self.at),
            code: owned(self.code),
            description: owned(self.description),
            cause: owned(self.cause),
            sock: owned(self.sock),
            method: owned(self.method),
            path: owned(self.path),
            host: owned(self.host),
            request_id: owned(self.request_id),
            fwd: owned(self.fwd),
            dyno: owned(self.dyno),
            connect_ms: self.connect_ms,
            service_ms: self.service_ms,
            status: self.status,
            bytes: self.bytes,
            protocol: owned(self.protocol),
            tls: self.tls,
            tls_version: owned(self.tls_version),
            extra: self
                .extra
                .into_iter()
                .map(|(key, value)| (Cow::Owned(key.into_owned()), owned(value)))
                .collect(),
        }
    }
}

fn is_field(key: &str) -> bool {
    matches!(key, "connect" | "service" | "status" | "bytes" | "tls" | "fwd")
        || RouterRequest::default().text_field(key).is_some()
}

/// A repeated key goes back even when the first had no value: which of the two is true is not ours to say.
fn take_text<'a>(field: &mut Option<Cow<'a, str>>, value: Cow<'a, str>) -> Option<Cow<'a, str>> {
    if value.is_empty() {
        return None;
    }
    if field.is_some() {
        return Some(value);
    }
    *field = Some(value);
    None
}

fn take_number<'a>(field: &mut Option<i64>, value: Cow<'a, str>, unit: &str) -> Option<Cow<'a, str>> {
    if value.is_empty() {
        return None;
    }
    let digits = value.strip_suffix(unit).unwrap_or(&value);
    match digits.parse() {
        Ok(number) if field.is_none() && digits.bytes().all(|byte| byte.is_ascii_digit()) => {
            *field = Some(number);
            None
        }
        _ => Some(value),
    }
}

fn take_boolean<'a>(field: &mut Option<bool>, value: Cow<'a, str>) -> Option<Cow<'a, str>> {
    let parsed = match &*value {
        "" => return None,
        "true" => true,
        "false" => false,
        _ => return Some(value),
    };
    if field.is_some() {
        return Some(value);
    }
    *field = Some(parsed);
    None
}

#[cfg(test)]
mod tests;
