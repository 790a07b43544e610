//! The bucket: its address, its region, the ACL of what is written.

use std::sync::Arc;

use object_store::aws::{AmazonS3Builder, resolve_bucket_region};
use object_store::{HeaderMap, HeaderValue, ObjectStore};

use super::credentials;
use super::profile_files::ProfileFiles;
use crate::access::StorageAccess;
use crate::client_options::{client_options, retries};
use crate::error::{Error, ErrorKind};
use crate::location::Location;
use crate::loopback::check_endpoint;

/// Where buckets are of which nobody says it.
const USUAL_REGION: &str = "us-east-1";

/// Opens a bucket.
pub(crate) async fn open(location: &Location, access: &StorageAccess) -> Result<Arc<dyn ObjectStore>, Error> {
    let endpoint = endpoint(access);
    let allows_http = match &endpoint {
        Some((url, setting)) => check_endpoint(url, setting)?,
        None => false,
    };
    let mut options = client_options(access, allows_http)?;
    let known_region = region(access);
    let credentials = credentials::find(access, known_region.as_deref())?;
    let region = match (known_region, &endpoint) {
        (Some(region), _) => region,
        (None, Some(_)) => USUAL_REGION.to_owned(),
        (None, None) => {
            let asked = resolve_bucket_region(location.container(), &options).await;
            asked.unwrap_or_else(|_| USUAL_REGION.to_owned())
        }
    };
    if let Some(acl) = &access.amazon.acl {
        let value = HeaderValue::from_str(acl);
        let value = value.map_err(|_| Error::new(ErrorKind::Configuration, "the ACL has characters it cannot have"))?;
        // Requests that write nothing carry it without effect.
        let mut headers = HeaderMap::new();
        headers.insert("x-amz-acl", value);
        options = options.with_default_headers(headers);
    }
    let builder = AmazonS3Builder::new()
        .with_bucket_name(location.container())
        .with_region(region.as_str())
        .with_credentials(credentials)
        .with_client_options(options)
        .with_retry(retries(access))
        // Not every storage that speaks S3 has the request that deletes many.
        .with_disable_bulk_delete(true);
    let builder = match endpoint {
        Some((url, _)) => builder.with_endpoint(url.trim_end_matches('/')),
        None if region.starts_with("cn-") => builder.with_endpoint(format!("https://s3.{region}.amazonaws.com.cn")),
        // Certificates of S3 do not cover buckets with a dot.
        None => builder.with_virtual_hosted_style_request(!location.container().contains('.')),
    };
    let store = builder.build();
    let store = store.map_err(|_| {
        Error::new(
            ErrorKind::Configuration,
            format!("{location}: the settings cannot be used"),
        )
    })?;
    Ok(Arc::new(store))
}

/// The storage's address and who says it.
fn endpoint(access: &StorageAccess) -> Option<(String, &'static str)> {
    if let Some(url) = &access.endpoint_url {
        return Some((url.clone(), "endpoint"));
    }
    for variable in ["AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"] {
        if let Some(url) = access.environment.get(variable) {
            return Some((url.to_owned(), variable));
        }
    }
    None
}

/// The region that is set, in variables, or the profile's.
fn region(access: &StorageAccess) -> Option<String> {
    if let Some(region) = &access.amazon.region {
        return Some(region.clone());
    }
    let environment = &access.environment;
    if let Some(region) = environment.first(&["AWS_REGION", "AWS_DEFAULT_REGION"]) {
        return Some(region.to_owned());
    }
    let profile = access.amazon.profile.as_deref();
    let profile = profile.or_else(|| environment.first(&["AWS_PROFILE", "AWS_DEFAULT_PROFILE"]));
    let settings = ProfileFiles::new(environment).read(profile.unwrap_or("default"))?;
    settings.get("region").filter(|region| !region.is_empty()).cloned()
}
