//! Azure: a token of the managed identity, of a virtual machine or of a function or container app. Pods have another way
//! (`azure_kubernetes.rs`).

use serde::Deserialize;
use url::Url;
use url::form_urlencoded::Serializer;

use crate::config::{IdentityEnvironment, is_loopback};
use crate::error::{Error, ErrorKind};
use crate::proof::LogInContext;
use crate::proof::workload::azure_kubernetes::FederatedPod;
use crate::proof::workload::metadata_client::MetadataClient;
use crate::secret::Secret;

/// Snowflake's own application in Entra, as the official drivers have it.
const SNOWFLAKE: &str = "api://fd3f753b-eed3-462c-b6a7-a4b5bb650aad";

#[derive(Deserialize)]
struct TokenReply {
    access_token: String,
}

/// Whom to ask, and with what.
struct Question<'a> {
    service: &'static str,
    url: String,
    header: (&'static str, &'a str),
}

/// Asks for an access token for `resource`.
pub(crate) async fn token(
    context: &LogInContext<'_>,
    environment: &IdentityEnvironment,
    resource: Option<&str>,
) -> Result<Secret, Error> {
    let resource = resource.unwrap_or(SNOWFLAKE);
    if let Some(pod) = FederatedPod::of(environment) {
        return pod.token(context, resource).await;
    }
    let question = question(environment, resource)?;
    let client = MetadataClient::new(question.service)?;
    let reply: TokenReply = client.json(&question.url, &[question.header]).await?;
    Ok(Secret::new(reply.access_token))
}

fn question<'a>(environment: &'a IdentityEnvironment, resource: &str) -> Result<Question<'a>, Error> {
    let mut query = Serializer::new(String::new());
    query.append_pair("resource", resource);
    if let Some(client_id) = environment.get("MANAGED_IDENTITY_CLIENT_ID") {
        query.append_pair("client_id", client_id);
    }
    let Some(endpoint) = environment.get("IDENTITY_ENDPOINT") else {
        query.append_pair("api-version", "2018-02-01");
        let base = &environment.instance_metadata_url;
        return Ok(Question {
            service: "Azure instance metadata",
            url: format!("{base}/metadata/identity/oauth2/token?{}", query.finish()),
            header: ("metadata", "true"),
        });
    };
    check_local(endpoint)?;
    let header = environment.get("IDENTITY_HEADER").ok_or_else(|| {
        Error::new(
            ErrorKind::Configuration,
            "workload identity: IDENTITY_ENDPOINT is set and IDENTITY_HEADER is not",
        )
        .with_hint("enable the managed identity of the function")
    })?;
    query.append_pair("api-version", "2019-08-01");
    Ok(Question {
        service: "Azure identity endpoint",
        url: format!("{endpoint}?{}", query.finish()),
        header: ("x-identity-header", header),
    })
}

/// The endpoint of functions and container apps is an address of the machine's own network.
fn check_local(endpoint: &str) -> Result<(), Error> {
    let url = Url::parse(endpoint).ok();
    let is_local = url.is_some_and(|url| {
        let is_private = match url.host() {
            Some(url::Host::Ipv4(address)) => address.is_private() || address.is_link_local(),
            _ => false,
        };
        url.query().is_none() && (is_private || is_loopback(&url) || url.scheme() == "https")
    });
    if is_local {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::Configuration,
        "workload identity: IDENTITY_ENDPOINT is not an address of this machine's network",
    ))
}
