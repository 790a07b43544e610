//! A URL that can be printed: no user information, no query, no fragment, and on demand no path.
//! Not for sending: it keeps only what it prints.

use std::fmt;

use url::Url;

/// What may be shown of a URL. Signatures and tokens travel in queries, so those are never kept.
#[derive(Clone, PartialEq, Eq)]
pub struct RedactedUrl(String);

impl RedactedUrl {
    /// Scheme, host, port and path.
    pub fn new(url: &Url) -> Self {
        let origin = Self::origin_only(url);
        RedactedUrl(format!("{}{}", origin.0, url.path()))
    }

    /// Scheme, host and port: for addresses whose path is itself a key, as those of log sessions.
    pub fn origin_only(url: &Url) -> Self {
        let host = url.host_str().unwrap_or_default();
        match url.port() {
            Some(port) => RedactedUrl(format!("{}://{host}:{port}", url.scheme())),
            None => RedactedUrl(format!("{}://{host}", url.scheme())),
        }
    }

    /// For a request that failed before it had a URL.
    pub(crate) fn unknown() -> Self {
        RedactedUrl("(no address)".to_owned())
    }
}

impl fmt::Display for RedactedUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl fmt::Debug for RedactedUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn query_user_information_and_fragment_are_gone() {
        let url = Url::parse("https://name:pass@host:8443/a/b?X-Amz-Signature=s#f").unwrap();
        assert_eq!(RedactedUrl::new(&url).to_string(), "https://host:8443/a/b");
        assert_eq!(format!("{:?}", RedactedUrl::origin_only(&url)), "https://host:8443");
    }
}
