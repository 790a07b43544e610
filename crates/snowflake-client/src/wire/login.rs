//! `POST /session/v1/login-request`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::wire::text_or_number::text_or_number;

#[derive(Serialize)]
pub(crate) struct LoginRequest<'a> {
    pub(crate) data: LoginFields<'a>,
}

/// No `CLIENT_APP_ID`: the server knows those of the official drivers and would answer in their formats.
#[derive(Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) struct LoginFields<'a> {
    pub(crate) account_name: &'a str,
    pub(crate) login_name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) authenticator: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) password: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) token: Option<&'a str>,
    pub(crate) session_parameters: &'a BTreeMap<String, Value>,
    pub(crate) client_capabilities: Capabilities,
    pub(crate) client_environment: ClientEnvironment<'a>,
}

/// The fields that prove the user; which of them are set depends on the kind of credentials.
#[derive(Default)]
pub(crate) struct CredentialFields {
    pub(crate) authenticator: Option<&'static str>,
    pub(crate) password: Option<String>,
    pub(crate) token: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) struct Capabilities {
    pub(crate) smk_id_as_string: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) struct ClientEnvironment<'a> {
    pub(crate) application: &'a str,
    pub(crate) os: &'static str,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct LoginData {
    pub(crate) token: Option<String>,
    pub(crate) master_token: Option<String>,
    #[serde(deserialize_with = "text_or_number")]
    pub(crate) session_id: Option<String>,
    pub(crate) server_version: Option<String>,
    pub(crate) session_info: Option<SessionInfo>,
    pub(crate) next_action: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct SessionInfo {
    pub(crate) database_name: Option<String>,
    pub(crate) schema_name: Option<String>,
    pub(crate) warehouse_name: Option<String>,
    pub(crate) role_name: Option<String>,
}
