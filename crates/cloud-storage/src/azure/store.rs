//! The container, and the first of what was set, variables, the Azure CLI and the machine's identity that there is.

use std::path::Path;
use std::sync::Arc;

use object_store::ObjectStore;
use object_store::azure::{AzureConfigKey, AzureCredentialProvider, MicrosoftAzureBuilder};

use crate::access::StorageAccess;
use crate::client_options::{client_options, metadata_retries, retries};
use crate::environment::StorageEnvironment;
use crate::error::{Error, ErrorKind};
use crate::location::Location;
use crate::loopback::check_endpoint;
use crate::named_credentials::NamedCredentials;

const HINT: &str = "set an account key or a shared access signature, AZURE_CLIENT_ID with AZURE_TENANT_ID and \
                    AZURE_CLIENT_SECRET, log in by `az login`, or run where an identity is attached";

/// Variables that are the builder's own settings: a service principal, or a token that Kubernetes wrote into a file.
const PRINCIPAL: [(&str, AzureConfigKey); 5] = [
    ("AZURE_CLIENT_ID", AzureConfigKey::ClientId),
    ("AZURE_TENANT_ID", AzureConfigKey::AuthorityId),
    ("AZURE_CLIENT_SECRET", AzureConfigKey::ClientSecret),
    ("AZURE_FEDERATED_TOKEN_FILE", AzureConfigKey::FederatedTokenFile),
    ("AZURE_AUTHORITY_HOST", AzureConfigKey::AuthorityHost),
];

/// Opens a container.
pub(crate) fn open(location: &Location, access: &StorageAccess) -> Result<Arc<dyn ObjectStore>, Error> {
    let host = location.host().unwrap_or_default();
    let (endpoint, allows_http) = match &access.endpoint_url {
        Some(url) => (url.trim_end_matches('/').to_owned(), check_endpoint(url, "endpoint")?),
        None => (format!("https://{host}"), false),
    };
    let unusable = |_| {
        Error::new(
            ErrorKind::Configuration,
            format!("{location}: the settings cannot be used"),
        )
    };
    let base = MicrosoftAzureBuilder::new()
        .with_account(host.split('.').next().unwrap_or_default())
        .with_container_name(location.container())
        .with_endpoint(endpoint)
        .with_client_options(client_options(access, allows_http)?)
        .with_retry(retries(access));
    let store = match way(access) {
        Way::AccountKey(key) => base.with_access_key(key).build().map_err(unusable)?,
        Way::Signature(sas) => base
            .with_config(AzureConfigKey::SasKey, sas)
            .build()
            .map_err(unusable)?,
        way => {
            let credentials = found(&way, access).map_err(unusable)?;
            base.with_credentials(credentials).build().map_err(unusable)?
        }
    };
    Ok(Arc::new(store))
}

/// How the container is used.
#[derive(Debug, PartialEq, Eq)]
enum Way<'a> {
    AccountKey(&'a str),
    Signature(&'a str),
    Principal,
    CommandLine,
    Machine,
}

fn way(access: &StorageAccess) -> Way<'_> {
    let (azure, environment) = (&access.azure, &access.environment);
    if let Some(key) = &azure.account_key {
        return Way::AccountKey(key);
    }
    if let Some(sas) = &azure.sas_token {
        return Way::Signature(sas);
    }
    if let Some(key) = environment.first(&["AZURE_STORAGE_ACCOUNT_KEY", "AZURE_STORAGE_KEY"]) {
        return Way::AccountKey(key);
    }
    if let Some(sas) = environment.get("AZURE_STORAGE_SAS_TOKEN") {
        return Way::Signature(sas);
    }
    let has = |name: &str| environment.get(name).is_some();
    let has_proof = has("AZURE_CLIENT_SECRET") || has("AZURE_FEDERATED_TOKEN_FILE");
    if has("AZURE_CLIENT_ID") && has("AZURE_TENANT_ID") && has_proof {
        return Way::Principal;
    }
    if !has("IDENTITY_ENDPOINT") && is_logged_in(environment) {
        return Way::CommandLine;
    }
    Way::Machine
}

/// Whether the Azure CLI knows an account.
fn is_logged_in(environment: &StorageEnvironment) -> bool {
    let directory = environment.file("AZURE_CONFIG_DIR", ".azure");
    directory.is_some_and(|directory| Path::new(&directory).join("azureProfile.json").is_file())
}

/// The credentials that a store would use which is made in this way. It needs names; nothing is asked of it.
fn found(way: &Way<'_>, access: &StorageAccess) -> Result<AzureCredentialProvider, object_store::Error> {
    let options = client_options(access, false).map_err(|problem| object_store::Error::Generic {
        store: "Azure",
        source: Box::new(problem),
    })?;
    let base = MicrosoftAzureBuilder::new()
        .with_account("none")
        .with_container_name("none")
        .with_client_options(options);
    let variable = |name: &str| access.environment.get(name);
    let (builder, place) = match way {
        Way::CommandLine => (base.with_use_azure_cli(true), "the Azure CLI"),
        Way::Principal => {
            let set = PRINCIPAL.iter().filter_map(|(name, key)| Some((key, variable(name)?)));
            let builder = set.fold(base.with_retry(retries(access)), |builder, (key, value)| {
                builder.with_config(*key, value)
            });
            (builder, "Microsoft Entra")
        }
        Way::AccountKey(_) | Way::Signature(_) | Way::Machine => {
            let mut builder = base.with_retry(metadata_retries());
            if let Some(id) = variable("AZURE_CLIENT_ID") {
                builder = builder.with_client_id(id);
            }
            if let Some(url) = variable("IDENTITY_ENDPOINT") {
                builder = builder.with_config(AzureConfigKey::MsiEndpoint, url);
            }
            (
                builder,
                "settings, environment, the Azure CLI and the machine's identity",
            )
        }
    };
    let inner = Arc::clone(builder.build()?.credentials());
    Ok(Arc::new(NamedCredentials::new(inner, place, HINT)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn way_with(set: impl FnOnce(&mut StorageAccess), variables: &[(&str, &str)]) -> String {
        let mut access = StorageAccess::found_by(StorageEnvironment::from_pairs(variables.iter().copied()));
        set(&mut access);
        format!("{:?}", way(&access))
    }

    #[test]
    fn the_first_way_there_is_counts() {
        let home = tempfile::tempdir().unwrap();
        std::fs::create_dir(home.path().join(".azure")).unwrap();
        std::fs::write(home.path().join(".azure/azureProfile.json"), "{}").unwrap();
        let home = ("HOME", home.path().to_str().unwrap());
        let key = ("AZURE_STORAGE_KEY", "k");
        let principal = [
            ("AZURE_CLIENT_ID", "i"),
            ("AZURE_TENANT_ID", "t"),
            ("AZURE_CLIENT_SECRET", "s"),
        ];
        assert_eq!(
            way_with(|access| access.azure.sas_token = Some("x".to_owned()), &[key]),
            "Signature(\"x\")"
        );
        assert_eq!(way_with(|_| (), &[key, home]), "AccountKey(\"k\")");
        assert_eq!(way_with(|_| (), &[principal.as_slice(), &[home]].concat()), "Principal");
        assert_eq!(way_with(|_| (), &principal[..2]), "Machine");
        assert_eq!(way_with(|_| (), &[home]), "CommandLine");
        assert_eq!(
            way_with(|_| (), &[home, ("IDENTITY_ENDPOINT", "http://localhost")]),
            "Machine"
        );
        assert_eq!(way_with(|_| (), &[]), "Machine");
    }
}
