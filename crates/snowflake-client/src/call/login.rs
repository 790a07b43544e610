//! `POST /session/v1/login-request`: credentials and session parameters to tokens.

use serde_json::Value;
use uuid::Uuid;

use crate::call::endpoint::Call;
use crate::call::server_reply::parsed;
use crate::call::{Endpoint, ServerReply};
use crate::config::ClientConfig;
use crate::error::Error;
use crate::wire::{
    Capabilities, ClientEnvironment, CredentialFields, LoginData, LoginFields, LoginRequest, SecondFactor,
};

const DOING: &str = "log-in";

/// Logs in once. `credentials` is asked for each attempt, because a signed token lives for two minutes only.
pub(crate) async fn log_in(
    endpoint: &Endpoint,
    config: &ClientConfig,
    account_name: &str,
    credentials: impl Fn() -> CredentialFields,
) -> Result<LoginData, Error> {
    let body = || body(config, account_name, &credentials());
    let named = [
        ("databaseName", &config.database),
        ("schemaName", &config.schema),
        ("warehouse", &config.warehouse),
        ("roleName", &config.role),
    ];
    let request_id = Uuid::new_v4();
    let request_id_text = request_id.to_string();
    let mut parameters: Vec<(&str, &str)> = named
        .iter()
        .filter_map(|(name, value)| Some((*name, value.as_deref()?)))
        .collect();
    // The official Python driver's spelling: without it Snowflake refuses right passcodes (estie-inc/snowflake-connector-rs#202).
    parameters.push(("request_id", &request_id_text));
    let call = Call {
        doing: DOING,
        path: "/session/v1/login-request",
        request_id,
        token: None,
        parameters: &parameters,
    };
    let policy = endpoint.policy_within(endpoint.time_limits.log_in);
    match endpoint.post(&call, &policy, body).await? {
        ServerReply::Done(data) => parsed(DOING, data.as_deref()),
        ServerReply::Refused(refusal) => Err(refusal.of_log_in()),
        ServerReply::Running(_) | ServerReply::TokenExpired => {
            Err(Error::protocol(DOING, "the server answers as if to a running session"))
        }
    }
}

fn body(config: &ClientConfig, account_name: &str, fields: &CredentialFields) -> Vec<u8> {
    let mut session_parameters = config.session_parameters.clone();
    // Without the first, a wrong database or role logs in as nothing; without the second, heartbeats are ignored.
    let always = ["CLIENT_VALIDATE_DEFAULT_PARAMETERS", "CLIENT_SESSION_KEEP_ALIVE"];
    for name in always.into_iter().chain(fields.asks_to_be_remembered) {
        session_parameters.entry(name.to_owned()).or_insert(Value::Bool(true));
    }
    let (method, passcode) = match &fields.second_factor {
        None => (None, None),
        Some(SecondFactor::InPassword) => (Some("passcode"), None),
        Some(SecondFactor::Passcode(digits)) => (Some("passcode"), Some(digits.as_str())),
    };
    let request = LoginRequest {
        data: LoginFields {
            account_name,
            login_name: config.user.trim(),
            authenticator: fields.authenticator,
            password: fields.password.as_deref(),
            ext_authn_duo_method: method,
            passcode,
            token: fields.token.as_deref(),
            provider: fields.provider,
            proof_key: fields.proof_key.as_deref(),
            session_parameters: &session_parameters,
            client_capabilities: Capabilities { smk_id_as_string: true },
            client_environment: ClientEnvironment {
                application: &config.application,
                os: std::env::consts::OS,
                oauth_type: fields.oauth_type,
            },
        },
    };
    serde_json::to_vec(&request).unwrap_or_default()
}
