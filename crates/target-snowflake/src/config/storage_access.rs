//! The settings of how the user's own storage is reached: credentials, address, region. Where files go is `staging.rs`.

use std::time::Duration;

use cloud_storage::{AmazonAccess, AwsKeys, AzureAccess, GoogleAccess, StorageAccess, StorageEnvironment};
use connector_process::Settings;
use serde_json::{Map, Value};

/// Reads them all. What is not set is found by the environment.
pub(super) fn storage_access(settings: &mut Settings, datamill: Option<&Map<String, Value>>) -> StorageAccess {
    let mut access = StorageAccess::found_by(StorageEnvironment::of_process());
    access.amazon = AmazonAccess {
        keys: aws_keys(settings, datamill),
        profile: settings.text("aws_profile"),
        region: settings.text("s3_region_name"),
        acl: settings.text("s3_acl"),
    };
    let hidden = |name: &str| settings.secret(name).map(|secret| secret.expose().to_owned());
    access.azure = AzureAccess {
        account_key: hidden("azure_storage_account_key"),
        sas_token: hidden("azure_storage_sas_token"),
    };
    access.google = GoogleAccess {
        credentials_path: settings.text("google_credentials_path").map(Into::into),
    };
    access.endpoint_url = settings.text("external_stage_endpoint_url");
    access.ca_bundle_path = settings.text("ca_bundle_path").map(Into::into);
    let number = |name: &str| settings.integer(name).and_then(|number| u64::try_from(number).ok());
    if let Some(milliseconds) = number("retry_base_milliseconds") {
        access.shortest_pause = Duration::from_millis(milliseconds);
    }
    if let Some(seconds) = number("request_timeout_seconds") {
        access.attempt = Duration::from_secs(seconds);
    }
    if let Err(problem) = access.check_endpoint() {
        let text = problem.to_string();
        let text = text.strip_prefix("endpoint: ").unwrap_or(&text);
        settings.problem("external_stage_endpoint_url", text);
    }
    access
}

/// A key and its secret come together; datamill has them in an object of their own.
fn aws_keys(settings: &mut Settings, datamill: Option<&Map<String, Value>>) -> Option<AwsKeys> {
    let of_datamill = |key: &str| {
        datamill?
            .get(key)?
            .as_str()
            .filter(|text| !text.is_empty())
            .map(str::to_owned)
    };
    let of = |name: &str| settings.text(name).or_else(|| of_datamill(name));
    let (key_id, secret_key) = (of("aws_access_key_id"), of("aws_secret_access_key"));
    let session_token = of("aws_session_token");
    match (key_id, secret_key) {
        (Some(key_id), Some(secret_key)) => Some(AwsKeys {
            key_id,
            secret_key,
            session_token,
        }),
        (Some(_), None) => {
            settings.problem("aws_secret_access_key", "missing beside `aws_access_key_id`");
            None
        }
        (None, Some(_)) => {
            settings.problem("aws_access_key_id", "missing beside `aws_secret_access_key`");
            None
        }
        (None, None) => {
            if datamill.is_some() {
                settings.problem("target_s3", "needs aws_access_key_id and aws_secret_access_key");
            } else if session_token.is_some() {
                settings.problem(
                    "aws_session_token",
                    "needs `aws_access_key_id` and `aws_secret_access_key`",
                );
            }
            None
        }
    }
}
