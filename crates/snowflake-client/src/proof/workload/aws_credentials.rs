//! The AWS credentials of a machine, from the first of: variables, web identity (EKS), container service (ECS, EKS pod
//! identity), instance metadata (EC2). Files of profiles are for persons and are not read.

use http_retry::{Attempt, usual_judge};
use reqwest::Method;
use serde::Deserialize;
use url::Url;

use crate::config::{IdentityEnvironment, TokenSource, is_loopback};
use crate::error::{Error, ErrorKind};
use crate::proof::LogInContext;
use crate::proof::workload::aws::token_service_host;
use crate::proof::workload::metadata_client::MetadataClient;
use crate::secret::Secret;

pub(crate) const INSTANCE_METADATA: &str = "AWS instance metadata";
const WEB_IDENTITY: &str = "AWS web identity";
/// Hosts of container services beside loopback ones, as the AWS SDKs allow them: ECS, EKS.
const CONTAINER_HOSTS: [&str; 3] = ["169.254.170.2", "169.254.170.23", "[fd00:ec2::23]"];

/// A key that signs.
pub(crate) struct AwsCredentials {
    pub(crate) key_id: String,
    pub(crate) secret_key: Secret,
    pub(crate) session_token: Option<Secret>,
}

/// As container and instance services write them.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ServedCredentials {
    access_key_id: String,
    secret_access_key: String,
    token: Option<String>,
}

impl From<ServedCredentials> for AwsCredentials {
    fn from(served: ServedCredentials) -> Self {
        AwsCredentials {
            key_id: served.access_key_id,
            secret_key: Secret::new(served.secret_access_key),
            session_token: served.token.map(Secret::new),
        }
    }
}

/// The first that there are.
pub(crate) async fn find(
    context: &LogInContext<'_>,
    environment: &IdentityEnvironment,
    region: &str,
) -> Result<AwsCredentials, Error> {
    let variables = (
        environment.get("AWS_ACCESS_KEY_ID"),
        environment.get("AWS_SECRET_ACCESS_KEY"),
    );
    if let (Some(key_id), Some(secret_key)) = variables {
        return Ok(AwsCredentials {
            key_id: key_id.to_owned(),
            secret_key: Secret::new(secret_key),
            session_token: environment.get("AWS_SESSION_TOKEN").map(Secret::new),
        });
    }
    let web_identity = (
        environment.get("AWS_WEB_IDENTITY_TOKEN_FILE"),
        environment.get("AWS_ROLE_ARN"),
    );
    if let (Some(file), Some(role)) = web_identity {
        return of_web_identity(context, environment, region, file, role).await;
    }
    if let Some(url) = container_url(environment)? {
        return of_container(environment, &url).await;
    }
    if environment
        .get("AWS_EC2_METADATA_DISABLED")
        .is_some_and(|word| word.eq_ignore_ascii_case("true"))
    {
        return Err(Error::new(
            ErrorKind::Configuration,
            "workload identity: there are no AWS credentials",
        )
        .with_hint("run the program at AWS with a role attached, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"));
    }
    of_instance(environment).await
}

