//! From an account identifier in any of its forms to the host and the name that logs in.
//! Sources: the official drivers' rules for hosts; underscores are not valid in TLS host names and become hyphens.

use url::Url;

use crate::config::{ClientConfig, Protocol, is_loopback};
use crate::error::{Error, ErrorKind};

const DOMAINS: [&str; 3] = [
    ".snowflakecomputing.com",
    ".snowflakecomputing.cn",
    ".snowflakecomputing.mil",
];
/// The page that persons use: organisation and account, or region and locator, are the first parts of its path.
const PAGE: &str = "app.snowflake.com";

/// Where the account is and what it is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Account {
    /// Scheme, host and port.
    pub(crate) base_url: Url,
    /// What goes into `ACCOUNT_NAME`: organisation-account or locator, without region.
    pub(crate) name: String,
    /// What key pair tokens are issued for: the same, but for `.global` connections.
    pub(crate) key_pair_name: String,
}

impl Account {
    pub(crate) fn from_config(config: &ClientConfig) -> Result<Self, Error> {
        let identifier = identifier(&config.account)?;
        let (host, name, key_pair_name) = host_and_names(&identifier);
        let base_url = base_url(config, config.host.as_deref().unwrap_or(&host))?;
        Ok(Account {
            base_url,
            name,
            key_pair_name,
        })
    }
}

/// The identifier without scheme, port, path; a Snowflake domain at its end is kept for now.
fn identifier(account: &str) -> Result<String, Error> {
    let trimmed = account.trim();
    let without_scheme = trimmed.split_once("://").map_or(trimmed, |(_, rest)| rest);
    let mut parts = without_scheme.split(['/', ':', '?', '#']);
    let first = parts
        .next()
        .unwrap_or_default()
        .trim_end_matches('.')
        .to_ascii_lowercase();
    let host = match (first == PAGE, parts.next(), parts.next()) {
        // Names of organisations have letters and digits only, those of regions at least a hyphen.
        (true, Some(region), Some(locator)) if region.contains(['-', '.']) => {
            format!("{locator}.{region}").to_ascii_lowercase()
        }
        (true, Some(organisation), Some(account)) => format!("{organisation}-{account}").to_ascii_lowercase(),
        _ => first,
    };
    let allowed = |character: char| character.is_ascii_alphanumeric() || "._-".contains(character);
    if host.is_empty() {
        return Err(Error::new(ErrorKind::Configuration, "the account is empty").with_hint(ACCOUNT_HINT));
    }
    if !host.chars().all(allowed) || host.starts_with('.') || host.contains("..") {
        return Err(Error::new(
            ErrorKind::Configuration,
            "the account has characters that no account identifier has",
        )
        .with_hint(ACCOUNT_HINT));
    }
    Ok(host)
}

const ACCOUNT_HINT: &str = "account is ORGANISATION-ACCOUNT, LOCATOR.REGION.CLOUD or the host that a browser shows";

/// The host, the name that logs in and the name in key pair tokens. Both names are the first label; of a `.global`
/// connection the drivers take what is before the last `-` for the one and before the first for the other.
fn host_and_names(identifier: &str) -> (String, String, String) {
    let known_domain = DOMAINS.iter().find(|domain| identifier.ends_with(*domain));
    let bare = known_domain.map_or(identifier, |domain| identifier.trim_end_matches(domain));
    let mut labels = bare.splitn(2, '.');
    let first = labels.next().unwrap_or_default();
    // The oldest region has no region in its host name.
    let region = labels.next().filter(|region| *region != "us-west-2");
    let is_global = region.is_some_and(|region| region.split('.').next() == Some("global"));
    let before = |cut: Option<(&str, &str)>| match cut {
        Some((name, _)) if is_global => name.to_ascii_uppercase(),
        _ => first.to_ascii_uppercase(),
    };
    let (name, key_pair_name) = (before(first.rsplit_once('-')), before(first.split_once('-')));
    let is_china = region.is_some_and(|region| region.starts_with("cn-"));
    let domain = known_domain
        .copied()
        .unwrap_or(if is_china { DOMAINS[1] } else { DOMAINS[0] });
    let label = first.replace('_', "-");
    let host = match region {
        Some(region) => format!("{label}.{region}{domain}"),
        None => format!("{label}{domain}"),
    };
    (host, name, key_pair_name)
}

