//! Which addresses may be reached without TLS: those of this machine.

use url::{Host, Url};

use crate::error::{Error, ErrorKind};

/// Checks an address of a storage that somebody set. Gives whether it is plain http.
pub(crate) fn check_endpoint(text: &str, setting: &str) -> Result<bool, Error> {
    let problem = |what: &str| Error::new(ErrorKind::Configuration, format!("{setting}: {what}"));
    let url = Url::parse(text).map_err(|_| problem("should be an address such as https://host:port"))?;
    if !url.username().is_empty() || url.password().is_some() || url.query().is_some() {
        return Err(problem("should not have a user, a password or a query"));
    }
    match url.scheme() {
        "https" => Ok(false),
        "http" if is_loopback(&url) => Ok(true),
        "http" => Err(problem("plain http is accepted for this machine only")),
        _ => Err(problem("should begin with https://")),
    }
}

/// True for `localhost`, 127.0.0.0/8 and `::1`. Names are not looked up: a name server is not to be trusted with this.
fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name.eq_ignore_ascii_case("localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_http_reaches_this_machine_only() {
        for (text, expected) in [
            ("https://minio.example.org:9000", Some(false)),
            ("http://localhost:9000", Some(true)),
            ("http://127.9.0.1/account", Some(true)),
            ("http://[::1]:1", Some(true)),
            ("http://10.0.0.1", None),
            ("http://localhost.example.org", None),
            ("https://key:secret@host", None),
            ("https://host/?sig=1", None),
            ("host:9000", None),
            ("file:///x", None),
        ] {
            assert_eq!(check_endpoint(text, "endpoint").ok(), expected, "{text}");
        }
    }
}
