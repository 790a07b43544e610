//! `GET` of a running statement's result URL. The server holds each request for about 45 s before it says "running".

use serde_json::value::RawValue;
use url::Url;

use crate::call::server_reply::parsed;
use crate::call::{Endpoint, ServerReply};
use crate::error::Error;
use crate::secret::Secret;
use crate::wire::ResultUrlData;

/// Asks once more.
pub(crate) async fn poll(endpoint: &Endpoint, token: &Secret, doing: &str, url: &Url) -> Result<ServerReply, Error> {
    endpoint.get(doing, url, token).await
}

/// The URL to ask at. It must be on the same server, because the session token goes with it.
pub(crate) fn result_url(endpoint: &Endpoint, doing: &str, data: Option<&RawValue>) -> Result<Option<Url>, Error> {
    if data.is_none() {
        return Ok(None);
    }
    let Some(text) = parsed::<ResultUrlData>(doing, data)?.get_result_url else {
        return Ok(None);
    };
    let url = endpoint
        .base_url
        .join(&text)
        .ok()
        .filter(|url| url.origin() == endpoint.base_url.origin());
    url.map(Some)
        .ok_or_else(|| Error::protocol(doing, "the server points to another server for the result"))
}
