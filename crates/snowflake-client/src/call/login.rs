//! `POST /session/v1/login-request`: credentials and session parameters to tokens.

use uuid::Uuid;

use crate::call::endpoint::Call;
use crate::call::server_reply::parsed;
use crate::call::{Endpoint, ServerReply};
use crate::config::ClientConfig;
use crate::error::Error;
use crate::wire::{Capabilities, ClientEnvironment, CredentialFields, LoginData, LoginFields, LoginRequest};

const DOING: &str = "log-in";

/// Logs in once. `credentials` is asked for each attempt, because a signed token lives for two minutes only.
pub(crate) async fn log_in(
    endpoint: &Endpoint,
    config: &ClientConfig,
    account_name: &str,
    credentials: impl Fn() -> CredentialFields,
) -> Result<LoginData, Error> {
    let mut session_parameters = config.session_parameters.clone();
    // Without the first, a wrong database or role logs in as nothing; without the second, heartbeats are ignored.
    for name in ["CLIENT_VALIDATE_DEFAULT_PARAMETERS", "CLIENT_SESSION_KEEP_ALIVE"] {
        session_parameters
            .entry(name.to_owned())
            .or_insert(serde_json::Value::Bool(true));
    }
    let body = || {
        let fields = credentials();
        let request = LoginRequest {
            data: LoginFields {
                account_name,
                login_name: &config.user,
                authenticator: fields.authenticator,
                password: fields.password.as_deref(),
                token: fields.token.as_deref(),
                session_parameters: &session_parameters,
                client_capabilities: Capabilities { smk_id_as_string: true },
                client_environment: ClientEnvironment {
                    application: &config.application,
                    os: std::env::consts::OS,
                },
            },
        };
        serde_json::to_vec(&request).unwrap_or_default()
    };
    let named = [
        ("databaseName", &config.database),
        ("schemaName", &config.schema),
        ("warehouse", &config.warehouse),
        ("roleName", &config.role),
    ];
    let parameters: Vec<(&str, &str)> = named
        .iter()
        .filter_map(|(name, value)| Some((*name, value.as_deref()?)))
        .collect();
    let call = Call {
        doing: DOING,
        path: "/session/v1/login-request",
        request_id: Uuid::new_v4(),
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
