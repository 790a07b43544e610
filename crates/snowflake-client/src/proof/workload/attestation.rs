//! Chooses the cloud, and refuses to show the machine's identity to a server that is not Snowflake.

use crate::config::{Account, IdentityEnvironment, IdentityProvider, is_loopback};
use crate::error::{Error, ErrorKind};
use crate::proof::LogInContext;
use crate::proof::workload::{aws, azure, google};
use crate::secret::Secret;

/// Whom the tokens are for, at every provider but Azure.
pub(crate) const AUDIENCE: &str = "snowflakecomputing.com";
/// Domains of Snowflake: the official drivers show an identity to no others.
const DOMAINS: [&str; 3] = [
    ".snowflakecomputing.com",
    ".snowflakecomputing.cn",
    ".snowflakecomputing.mil",
];

/// The provider as Snowflake calls it, and what it is shown.
pub(crate) async fn attestation(
    context: &LogInContext<'_>,
    provider: &IdentityProvider,
    environment: &IdentityEnvironment,
) -> Result<(&'static str, Secret), Error> {
    Ok(match provider {
        IdentityProvider::Aws => ("AWS", aws::attestation(context, environment).await?),
        IdentityProvider::Azure { resource } => {
            let token = azure::token(context, environment, resource.as_deref());
            ("AZURE", token.await?)
        }
        IdentityProvider::Gcp => ("GCP", google::token(environment).await?),
        IdentityProvider::Oidc(source) => ("OIDC", source.read("the OIDC token")?),
    })
}

/// Whoever gets such a proof can log in with it for a while. A token that the user names is the user's to send.
pub(crate) fn check_host(account: &Account, is_chosen_by_user: bool) -> Result<(), Error> {
    let host = account.base_url.host_str().unwrap_or_default();
    let is_snowflakes = DOMAINS.iter().any(|domain| host.ends_with(domain));
    if is_snowflakes || is_chosen_by_user || is_loopback(&account.base_url) {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::Configuration,
        "workload identity is refused for a host that is not Snowflake's",
    )
    .with_hint("leave host away, or use another way to log in"))
}
