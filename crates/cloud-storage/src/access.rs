//! How a location is reached: what the user set, as plain data. What is not set is found, see each cloud's `credentials`.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use crate::environment::StorageEnvironment;
use crate::error::Error;
use crate::loopback::check_endpoint;

/// Everything that is needed to open a location. Only the part of the location's own cloud counts.
#[derive(Debug, Clone)]
pub struct StorageAccess {
    /// For S3.
    pub amazon: AmazonAccess,
    /// For Azure.
    pub azure: AzureAccess,
    /// For Google.
    pub google: GoogleAccess,
    /// The storage's address in place of the cloud's own: S3-compatible storages, emulators. For Azure it stands for
    /// `https://account.blob.core.windows.net`, account included. Plain http is refused unless it is this machine.
    pub endpoint_url: Option<String>,
    /// PEM file with certificates of authorities to trust beside the system's.
    pub ca_bundle_path: Option<PathBuf>,
    /// Shortest pause before a request is sent again.
    pub shortest_pause: Duration,
    /// How long one attempt of a request may take. A request carries 8 MiB at most.
    pub attempt: Duration,
    /// Where credentials are found that are not set.
    pub environment: StorageEnvironment,
}

impl StorageAccess {
    /// Nothing set: credentials are found by this environment.
    #[must_use]
    pub fn found_by(environment: StorageEnvironment) -> Self {
        StorageAccess {
            amazon: AmazonAccess::default(),
            azure: AzureAccess::default(),
            google: GoogleAccess::default(),
            endpoint_url: None,
            ca_bundle_path: None,
            shortest_pause: Duration::from_millis(250),
            attempt: Duration::from_secs(120),
            environment,
        }
    }

    /// Whether the address that is set can be used; opening checks the same.
    ///
    /// # Errors
    /// [`crate::ErrorKind::Configuration`].
    pub fn check_endpoint(&self) -> Result<(), Error> {
        match &self.endpoint_url {
            Some(url) => check_endpoint(url, "endpoint").map(|_| ()),
            None => Ok(()),
        }
    }
}

/// S3's part.
#[derive(Debug, Clone, Default)]
pub struct AmazonAccess {
    /// Keys, before all that could be found.
    pub keys: Option<AwsKeys>,
    /// A profile of the shared files, before variables.
    pub profile: Option<String>,
    /// The bucket's region; asked of S3 when nothing says it.
    pub region: Option<String>,
    /// A canned ACL for every object that is written.
    pub acl: Option<String>,
}

/// An access key.
#[derive(Clone, PartialEq, Eq)]
pub struct AwsKeys {
    /// Its public part.
    pub key_id: String,
    /// Its secret part.
    pub secret_key: String,
    /// With a temporary key.
    pub session_token: Option<String>,
}

impl fmt::Debug for AwsKeys {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("AwsKeys").finish_non_exhaustive()
    }
}

/// Azure's part.
#[derive(Clone, Default)]
pub struct AzureAccess {
    /// A key of the account.
    pub account_key: Option<String>,
    /// A shared access signature for the container.
    pub sas_token: Option<String>,
}

impl fmt::Debug for AzureAccess {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("AzureAccess").finish_non_exhaustive()
    }
}

/// Google's part.
#[derive(Debug, Clone, Default)]
pub struct GoogleAccess {
    /// File with the key of a service account, or of application default credentials.
    pub credentials_path: Option<PathBuf>,
}
