//! AWS: a signed request that asks AWS who signed it. It is not sent; Snowflake sends it and reads the answer.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use jiff::Timestamp;
use reqwest::Method;
use serde_json::{Map, Value, json};

use crate::aws_signature::{Signing, hash_of_nothing};
use crate::config::IdentityEnvironment;
use crate::error::{Error, ErrorKind};
use crate::proof::LogInContext;
use crate::proof::workload::attestation::AUDIENCE;
use crate::proof::workload::aws_credentials::{self, INSTANCE_METADATA};
use crate::proof::workload::metadata_client::MetadataClient;
use crate::secret::Secret;

const QUERY: &str = "Action=GetCallerIdentity&Version=2011-06-15";

/// Base64 of the request's address, method and headers.
pub(crate) async fn attestation(
    context: &LogInContext<'_>,
    environment: &IdentityEnvironment,
) -> Result<Secret, Error> {
    let region = region(environment).await?;
    let credentials = aws_credentials::find(context, environment, &region).await?;
    let host = token_service_host(&region);
    let time = Timestamp::now().strftime("%Y%m%dT%H%M%SZ").to_string();
    let mut headers = vec![
        ("host".to_owned(), host.clone()),
        ("x-amz-date".to_owned(), time.clone()),
        ("x-snowflake-audience".to_owned(), AUDIENCE.to_owned()),
    ];
    if let Some(token) = &credentials.session_token {
        headers.push(("x-amz-security-token".to_owned(), token.expose().to_owned()));
    }
    headers.sort();
    let authorization = Signing {
        method: "POST",
        path: "/",
        query: QUERY,
        headers: &headers,
        payload_hash: &hash_of_nothing(),
        time: &time,
        region: &region,
        service: "sts",
        key_id: &credentials.key_id,
        secret_key: credentials.secret_key.expose(),
    }
    .authorization();
    headers.push(("authorization".to_owned(), authorization));
    let headers: Map<String, Value> = headers
        .into_iter()
        .map(|(name, value)| (name, Value::from(value)))
        .collect();
    let request = json!({"url": format!("https://{host}/?{QUERY}"), "method": "POST", "headers": headers});
    Ok(Secret::new(BASE64_STANDARD.encode(request.to_string())))
}

/// That of the environment, else that of the virtual machine.
async fn region(environment: &IdentityEnvironment) -> Result<String, Error> {
    let named = environment
        .get("AWS_REGION")
        .or_else(|| environment.get("AWS_DEFAULT_REGION"));
    let region = match named {
        Some(region) => region.to_owned(),
        None => {
            let client = MetadataClient::new(INSTANCE_METADATA)?;
            let token = aws_credentials::instance_token(&client, environment).await?;
            let headers = [("x-aws-ec2-metadata-token", token.expose())];
            let base = environment.aws_metadata_url();
            client
                .text(Method::GET, base, "/latest/meta-data/placement/region", &headers)
                .await
                .map_err(|failure| failure.with_hint("set AWS_REGION when the program does not run at AWS"))?
        }
    };
    // It becomes a part of a host name.
    if region.chars().all(|c| c.is_ascii_alphanumeric() || c == '-') {
        Ok(region)
    } else {
        Err(Error::new(
            ErrorKind::Configuration,
            "workload identity: the AWS region has characters that no region has",
        ))
    }
}

/// The token service of a region, in its partition's domain.
pub(crate) fn token_service_host(region: &str) -> String {
    let domain = match region {
        region if region.starts_with("cn-") => "amazonaws.com.cn",
        region if region.starts_with("us-isob-") => "sc2s.sgov.gov",
        region if region.starts_with("us-iso-") => "c2s.ic.gov",
        region if region.starts_with("eusc-") => "amazonaws.eu",
        _ => "amazonaws.com",
    };
    format!("sts.{region}.{domain}")
}
