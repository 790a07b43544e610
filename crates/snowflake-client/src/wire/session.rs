//! Renewal of tokens and cancelling of statements.

use serde::{Deserialize, Serialize};

/// `POST /session/token-request`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RenewalRequest<'a> {
    pub(crate) old_session_token: &'a str,
    pub(crate) request_type: &'static str,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RenewalData {
    pub(crate) session_token: String,
    pub(crate) master_token: String,
}

/// `POST /queries/v1/abort-request`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AbortRequest<'a> {
    pub(crate) sql_text: &'a str,
    pub(crate) request_id: String,
}
