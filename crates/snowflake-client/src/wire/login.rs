//! `POST /session/v1/login-request`, and `POST /session/authenticator-request` that precedes it for browsers.

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
    #[serde(skip_serializing_if = "str::is_empty")]
    pub(crate) login_name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) authenticator: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) password: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) ext_authn_duo_method: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) passcode: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) token: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) provider: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) proof_key: Option<&'a str>,
    pub(crate) session_parameters: &'a BTreeMap<String, Value>,
    pub(crate) client_capabilities: Capabilities,
    pub(crate) client_environment: ClientEnvironment<'a>,
}

/// The fields that prove the user; which of them are set depends on the kind of credentials.
#[derive(Clone, Default)]
pub(crate) struct CredentialFields {
    pub(crate) authenticator: Option<&'static str>,
    pub(crate) password: Option<String>,
    pub(crate) second_factor: Option<SecondFactor>,
    pub(crate) token: Option<String>,
    pub(crate) provider: Option<&'static str>,
    pub(crate) proof_key: Option<String>,
    pub(crate) oauth_type: Option<&'static str>,
    /// Session parameter that asks for a token for later log-ins.
    pub(crate) asks_to_be_remembered: Option<&'static str>,
}

/// How the second factor of a password comes along.
#[derive(Clone)]
pub(crate) enum SecondFactor {
    /// In a field of its own.
    Passcode(String),
    /// Behind the password.
    InPassword,
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
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) oauth_type: Option<&'a str>,
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
    pub(crate) mfa_token: Option<String>,
    pub(crate) id_token: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct SessionInfo {
    pub(crate) database_name: Option<String>,
    pub(crate) schema_name: Option<String>,
    pub(crate) warehouse_name: Option<String>,
    pub(crate) role_name: Option<String>,
}

#[derive(Serialize)]
pub(crate) struct BrowserRequest<'a> {
    pub(crate) data: BrowserFields<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) struct BrowserFields<'a> {
    pub(crate) account_name: &'a str,
    pub(crate) login_name: &'a str,
    pub(crate) authenticator: &'static str,
    /// Digits as a text.
    pub(crate) browser_mode_redirect_port: String,
    pub(crate) client_environment: ClientEnvironment<'a>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct BrowserData {
    pub(crate) sso_url: String,
    pub(crate) proof_key: String,
}
