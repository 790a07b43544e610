//! Heroku's error bodies and the helpers that turn values into responses.

use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::Response;
use serde_json::{Value, json};

/// What Heroku says about a status: its `id` and a message.
fn error_words(status: u16) -> (&'static str, &'static str) {
    match status {
        400 => ("bad_request", "The request could not be understood."),
        401 => ("unauthorized", "Invalid credentials provided."),
        402 => ("delinquent", "The account has an unpaid invoice."),
        403 => ("forbidden", "You do not have access to this resource."),
        404 => ("not_found", "Couldn't find that resource."),
        406 => ("not_acceptable", "An Accept header that names version 3 is needed."),
        409 => ("conflict", "Another change is under way."),
        410 => ("gone", "This resource no longer exists."),
        416 => (
            "requested_range_not_satisfiable",
            "The Range header could not be satisfied.",
        ),
        422 => ("invalid_params", "The parameters are not valid."),
        429 => (
            "rate_limit",
            "Your account reached the API rate limit\nPlease wait a few minutes before making new requests",
        ),
        503 => ("maintenance", "The API is temporarily unavailable."),
        _ => ("internal_server_error", "Something went wrong on the server."),
    }
}

pub(crate) fn error(status: u16) -> Response {
    let (id, message) = error_words(status);
    let mut body = json!({ "id": id, "message": message });
    if status == 429
        && let Some(object) = body.as_object_mut()
    {
        object.insert(
            "url".to_owned(),
            json!("https://devcenter.heroku.com/articles/platform-api-reference#rate-limits"),
        );
    }
    json_reply(status, &body)
}

/// 404 the way Heroku words it for a missing app, release, …
pub(crate) fn missing(resource: &str) -> Response {
    json_reply(
        404,
        &json!({ "id": "not_found", "message": format!("Couldn't find that {resource}."), "resource": resource }),
    )
}

/// 422 with the reason.
pub(crate) fn invalid(message: &str) -> Response {
    json_reply(422, &json!({ "id": "invalid_params", "message": message }))
}

pub(crate) fn json_reply(status: u16, body: &Value) -> Response {
    with_type(status, "application/json", body.to_string())
}

pub(crate) fn with_type(status: u16, content_type: &'static str, body: String) -> Response {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}

/// Sets a header; a value that is no legal header value is left out.
pub(crate) fn set_header(response: &mut Response, name: &str, value: &str) {
    if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::from_str(value)) {
        response.headers_mut().insert(name, value);
    }
}
