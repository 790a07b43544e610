//! `data` of the reply to a PUT statement: where the files go and the key they are encrypted with.

use serde::Deserialize;

use crate::wire::text_or_number::text_or_number;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PutData {
    pub(crate) stage_info: StageInfo,
    /// Null or `{}` when the stage encrypts by itself.
    #[serde(default)]
    pub(crate) encryption_material: Option<EncryptionMaterial>,
    /// Bytes above which a file is to be sent in parts.
    #[serde(default)]
    pub(crate) threshold: Option<u64>,
    /// How many requests at a time the server wants: what PUT asked for, 4 when it did not.
    #[serde(default)]
    pub(crate) parallel: Option<usize>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct StageInfo {
    pub(crate) location_type: String,
    /// Bucket, slash, key prefix; a directory for `LOCAL_FS`.
    pub(crate) location: String,
    #[serde(default)]
    pub(crate) region: Option<String>,
    /// Azure only.
    #[serde(default)]
    pub(crate) storage_account: Option<String>,
    /// Google Cloud Storage without access token only; for the one file that PUT named.
    #[serde(default)]
    pub(crate) presigned_url: Option<String>,
    #[serde(default)]
    pub(crate) end_point: Option<String>,
    #[serde(default)]
    pub(crate) use_s3_regional_url: Option<bool>,
    #[serde(default)]
    pub(crate) use_regional_url: Option<bool>,
    #[serde(default)]
    pub(crate) use_virtual_url: Option<bool>,
    #[serde(default)]
    pub(crate) is_client_side_encrypted: Option<bool>,
    #[serde(default)]
    pub(crate) creds: Option<StageCredentials>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE", default)]
pub(crate) struct StageCredentials {
    pub(crate) aws_key_id: Option<String>,
    pub(crate) aws_secret_key: Option<String>,
    pub(crate) aws_token: Option<String>,
    pub(crate) azure_sas_token: Option<String>,
    pub(crate) gcs_access_token: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct EncryptionMaterial {
    pub(crate) query_stage_master_key: Option<String>,
    pub(crate) query_id: Option<String>,
    #[serde(deserialize_with = "text_or_number")]
    pub(crate) smk_id: Option<String>,
}
