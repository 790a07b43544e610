//! What every reply is wrapped in, and what is in it when the server refused.

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::wire::text_or_number::text_or_number;

/// `{"data":…,"code":…,"message":…,"success":…}`.
#[derive(Deserialize)]
pub(crate) struct Envelope {
    pub(crate) data: Option<Box<RawValue>>,
    #[serde(default, deserialize_with = "text_or_number")]
    pub(crate) code: Option<String>,
    #[serde(default)]
    pub(crate) message: Option<String>,
    #[serde(default)]
    pub(crate) success: bool,
}

/// `data` of a refused call.
#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct RefusalData {
    #[serde(deserialize_with = "text_or_number")]
    pub(crate) error_code: Option<String>,
    pub(crate) sql_state: Option<String>,
    pub(crate) query_id: Option<String>,
}
