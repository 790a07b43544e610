//! What surrounds every request: faults, the request log, the `Request-Id`. Admin calls do not pass here.

use super::faults::FaultAction;
use super::replies::{error, json_reply, set_header};
use super::wire::Breaker;
use super::world::{RequestEntry, Shared};
use axum::body::{Body, Bytes, HttpBody, to_bytes};
use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::middleware::Next;
use axum::response::Response;
use futures_util::{StreamExt, stream};
use std::time::Duration;

const LARGEST_BODY_BYTES: usize = 1 << 20;

/// Set on a request whose log URL must come out already expired.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ExpiredLogUrl;

pub(crate) async fn guard(
    State(shared): State<Shared>,
    ConnectInfo(breaker): ConnectInfo<Breaker>,
    request: Request,
    next: Next,
) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, LARGEST_BODY_BYTES).await else {
        return error(400);
    };
    let mut entry = entry(
        &parts.method,
        parts.uri.path(),
        parts.uri.query(),
        &parts.headers,
        &body,
    );
    let actions = shared.world().take_faults(&entry.method, &entry.path);
    let mut request = Request::from_parts(parts, Body::from(body));
    let mut answer = None;
    for action in &actions {
        match action {
            FaultAction::Delay { milliseconds } => tokio::time::sleep(Duration::from_millis(*milliseconds)).await,
            FaultAction::Respond { status, body, headers } => {
                let mut response = body
                    .as_ref()
                    .map_or_else(|| error(*status), |body| json_reply(*status, body));
                headers
                    .iter()
                    .for_each(|(name, value)| set_header(&mut response, name, value));
                answer = Some(response);
            }
            FaultAction::ExpireLogUrl => {
                request.extensions_mut().insert(ExpiredLogUrl);
            }
            FaultAction::Reset | FaultAction::CutBody { .. } | FaultAction::AddHeaders(_) => {}
        }
    }
    let reset = actions.iter().any(|action| matches!(action, FaultAction::Reset));
    if reset {
        breaker.break_connection();
        shared.world().requests.push(entry);
        return error(500);
    }
    let response = match answer {
        Some(response) => response,
        None => next.run(request).await,
    };
    entry.status = response.status().as_u16();
    shared.world().requests.push(entry);
    finish(response, &actions)
}

/// The faults that act on the answer.
fn finish(mut response: Response, actions: &[FaultAction]) -> Response {
    for action in actions {
        match action {
            FaultAction::AddHeaders(headers) => {
                headers
                    .iter()
                    .for_each(|(name, value)| set_header(&mut response, name, value));
            }
            FaultAction::CutBody { after_bytes } => response = cut(response, *after_bytes),
            _ => {}
        }
    }
    response
}

/// Keeps the promised length, or promises none when the body is a stream, and breaks off after some bytes.
fn cut(response: Response, after_bytes: usize) -> Response {
    let (mut parts, body) = response.into_parts();
    let mut left = after_bytes;
    if let Some(length) = body.size_hint().exact() {
        parts.headers.insert(header::CONTENT_LENGTH, HeaderValue::from(length));
        left = left.min(usize::try_from(length).unwrap_or(usize::MAX).saturating_sub(1));
    }
    let pieces = stream::unfold((body.into_data_stream(), Some(left)), |(mut pieces, left)| async move {
        let left = left?;
        if left == 0 {
            // The pause lets the bytes before it leave.
            tokio::time::sleep(Duration::from_millis(20)).await;
            return Some((Err(std::io::Error::other("cut on purpose")), (pieces, None)));
        }
        let piece = pieces.next().await?.ok()?;
        let piece = piece.slice(..piece.len().min(left));
        let left = left - piece.len();
        Some((Ok::<Bytes, std::io::Error>(piece), (pieces, Some(left))))
    });
    Response::from_parts(parts, Body::from_stream(pieces))
}

fn entry(
    method: &axum::http::Method,
    path: &str,
    query: Option<&str>,
    headers: &HeaderMap,
    body: &Bytes,
) -> RequestEntry {
    let text = |name: header::HeaderName| {
        headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .map(str::to_owned)
    };
    let query = query
        .unwrap_or_default()
        .split('&')
        .filter(|pair| !pair.starts_with("token="))
        .collect::<Vec<_>>()
        .join("&");
    RequestEntry {
        method: method.to_string(),
        path: path.to_owned(),
        query,
        range: text(header::RANGE),
        accept: text(header::ACCEPT),
        user_agent: text(header::USER_AGENT),
        if_none_match: text(header::IF_NONE_MATCH),
        has_authorization: headers.contains_key(header::AUTHORIZATION),
        body: serde_json::from_slice(body).ok(),
        status: 0,
    }
}