fn base_url(config: &ClientConfig, host: &str) -> Result<Url, Error> {
    let scheme = match config.protocol {
        Protocol::Https => "https",
        Protocol::Http => "http",
    };
    let bracketed = if host.contains(':') && !host.starts_with('[') {
        format!("[{host}]")
    } else {
        host.to_owned()
    };
    let invalid = || {
        Error::new(ErrorKind::Configuration, "the host is not a host name")
            .with_hint("host is a name or an address alone; protocol and port are settings of their own")
    };
    if host.contains(['/', '@', '?', '#']) {
        return Err(invalid());
    }
    let mut url = Url::parse(&format!("{scheme}://{bracketed}/")).map_err(|_| invalid())?;
    if url.port().is_some() {
        return Err(invalid());
    }
    url.set_port(config.port).map_err(|()| invalid())?;
    if config.protocol == Protocol::Http && !is_loopback(&url) {
        return Err(Error::new(
            ErrorKind::Configuration,
            "protocol http is refused for a host that is not this machine",
        )
        .with_hint("use protocol https"));
    }
    Ok(url)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Credentials;
    use crate::secret::Secret;

    fn config(account: &str) -> ClientConfig {
        ClientConfig::new(account, "u", Credentials::Password(Secret::new("p")))
    }

    /// Identifier, address, and name that logs in.
    const FORMS: [(&str, &str, &str); 17] = [
        ("myorg-acct", "https://myorg-acct.snowflakecomputing.com/", "MYORG-ACCT"),
        (
            "MyOrg-my_acct",
            "https://myorg-my-acct.snowflakecomputing.com/",
            "MYORG-MY_ACCT",
        ),
        ("xy12345", "https://xy12345.snowflakecomputing.com/", "XY12345"),
        (
            "xy12345.us-east-2.aws",
            "https://xy12345.us-east-2.aws.snowflakecomputing.com/",
            "XY12345",
        ),
        (
            "xy12345.us-west-2",
            "https://xy12345.snowflakecomputing.com/",
            "XY12345",
        ),
        (
            "xy12345.cn-northwest-1",
            "https://xy12345.cn-northwest-1.snowflakecomputing.cn/",
            "XY12345",
        ),
        (
            "acct.privatelink",
            "https://acct.privatelink.snowflakecomputing.com/",
            "ACCT",
        ),
        (
            "org-conn-abc.global",
            "https://org-conn-abc.global.snowflakecomputing.com/",
            "ORG-CONN",
        ),
        (
            "https://myorg-acct.snowflakecomputing.com/console",
            "https://myorg-acct.snowflakecomputing.com/",
            "MYORG-ACCT",
        ),
        (
            "https://app.snowflake.com/MyOrg/acct/#/homepage",
            "https://myorg-acct.snowflakecomputing.com/",
            "MYORG-ACCT",
        ),
        (
            "https://app.snowflake.com/us-east-1/xy12345/",
            "https://xy12345.us-east-1.snowflakecomputing.com/",
            "XY12345",
        ),
        (
            "https://app.snowflake.com/east-us-2.azure/xy12345/#/",
            "https://xy12345.east-us-2.azure.snowflakecomputing.com/",
            "XY12345",
        ),
        (
            "xy12345.us-east-1.privatelink",
            "https://xy12345.us-east-1.privatelink.snowflakecomputing.com/",
            "XY12345",
        ),
        (
            "xy12345.west-europe.azure",
            "https://xy12345.west-europe.azure.snowflakecomputing.com/",
            "XY12345",
        ),
        (
            "myorg-acct.snowflakecomputing.cn.",
            "https://myorg-acct.snowflakecomputing.cn/",
            "MYORG-ACCT",
        ),
        (
            "xy12345.us-gov-west-1.snowflakecomputing.mil:443",
            "https://xy12345.us-gov-west-1.snowflakecomputing.mil/",
            "XY12345",
        ),
        (
            "a.eu-central-1.snowflakecomputing.com",
            "https://a.eu-central-1.snowflakecomputing.com/",
            "A",
        ),
    ];

    #[test]
    fn every_form_of_account_leads_to_its_host_and_name() {
        for (account, url, name) in FORMS {
            let found = Account::from_config(&config(account)).unwrap();
            assert_eq!((found.base_url.as_str(), found.name.as_str()), (url, name), "{account}");
        }
    }

    #[test]
    fn key_pair_tokens_name_a_global_connection_by_its_first_part() {
        for (account, name) in [
            ("org-conn-abc.global", "ORG"),
            ("xy-12345.us-east-1", "XY-12345"),
            ("myorg-acct", "MYORG-ACCT"),
            ("acct.globalia", "ACCT"),
        ] {
            let found = Account::from_config(&config(account)).unwrap();
            assert_eq!(found.key_pair_name, name, "{account}");
        }
    }

    #[test]
    fn host_port_and_protocol_override_and_plain_http_stays_at_home() {
        let mut local = config("local");
        local.host = Some("127.0.0.1".to_owned());
        local.port = Some(8080);
        local.protocol = Protocol::Http;
        let found = Account::from_config(&local).unwrap();
        assert_eq!(
            (found.base_url.as_str(), found.name.as_str()),
            ("http://127.0.0.1:8080/", "LOCAL")
        );

        local.host = Some("example.com".to_owned());
        assert_eq!(
            Account::from_config(&local).unwrap_err().kind(),
            ErrorKind::Configuration
        );
        for host in ["https://example.com", "example.com:443", "user@example.com", "", "a b"] {
            local.host = Some(host.to_owned());
            local.protocol = Protocol::Https;
            assert!(Account::from_config(&local).is_err(), "{host}");
        }
    }

    #[test]
    fn an_account_that_is_none_is_refused() {
        for account in ["", "  ", "my account", "a@b", "a..b", "https://"] {
            assert!(Account::from_config(&config(account)).is_err(), "{account:?}");
        }
    }
}
