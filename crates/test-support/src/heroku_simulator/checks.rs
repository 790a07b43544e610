//! What Heroku's API asks of every request: bearer, version, budget; and what it puts on every answer.

use super::replies::{error, set_header};
use super::world::Shared;
use aws_lc_rs::{digest, rand};
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::Response;
use std::fmt::Write;

const LARGEST_ANSWER_BYTES: usize = 64 << 20;
/// The one call that costs nothing.
const FREE_PATH: &str = "/account/rate-limits";

pub(crate) async fn checks(State(shared): State<Shared>, request: Request, next: Next) -> Response {
    let is_get = request.method() == Method::GET;
    let headers = request.headers().clone();
    let path = request.uri().path().to_owned();
    let mut response = match refusal(&shared, &headers, &path) {
        Some(refused) => refused,
        None => next.run(request).await,
    };
    if is_get && response.status().is_success() {
        response = with_etag(response, &headers).await;
    }
    set_header(&mut response, "request-id", &hexadecimal(&random_bytes()));
    let remaining = shared.world().rate_limit.remaining();
    set_header(&mut response, "ratelimit-remaining", &remaining.to_string());
    response
}

fn refusal(shared: &Shared, headers: &HeaderMap, path: &str) -> Option<Response> {
    let text = |name: header::HeaderName| {
        headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
    };
    let mut world = shared.world();
    if !text(header::ACCEPT).split(',').any(names_version_three) {
        return Some(error(406));
    }
    if text(header::AUTHORIZATION).strip_prefix("Bearer ") != Some(world.scenario.api_token.as_str()) {
        return Some(error(401));
    }
    if text(header::USER_AGENT).is_empty() {
        world.violations.push(format!("no User-Agent on {path}"));
    }
    if path != FREE_PATH && !world.rate_limit.take() {
        return Some(error(429));
    }
    None
}

/// `application/vnd.heroku+json; version=3`, also with a variant as in `version=3.sdk`.
fn names_version_three(accept: &str) -> bool {
    let mut parts = accept.split(';').map(str::trim);
    parts.next() == Some("application/vnd.heroku+json")
        && parts.any(|part| {
            part.strip_prefix("version=3")
                .is_some_and(|variant| variant.is_empty() || variant.starts_with('.'))
        })
}

/// An ETag over what was asked and what is answered; 304 when the client has it already.
async fn with_etag(response: Response, request_headers: &HeaderMap) -> Response {
    let (mut parts, body) = response.into_parts();
    let Ok(body) = to_bytes(body, LARGEST_ANSWER_BYTES).await else {
        return error(500);
    };
    let mut context = digest::Context::new(&digest::SHA256);
    for name in [header::RANGE, header::ACCEPT] {
        context.update(
            request_headers
                .get(name)
                .map_or(b"".as_slice(), header::HeaderValue::as_bytes),
        );
        context.update(b"\n");
    }
    context.update(&body);
    let hash = hexadecimal(context.finish().as_ref());
    let etag = format!("\"{}\"", hash.get(..32).unwrap_or_default());
    let known = request_headers
        .get(header::IF_NONE_MATCH)
        .and_then(|value| value.to_str().ok());
    let unchanged = known.is_some_and(|known| known.trim_start_matches("W/") == etag);
    if unchanged {
        parts.status = StatusCode::NOT_MODIFIED;
        parts.headers.remove(header::CONTENT_TYPE);
        parts.headers.remove(header::CONTENT_LENGTH);
    }
    let mut response = Response::from_parts(parts, if unchanged { Body::empty() } else { Body::from(body) });
    set_header(&mut response, "etag", &etag);
    response
}

fn random_bytes() -> [u8; 16] {
    let mut bytes = [0; 16];
    // Without randomness the request id is all zeros, which harms nobody.
    let _best_effort = rand::fill(&mut bytes);
    bytes
}

pub(crate) fn hexadecimal(bytes: &[u8]) -> String {
    bytes
        .iter()
        .fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
            let _infallible = write!(text, "{byte:02x}");
            text
        })
}
