//! Google Cloud: a token of the machine's service account, for Snowflake to read.

use reqwest::Method;

use crate::config::IdentityEnvironment;
use crate::error::Error;
use crate::proof::workload::attestation::AUDIENCE;
use crate::proof::workload::metadata_client::MetadataClient;
use crate::secret::Secret;

/// Asks for an identity token.
pub(crate) async fn token(environment: &IdentityEnvironment) -> Result<Secret, Error> {
    let path = format!("/computeMetadata/v1/instance/service-accounts/default/identity?audience={AUDIENCE}");
    let client = MetadataClient::new("Google Cloud metadata")?;
    let headers = [("metadata-flavor", "Google")];
    let token = client
        .text(Method::GET, &environment.google_metadata_url(), &path, &headers)
        .await?;
    Ok(Secret::new(token))
}
