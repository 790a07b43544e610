//! What a machine in a cloud knows of itself: environment variables and the addresses of metadata services.
//! Given as data, so that tests can stand in for the cloud. The variables that move Amazon's and Google's services are
//! those that their own tools know.

use std::collections::BTreeMap;
use std::fmt;

/// Variables that identities are made from; no others are looked at.
const VARIABLES: [&str; 22] = [
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_REGION",
    "AWS_DEFAULT_REGION",
    "AWS_ROLE_ARN",
    "AWS_ROLE_SESSION_NAME",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
    "AWS_EC2_METADATA_DISABLED",
    "AWS_EC2_METADATA_SERVICE_ENDPOINT",
    "IDENTITY_ENDPOINT",
    "IDENTITY_HEADER",
    "MANAGED_IDENTITY_CLIENT_ID",
    "AZURE_CLIENT_ID",
    "AZURE_TENANT_ID",
    "AZURE_FEDERATED_TOKEN_FILE",
    "AZURE_AUTHORITY_HOST",
    "GCE_METADATA_HOST",
];

/// Where the identity of this machine is found.
#[derive(Clone)]
#[non_exhaustive]
pub struct IdentityEnvironment {
    variables: BTreeMap<String, String>,
    /// Metadata service of virtual machines at AWS and Azure: `http://169.254.169.254`.
    pub instance_metadata_url: String,
    /// Credentials service of AWS containers: `http://169.254.170.2`.
    pub container_credentials_url: String,
    /// Metadata service of Google Cloud: `http://metadata.google.internal`.
    pub google_metadata_url: String,
    /// AWS's token service, in place of the one of the region.
    pub aws_token_service_url: Option<String>,
}

impl IdentityEnvironment {
    /// That of this process.
    #[must_use]
    pub fn of_process() -> Self {
        let found = VARIABLES
            .iter()
            .filter_map(|name| Some(((*name).to_owned(), std::env::var(name).ok()?)));
        Self::with(found.collect())
    }

    /// One with these variables and no others.
    pub fn from_pairs<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let owned = pairs
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value.to_owned()));
        Self::with(owned.collect())
    }

    fn with(variables: BTreeMap<String, String>) -> Self {
        IdentityEnvironment {
            variables,
            instance_metadata_url: "http://169.254.169.254".to_owned(),
            container_credentials_url: "http://169.254.170.2".to_owned(),
            google_metadata_url: "http://metadata.google.internal".to_owned(),
            aws_token_service_url: None,
        }
    }

    /// Where the metadata service of Amazon's virtual machines is.
    pub(crate) fn aws_metadata_url(&self) -> &str {
        let named = self.get("AWS_EC2_METADATA_SERVICE_ENDPOINT");
        named.unwrap_or(&self.instance_metadata_url).trim_end_matches('/')
    }

    /// Where Google's metadata service is.
    pub(crate) fn google_metadata_url(&self) -> String {
        match self.get("GCE_METADATA_HOST") {
            Some(host) => format!("http://{host}"),
            None => self.google_metadata_url.clone(),
        }
    }

    /// A variable; an empty one counts as not set.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.variables
            .get(name)
            .map(String::as_str)
            .filter(|value| !value.is_empty())
    }
}

impl fmt::Debug for IdentityEnvironment {
    /// Names only: values may be secrets.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_set().entries(self.variables.keys()).finish()
    }
}
