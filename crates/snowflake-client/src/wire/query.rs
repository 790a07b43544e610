//! `POST /queries/v1/query-request` and the polls that follow it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct QueryRequest<'a> {
    pub(crate) sql_text: &'a str,
    pub(crate) async_exec: bool,
    pub(crate) sequence_id: u64,
    /// Milliseconds since 1970.
    pub(crate) query_submission_time: u128,
    pub(crate) is_internal: bool,
    pub(crate) describe_only: bool,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) parameters: &'a BTreeMap<String, Value>,
    /// Of use for hybrid tables only; an empty one is what drivers send.
    #[serde(rename = "queryContextDTO")]
    pub(crate) query_context: BTreeMap<String, Value>,
}

/// `data` of "still running".
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ResultUrlData {
    pub(crate) get_result_url: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct QueryData {
    pub(crate) query_id: Option<String>,
    pub(crate) query_result_format: Option<String>,
    pub(crate) rowtype: Option<Vec<RowType>>,
    pub(crate) rowset: Option<Vec<Vec<Option<String>>>>,
    pub(crate) chunks: Option<Vec<Chunk>>,
    pub(crate) chunk_headers: Option<BTreeMap<String, String>>,
    pub(crate) qrmk: Option<String>,
    pub(crate) stats: Option<Statistics>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RowType {
    pub(crate) name: String,
    #[serde(rename = "type")]
    pub(crate) type_name: String,
    #[serde(default)]
    pub(crate) length: Option<u64>,
    #[serde(default)]
    pub(crate) precision: Option<u32>,
    #[serde(default)]
    pub(crate) scale: Option<u32>,
    #[serde(default)]
    pub(crate) nullable: Option<bool>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Chunk {
    pub(crate) url: String,
    #[serde(default)]
    pub(crate) row_count: u64,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Statistics {
    pub(crate) num_rows_inserted: Option<u64>,
    pub(crate) num_rows_updated: Option<u64>,
    pub(crate) num_rows_deleted: Option<u64>,
    pub(crate) num_dml_duplicates: Option<u64>,
}
