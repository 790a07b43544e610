//! The bucket, and the first of what was set, application default credentials and the machine's service account that there
//! is.

use std::path::PathBuf;
use std::sync::Arc;

use object_store::gcp::{GcpCredential, GoogleCloudStorageBuilder};
use object_store::{ObjectStore, StaticCredentialProvider};

use crate::access::StorageAccess;
use crate::client_options::{client_options, metadata_retries, retries};
use crate::error::{Error, ErrorKind};
use crate::location::Location;
use crate::loopback::check_endpoint;
use crate::named_credentials::NamedCredentials;

const HINT: &str = "set a file with credentials, or GOOGLE_APPLICATION_CREDENTIALS, log in by `gcloud auth \
                    application-default login`, or run where a service account is attached";
/// Where `gcloud` keeps what it logged in to.
const DEFAULT_CREDENTIALS: &str = ".config/gcloud/application_default_credentials.json";

/// Opens a bucket.
pub(crate) fn open(location: &Location, access: &StorageAccess) -> Result<Arc<dyn ObjectStore>, Error> {
    let mut base = GoogleCloudStorageBuilder::new()
        .with_bucket_name(location.container())
        .with_retry(retries(access));
    let endpoint = endpoint(access);
    let allows_http = match &endpoint {
        Some(endpoint) => check_endpoint(&endpoint.url, endpoint.setting)?,
        None => false,
    };
    if let Some(endpoint) = &endpoint {
        base = base.with_base_url(endpoint.url.trim_end_matches('/'));
    }
    let options = client_options(access, allows_http)?;
    let base = base.with_client_options(options);
    let unusable = |_| {
        Error::new(
            ErrorKind::Configuration,
            format!("{location}: the settings cannot be used"),
        )
    };
    // Google's own clients use an emulator without credentials; the library cannot leave them out of an upload.
    if endpoint.is_some_and(|endpoint| endpoint.is_emulator) && access.google.credentials_path.is_none() {
        let nobody = GcpCredential {
            bearer: "emulator".to_owned(),
        };
        let credentials = Arc::new(StaticCredentialProvider::new(nobody));
        return Ok(Arc::new(base.with_credentials(credentials).build().map_err(unusable)?));
    }
    if let Some(path) = credentials_path(access) {
        let built = base.with_application_credentials(path.display().to_string()).build();
        let store = built.map_err(|_| {
            let what = format!(
                "credentials in {}: neither of a service account nor of a user",
                path.display()
            );
            Error::new(ErrorKind::Credentials, what).with_hint(HINT)
        })?;
        return Ok(Arc::new(store));
    }
    // A machine's service answers at once or is not there, which the storage's patience must not wait for.
    let of_machine = GoogleCloudStorageBuilder::new()
        .with_bucket_name("none")
        .with_client_options(client_options(access, false)?)
        .with_retry(metadata_retries())
        .build()
        .map_err(unusable)?;
    let inner = Arc::clone(of_machine.credentials());
    let named = NamedCredentials::new(
        inner,
        "settings, environment, gcloud and Google's metadata service",
        HINT,
    );
    Ok(Arc::new(
        base.with_credentials(Arc::new(named)).build().map_err(unusable)?,
    ))
}

struct Endpoint {
    url: String,
    setting: &'static str,
    is_emulator: bool,
}

fn endpoint(access: &StorageAccess) -> Option<Endpoint> {
    if let Some(url) = &access.endpoint_url {
        return Some(Endpoint {
            url: url.clone(),
            setting: "endpoint",
            is_emulator: false,
        });
    }
    let host = access.environment.get("STORAGE_EMULATOR_HOST")?;
    let url = if host.contains("://") {
        host.to_owned()
    } else {
        format!("http://{host}")
    };
    Some(Endpoint {
        url,
        setting: "STORAGE_EMULATOR_HOST",
        is_emulator: true,
    })
}

/// The file that is set, or the one that exists where `gcloud` writes it.
fn credentials_path(access: &StorageAccess) -> Option<PathBuf> {
    if let Some(path) = &access.google.credentials_path {
        return Some(path.clone());
    }
    let environment = &access.environment;
    let is_named = environment.get("GOOGLE_APPLICATION_CREDENTIALS").is_some();
    let path = environment.file("GOOGLE_APPLICATION_CREDENTIALS", DEFAULT_CREDENTIALS)?;
    (is_named || path.is_file()).then_some(path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::environment::StorageEnvironment;

    #[test]
    fn the_first_file_there_is_counts() {
        let home = tempfile::tempdir().unwrap();
        let pairs = [("HOME", home.path().to_str().unwrap())];
        let mut access = StorageAccess::found_by(StorageEnvironment::from_pairs(pairs));
        assert_eq!(credentials_path(&access), None);
        let of_gcloud = home.path().join(DEFAULT_CREDENTIALS);
        std::fs::create_dir_all(of_gcloud.parent().unwrap()).unwrap();
        std::fs::write(&of_gcloud, "{}").unwrap();
        assert_eq!(credentials_path(&access), Some(of_gcloud));
        access.google.credentials_path = Some("/set".into());
        assert_eq!(credentials_path(&access), Some("/set".into()));
    }

    #[test]
    fn a_file_that_is_no_credentials_is_named() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("key.json");
        std::fs::write(&path, r#"{"type": "external_account", "token": "very-secret"}"#).unwrap();
        let mut access = StorageAccess::found_by(StorageEnvironment::default());
        access.google.credentials_path = Some(path);
        let problem = open(&Location::parse("gcs://bucket").unwrap(), &access).unwrap_err();
        assert_eq!(problem.kind(), ErrorKind::Credentials);
        assert!(
            problem.to_string().contains("key.json") && !problem.to_string().contains("secret"),
            "{problem}"
        );
    }
}
