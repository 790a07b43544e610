//! Azure Kubernetes: the pod's own token, which Kubernetes writes into a file, is traded at Entra for one that Snowflake
//! takes. The variables are those that Azure's webhook gives to pods; the official drivers look for the same.

use std::path::Path;

use reqwest::RequestBuilder;

use crate::config::{IdentityEnvironment, TokenSource};
use crate::error::{Error, ErrorKind};
use crate::proof::LogInContext;
use crate::proof::token_endpoint::{TokenEndpoint, token_address};
use crate::secret::Secret;

const DOING: &str = "Entra token exchange";
/// Of Azure's public cloud.
const AUTHORITY: &str = "https://login.microsoftonline.com/";

/// What a pod with a workload identity is told.
pub(crate) struct FederatedPod<'a> {
    client_id: &'a str,
    tenant_id: &'a str,
    token_file: &'a str,
    authority: &'a str,
}

impl<'a> FederatedPod<'a> {
    /// The pod that the program runs in, if it is one.
    pub(crate) fn of(environment: &'a IdentityEnvironment) -> Option<Self> {
        let token_file = environment.get("AZURE_FEDERATED_TOKEN_FILE")?;
        Path::new(token_file).exists().then_some(())?;
        Some(FederatedPod {
            client_id: environment.get("AZURE_CLIENT_ID")?,
            tenant_id: environment.get("AZURE_TENANT_ID")?,
            token_file,
            authority: environment.get("AZURE_AUTHORITY_HOST").unwrap_or(AUTHORITY),
        })
    }

    /// Trades the pod's token.
    pub(crate) async fn token(&self, context: &LogInContext<'_>, resource: &str) -> Result<Secret, Error> {
        let problem = |what: &str| {
            Error::new(ErrorKind::Configuration, format!("workload identity: {what}"))
                .with_hint("Azure's webhook sets AZURE_TENANT_ID and AZURE_AUTHORITY_HOST: is the pod labelled for it?")
        };
        // It becomes a part of the path.
        let is_tenant = |text: &str| text.chars().all(|c| c.is_ascii_alphanumeric() || "-.".contains(c));
        if !is_tenant(self.tenant_id) {
            return Err(problem("AZURE_TENANT_ID has characters that no tenant has"));
        }
        let authority = self.authority.trim_end_matches('/');
        let address = format!("{authority}/{}/oauth2/v2.0/token", self.tenant_id);
        let url = token_address(&address, |what| problem(&format!("AZURE_AUTHORITY_HOST {what}")))?;
        let assertion = TokenSource::Path(self.token_file.into()).read("the pod's token")?;
        let scope = format!("{resource}/.default");
        let form = [
            ("grant_type", "client_credentials"),
            ("client_id", self.client_id),
            (
                "client_assertion_type",
                "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
            ),
            ("client_assertion", assertion.expose()),
            ("scope", scope.as_str()),
        ];
        let provider = TokenEndpoint {
            doing: DOING,
            url: &url,
            hint: "check AZURE_AUTHORITY_HOST",
        };
        let request = |post: RequestBuilder| post.form(&form);
        let reply = provider.ask(context.endpoint, request, hint_for).await?;
        Ok(Secret::new(reply.access_token))
    }
}

fn hint_for(code: &str) -> &'static str {
    match code {
        "invalid_scope" | "invalid_resource" => "check workload_identity_entra_resource",
        _ => "check the federated credential of the managed identity, and the service account of the pod",
    }
}
