//! What all three clouds' HTTP clients have in common: time limits, retries, trusted certificates, no plain http.

use std::time::Duration;

use object_store::{BackoffConfig, Certificate, ClientOptions, HeaderValue, RetryConfig};

use crate::access::StorageAccess;
use crate::error::{Error, ErrorKind};

/// A request is sent again for so long, and so often. The library's own limits: signatures stay valid for five minutes.
const RETRY_LIMIT: Duration = Duration::from_secs(180);
const RETRIES_LIMIT: usize = 10;
const LONGEST_PAUSE: Duration = Duration::from_secs(15);

/// A service of the machine itself answers at once or is not there.
const METADATA_LIMIT: Duration = Duration::from_secs(4);

/// The client of requests to the storage.
pub(crate) fn client_options(access: &StorageAccess, allows_http: bool) -> Result<ClientOptions, Error> {
    let mut options = ClientOptions::new()
        .with_allow_http(allows_http)
        .with_connect_timeout(Duration::from_secs(15))
        .with_timeout(access.attempt)
        .with_user_agent(HeaderValue::from_static(concat!(
            "cloud-storage/",
            env!("CARGO_PKG_VERSION")
        )));
    if let Some(path) = &access.ca_bundle_path {
        let unusable = |what: &str| {
            let what = format!("certificates in {}: {what}", path.display());
            Error::new(ErrorKind::Configuration, what)
        };
        let pem = std::fs::read(path).map_err(|problem| unusable(&problem.kind().to_string()))?;
        let certificates = Certificate::from_pem_bundle(&pem).map_err(|_| unusable("not PEM"))?;
        for certificate in certificates {
            options = options.with_root_certificate(certificate);
        }
    }
    Ok(options)
}

/// How requests to the storage are sent again.
pub(crate) fn retries(access: &StorageAccess) -> RetryConfig {
    RetryConfig {
        backoff: BackoffConfig {
            init_backoff: access.shortest_pause,
            max_backoff: LONGEST_PAUSE,
            base: 2.0,
        },
        max_retries: RETRIES_LIMIT,
        retry_timeout: RETRY_LIMIT,
    }
}

/// How requests to the machine's own services are: without these a person's machine would wait for minutes.
pub(crate) fn metadata_retries() -> RetryConfig {
    RetryConfig {
        max_retries: 2,
        retry_timeout: METADATA_LIMIT,
        ..RetryConfig::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::environment::StorageEnvironment;

    #[test]
    fn an_unusable_certificate_file_is_named() {
        let mut access = StorageAccess::found_by(StorageEnvironment::default());
        access.ca_bundle_path = Some("/nowhere/ca.pem".into());
        let problem = client_options(&access, false).unwrap_err();
        assert_eq!(problem.kind(), ErrorKind::Configuration);
        assert!(problem.to_string().contains("/nowhere/ca.pem"), "{problem}");
    }
}
