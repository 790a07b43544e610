//! A request to S3 with its signature. The signature is good for minutes: it is made anew for every attempt.

use jiff::Timestamp;
use reqwest::Method;
use url::Url;

use crate::aws_signature::Signing;
use crate::upload::s3::S3Target;
use crate::upload::storage_request::{Content, StorageRequest};

/// What is signed for the body: TLS guards it, and the digest of the plain file travels in a header of its own.
const UNSIGNED: &str = "UNSIGNED-PAYLOAD";

/// Signs a request with its headers; `query` is encoded and sorted.
pub(crate) fn signed<'a>(
    target: &S3Target,
    method: Method,
    file_name: &str,
    query: &str,
    mut headers: Vec<(&'static str, String)>,
    content: Content<'a>,
) -> StorageRequest<'a> {
    let mut url = target.url(file_name);
    let time = Timestamp::now().strftime("%Y%m%dT%H%M%SZ").to_string();
    headers.push(("x-amz-content-sha256", UNSIGNED.to_owned()));
    headers.push(("x-amz-date", time.clone()));
    if let Some(token) = &target.session_token {
        headers.push(("x-amz-security-token", token.expose().to_owned()));
    }
    let mut to_sign: Vec<(String, String)> = headers
        .iter()
        .map(|(name, value)| ((*name).to_owned(), value.clone()))
        .collect();
    to_sign.push(("host".to_owned(), host(&url)));
    let authorization = Signing {
        method: method.as_str(),
        path: url.path(),
        query,
        headers: &to_sign,
        payload_hash: UNSIGNED,
        time: &time,
        region: &target.region,
        service: "s3",
        key_id: &target.key_id,
        secret_key: target.secret_key.expose(),
    }
    .authorization();
    headers.push(("authorization", authorization));
    // Not signed: what stands between may change it.
    headers.push(("content-type", "application/octet-stream".to_owned()));
    url.set_query((!query.is_empty()).then_some(query));
    StorageRequest {
        method,
        url,
        headers,
        content,
    }
}

/// The `Host` header that the HTTP client will send.
fn host(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    url.port()
        .map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}
