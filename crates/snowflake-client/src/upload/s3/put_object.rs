//! `PUT` of one object: headers with digest and wrapped key, body streamed from disk, retry with fresh encryption.

use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use http_retry::{Attempt, Outcome, Reply, RetryPolicy, Verdict, usual_judge};
use jiff::Timestamp;
use reqwest::header::{CONTENT_LENGTH, CONTENT_TYPE, HeaderValue};
use reqwest::{Body, RequestBuilder};
use url::Url;

use crate::error::{Error, ErrorKind};
use crate::session::Connection;
use crate::upload::UploadFile;
use crate::upload::encryption::{StageKey, WrappedFileKey};
use crate::upload::file_body::file_body;
use crate::upload::s3::S3Target;
use crate::upload::s3::signature::Signing;

/// What is signed for the body: TLS guards it, and the digest of the plain file travels in a header of its own.
const UNSIGNED: &str = "UNSIGNED-PAYLOAD";
/// Slower than this, an upload is taken for stuck.
const SLOWEST_BYTES_PER_SECOND: u64 = 64 * 1024;

/// What became of an object.
pub(crate) enum PutOutcome {
    /// It is there.
    Stored { size_bytes: u64 },
    /// New credentials are needed.
    CredentialsExpired,
}

/// Sends one file, encrypted when there is a key.
pub(crate) async fn put_object(
    connection: &Connection,
    target: &S3Target,
    key: Option<&StageKey>,
    file: &UploadFile,
) -> Result<PutOutcome, Error> {
    let url = target.url(&file.name);
    let mut size_bytes = 0;
    let build = |_: &Attempt| {
        let client = &connection.endpoint.client;
        // A key of its own for each attempt: two ciphertexts of one file under one key and vector would be related.
        let Ok(sealed) = key.map(StageKey::new_file).transpose() else {
            // No randomness: an empty URL makes a request that is refused before it is sent.
            return client.put("");
        };
        let (cipher, wrapped) = sealed.unzip();
        let (body, length) = file_body(file, cipher);
        size_bytes = length;
        signed(client.put(url.clone()), &url, target, &metadata(file, wrapped))
            .header(CONTENT_TYPE, "application/octet-stream")
            .header(CONTENT_LENGTH, length)
            .body(Body::wrap_stream(body))
    };
    let policy = policy(connection, file.size_bytes);
    let reply = http_retry::send(&policy, build, judge).await.map_err(|failure| {
        let refusal = failure.reply().map(|reply| refused(file, reply));
        refusal.unwrap_or_else(|| Error::network(&format!("upload of {}", file.name), &failure))
    })?;
    match (reply.status.as_u16(), storage_code(&reply)) {
        (200, _) => Ok(PutOutcome::Stored { size_bytes }),
        (_, Some("ExpiredToken" | "TokenRefreshRequired")) => Ok(PutOutcome::CredentialsExpired),
        _ => Err(refused(file, &reply)),
    }
}

/// Digest of the file before encryption, and what unlocks it.
fn metadata(file: &UploadFile, wrapped: Option<WrappedFileKey>) -> Vec<(&'static str, String)> {
    let mut metadata = vec![("x-amz-meta-sfc-digest", BASE64_STANDARD.encode(file.sha256))];
    if let Some(wrapped) = wrapped {
        metadata.push(("x-amz-meta-x-amz-key", wrapped.key));
        metadata.push(("x-amz-meta-x-amz-iv", wrapped.vector));
        metadata.push(("x-amz-meta-x-amz-matdesc", wrapped.description));
    }
    metadata
}

fn signed(
    request: RequestBuilder,
    url: &Url,
    target: &S3Target,
    metadata: &[(&'static str, String)],
) -> RequestBuilder {
    let time = Timestamp::now().strftime("%Y%m%dT%H%M%SZ").to_string();
    let mut headers: Vec<(String, String)> = metadata
        .iter()
        .map(|(name, value)| ((*name).to_owned(), value.clone()))
        .collect();
    headers.push(("x-amz-content-sha256".to_owned(), UNSIGNED.to_owned()));
    headers.push(("x-amz-date".to_owned(), time.clone()));
    if let Some(token) = &target.session_token {
        headers.push(("x-amz-security-token".to_owned(), token.expose().to_owned()));
    }
    let mut to_sign = headers.clone();
    to_sign.push(("host".to_owned(), host(url)));
    let authorization = Signing {
        method: "PUT",
        path: url.path(),
        headers: &to_sign,
        payload_hash: UNSIGNED,
        time: &time,
        region: &target.region,
        key_id: &target.key_id,
        secret_key: target.secret_key.expose(),
    }
    .authorization();
    headers.push(("authorization".to_owned(), authorization));
    headers
        .into_iter()
        .fold(request, |request, (name, value)| match HeaderValue::from_str(&value) {
            Ok(mut value) => {
                // Kept out of the HTTP library's own traces.
                value.set_sensitive(true);
                request.header(name, value)
            }
            Err(_) => request.header(name, value),
        })
}

/// The `Host` header that the HTTP client will send.
fn host(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    url.port()
        .map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

/// An attempt may take as long as the slowest acceptable line needs for the file.
fn policy(connection: &Connection, size_bytes: u64) -> RetryPolicy {
    let policy = connection.endpoint.policy();
    let sending = Duration::from_secs(size_bytes / SLOWEST_BYTES_PER_SECOND);
    RetryPolicy {
        attempts: 6,
        total_time: policy.total_time.saturating_add(sending.saturating_mul(3)),
        attempt_timeout: policy.attempt_timeout.saturating_add(sending),
        ..policy
    }
}

/// As usual, and S3's own word for an upload that stalled, which comes with status 400.
fn judge(outcome: &Outcome<'_>) -> Verdict {
    match outcome {
        Outcome::Reply(reply) if storage_code(reply) == Some("RequestTimeout") => Verdict::Retry,
        outcome => usual_judge(outcome),
    }
}

/// The word in `<Code>…</Code>` of S3's XML; only a plain word, because the rest of the body quotes the request.
fn storage_code(reply: &Reply) -> Option<&str> {
    let body = std::str::from_utf8(&reply.body).ok()?;
    let code = body.split_once("<Code>")?.1.split_once("</Code>")?.0;
    code.chars()
        .all(|character| character.is_ascii_alphanumeric())
        .then_some(code)
}

fn refused(file: &UploadFile, reply: &Reply) -> Error {
    let code = storage_code(reply);
    let reason = code.unwrap_or("no reason given");
    let what = format!(
        "upload of {}: the storage answers with status {}, {reason}",
        file.name,
        reply.status.as_u16()
    );
    let failure = Error::new(ErrorKind::Storage, what);
    match code {
        Some("RequestTimeTooSkewed") => failure.with_hint("set the clock of this machine"),
        Some("AccessDenied") => {
            failure.with_hint("a network policy or a proxy may stand between this machine and the stage's bucket")
        }
        _ => failure,
    }
}