/// Trades the token that Kubernetes gave for credentials of a role.
async fn of_web_identity(
    context: &LogInContext<'_>,
    environment: &IdentityEnvironment,
    region: &str,
    file: &str,
    role: &str,
) -> Result<AwsCredentials, Error> {
    let token = TokenSource::Path(file.into()).read("the AWS web identity token")?;
    let url = match &environment.aws_token_service_url {
        Some(url) => url.clone(),
        None => format!("https://{}/", token_service_host(region)),
    };
    let form = [
        ("Action", "AssumeRoleWithWebIdentity"),
        ("Version", "2011-06-15"),
        ("RoleArn", role),
        (
            "RoleSessionName",
            environment.get("AWS_ROLE_SESSION_NAME").unwrap_or("target-snowflake"),
        ),
        ("WebIdentityToken", token.expose()),
    ];
    let endpoint = context.endpoint;
    let build = |_: &Attempt| endpoint.client.post(&url).form(&form);
    let policy = endpoint.policy_within(endpoint.time_limits.log_in);
    let reply = http_retry::send(&policy, build, usual_judge).await;
    let reply = reply.map_err(|failure| Error::network(WEB_IDENTITY, &failure))?;
    let text = String::from_utf8_lossy(&reply.body);
    let status = reply.status.as_u16();
    if !reply.status.is_success() {
        let code: String = element(&text, "Code")
            .unwrap_or_default()
            .chars()
            .filter(char::is_ascii_alphanumeric)
            .collect();
        let what = format!("{WEB_IDENTITY}: refused with status {status} {code}");
        return Err(Error::new(ErrorKind::Credentials, what.trim_end())
            .with_hint("check AWS_ROLE_ARN and the role's trust policy"));
    }
    let part = |name| element(&text, name).ok_or_else(|| Error::protocol(WEB_IDENTITY, "the reply has no credentials"));
    Ok(AwsCredentials {
        key_id: part("AccessKeyId")?.to_owned(),
        secret_key: Secret::new(part("SecretAccessKey")?),
        session_token: Some(Secret::new(part("SessionToken")?)),
    })
}

/// The text of the first element of that name. Keys and tokens have no characters that XML would write otherwise.
fn element<'a>(xml: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = xml.split_once(&format!("<{name}>"))?;
    let (text, _) = rest.split_once(&format!("</{name}>"))?;
    Some(text.trim())
}

fn container_url(environment: &IdentityEnvironment) -> Result<Option<String>, Error> {
    if let Some(path) = environment.get("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI") {
        return Ok(Some(format!("{}{path}", environment.container_credentials_url)));
    }
    let Some(text) = environment.get("AWS_CONTAINER_CREDENTIALS_FULL_URI") else {
        return Ok(None);
    };
    let is_allowed = Url::parse(text).is_ok_and(|url| {
        let host = url.host_str().unwrap_or_default();
        url.scheme() == "https" || is_loopback(&url) || CONTAINER_HOSTS.contains(&host)
    });
    if is_allowed {
        return Ok(Some(text.to_owned()));
    }
    Err(Error::new(
        ErrorKind::Configuration,
        "workload identity: AWS_CONTAINER_CREDENTIALS_FULL_URI is not an address of the container service",
    ))
}

async fn of_container(environment: &IdentityEnvironment, url: &str) -> Result<AwsCredentials, Error> {
    let file = environment.get("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE");
    let token = match (file, environment.get("AWS_CONTAINER_AUTHORIZATION_TOKEN")) {
        (Some(file), _) => Some(TokenSource::Path(file.into()).read("the AWS container authorization token")?),
        (None, token) => token.map(Secret::new),
    };
    let headers: Vec<(&'static str, &str)> = token.iter().map(|token| ("authorization", token.expose())).collect();
    let served: ServedCredentials = MetadataClient::new("AWS container credentials")?
        .json(url, &headers)
        .await?;
    Ok(served.into())
}

/// The token without which a virtual machine's service answers nothing (version 2 of it).
pub(crate) async fn instance_token(
    client: &MetadataClient,
    environment: &IdentityEnvironment,
) -> Result<Secret, Error> {
    let headers = [("x-aws-ec2-metadata-token-ttl-seconds", "300")];
    let base = environment.aws_metadata_url();
    let token = client.text(Method::PUT, base, "/latest/api/token", &headers).await?;
    Ok(Secret::new(token))
}

async fn of_instance(environment: &IdentityEnvironment) -> Result<AwsCredentials, Error> {
    let client = MetadataClient::new(INSTANCE_METADATA)?;
    let token = instance_token(&client, environment).await?;
    let headers = [("x-aws-ec2-metadata-token", token.expose())];
    let base = environment.aws_metadata_url();
    let path = "/latest/meta-data/iam/security-credentials/";
    let roles = client.text(Method::GET, base, path, &headers).await?;
    let role = roles.lines().next().unwrap_or_default();
    let served: ServedCredentials = client.json(&format!("{base}{path}{role}"), &headers).await?;
    Ok(served.into())
}
