//! Whether a host is this machine: the only one that may be reached without TLS.

use url::{Host, Url};

/// True for `localhost`, 127.0.0.0/8 and `::1`. Names are not looked up: a name server is not to be trusted with this.
pub(crate) fn is_loopback(url: &Url) -> bool {
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
    fn only_this_machine_is_loopback() {
        let check = |text: &str| is_loopback(&Url::parse(text).unwrap());
        assert!(check("http://localhost:1/") && check("http://127.9.0.1/") && check("http://[::1]:8080/"));
        assert!(
            !check("http://localhost.example.com/") && !check("http://10.0.0.1/") && !check("http://127.0.0.1.nip.io/")
        );
    }
}
