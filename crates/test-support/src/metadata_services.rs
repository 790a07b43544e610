//! Stands for the services that give a workload its identity: Azure's managed identity, Entra's token exchange, Google's
//! metadata service. Each gives a token that the local Snowflake server takes, to whoever asks as that service wants it.

use serde_json::json;

use crate::http_exchange::HttpReply;
use crate::small_server::{Asked, SmallServer};
use crate::test_identities::{SNOWFLAKE_AUDIENCE, SNOWFLAKE_AZURE_RESOURCE, identity_token};

/// What Azure's service wants to see in `X-IDENTITY-HEADER`.
pub const IDENTITY_HEADER: &str = "identity-header-secret";
/// What Kubernetes wrote into the pod's file.
pub const POD_TOKEN: &str = "pod-token-of-kubernetes";
/// The pod's tenant.
pub const TENANT: &str = "tenant-1";

/// The services, on one port until the test program ends.
///
/// # Panics
/// When there is no free port.
#[must_use]
pub fn metadata_services() -> SmallServer {
    SmallServer::start(|asked| Some(HttpReply::new(200, &token(asked)?)))
}

fn token(asked: &Asked) -> Option<String> {
    let target = asked.target.as_str();
    let is_of_a_function = target.starts_with("/msi/token?") && asked.has_header("x-identity-header", IDENTITY_HEADER);
    let is_of_a_pod = asked.method == "POST"
        && target == format!("/{TENANT}/oauth2/v2.0/token")
        && asked.body_has(&format!("client_assertion={POD_TOKEN}"));
    if is_of_a_function || is_of_a_pod {
        return Some(json!({ "access_token": identity_token(SNOWFLAKE_AZURE_RESOURCE) }).to_string());
    }
    let is_of_google =
        target.contains("/service-accounts/default/identity?") && asked.has_header("metadata-flavor", "Google");
    is_of_google.then(|| identity_token(SNOWFLAKE_AUDIENCE))
}
