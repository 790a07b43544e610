//! What all clouds have in common about where files go: a container, a prefix in it, and a host reached with TLS.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use url::Url;

use crate::config::is_loopback;
use crate::error::Error;

pub(crate) const DOING: &str = "PUT";

/// What every cloud leaves as it is in a path.
const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');
const UNRESERVED_AND_SLASH: &AsciiSet = &UNRESERVED.remove(b'/');

/// Bucket or container, and the prefix of the keys in it: empty or ending in a slash.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) container: String,
    pub(crate) prefix: String,
}

impl Place {
    /// Reads `container/pre/fix/`.
    pub(crate) fn from_location(location: &str) -> Result<Self, Error> {
        let (container, prefix) = location.split_once('/').unwrap_or((location, ""));
        if container.is_empty() {
            return Err(Error::protocol(DOING, "the stage has no bucket"));
        }
        let prefix = prefix.trim_matches('/');
        let prefix = if prefix.is_empty() {
            String::new()
        } else {
            format!("{prefix}/")
        };
        Ok(Place {
            container: container.to_owned(),
            prefix,
        })
    }

    /// The key of a file.
    pub(crate) fn key(&self, file_name: &str) -> String {
        format!("{}{file_name}", self.prefix)
    }
}

/// Percent-encodes a path whose slashes separate.
pub(crate) fn encoded_path(path: &str) -> String {
    utf8_percent_encode(path, UNRESERVED_AND_SLASH).to_string()
}

/// Percent-encodes one part of a path or query; slashes are letters like others.
pub(crate) fn encoded_part(part: &str) -> String {
    utf8_percent_encode(part, UNRESERVED).to_string()
}

/// Scheme, host, port and path of a storage. Without scheme it is `https`; `http` is for this machine only.
pub(crate) fn storage_url(end_point: &str) -> Result<Url, Error> {
    let invalid = || Error::protocol(DOING, "the stage's end point is not a host");
    let url = if end_point.contains("://") {
        Url::parse(end_point)
    } else {
        Url::parse(&format!("https://{end_point}"))
    };
    let url = url.map_err(|_| invalid())?;
    if url.host().is_none() || url.query().is_some() || !url.username().is_empty() {
        return Err(invalid());
    }
    check_tls(&url)?;
    Ok(url)
}

/// Refuses to send files in the clear to another machine.
pub(crate) fn check_tls(url: &Url) -> Result<(), Error> {
    if url.scheme() == "https" || (url.scheme() == "http" && is_loopback(url)) {
        return Ok(());
    }
    Err(Error::protocol(DOING, "the stage is offered without TLS"))
}

/// Appends encoded segments to the path of a storage.
pub(crate) fn below(base_url: &Url, encoded_path: &str) -> Url {
    let mut url = base_url.clone();
    let path = format!("{}/{encoded_path}", base_url.path().trim_end_matches('/'));
    url.set_path(&path);
    url
}

/// A text of the reply that says something: null and empty both mean that there is none.
pub(crate) fn given(text: Option<&String>) -> Option<&str> {
    text.map(String::as_str).filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_location_is_container_and_prefix() {
        let cases = [
            ("bkt/p/q/", "bkt", "p/q/"),
            ("bkt/p", "bkt", "p/"),
            ("bkt/", "bkt", ""),
            ("bkt", "bkt", ""),
        ];
        for (location, container, prefix) in cases {
            let place = Place::from_location(location).unwrap();
            assert_eq!((place.container.as_str(), place.prefix.as_str()), (container, prefix));
        }
        assert!(Place::from_location("/p").is_err());
    }

    #[test]
    fn only_this_machine_is_reached_without_tls() {
        for good in ["host", "host:9000", "https://host/base", "http://127.0.0.1:1"] {
            assert!(storage_url(good).is_ok(), "{good}");
        }
        for bad in [
            "http://host",
            "ftp://host",
            "https://user@host",
            "https://host/?a=b",
            "",
            "https://",
        ] {
            assert!(storage_url(bad).is_err(), "{bad}");
        }
    }
}
