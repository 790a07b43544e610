//! `POST /session/authenticator-request`: the page at which a person logs in.

use uuid::Uuid;

use crate::call::endpoint::Call;
use crate::call::server_reply::parsed;
use crate::call::{Endpoint, ServerReply};
use crate::config::ClientConfig;
use crate::error::Error;
use crate::wire::{BrowserData, BrowserFields, BrowserRequest, ClientEnvironment};

const DOING: &str = "log-in";

/// Asks for the page; it will bring the token to `port` of this machine.
pub(crate) async fn ask_for_browser(
    endpoint: &Endpoint,
    config: &ClientConfig,
    account_name: &str,
    port: u16,
) -> Result<BrowserData, Error> {
    let request = BrowserRequest {
        data: BrowserFields {
            account_name,
            login_name: config.user.trim(),
            authenticator: "EXTERNALBROWSER",
            browser_mode_redirect_port: port.to_string(),
            client_environment: ClientEnvironment {
                application: &config.application,
                os: std::env::consts::OS,
                oauth_type: None,
            },
        },
    };
    let body = serde_json::to_vec(&request).map_err(|_| Error::protocol(DOING, "the request cannot be written"))?;
    let call = Call {
        doing: DOING,
        path: "/session/authenticator-request",
        request_id: Uuid::new_v4(),
        token: None,
        parameters: &[],
    };
    let policy = endpoint.policy_within(endpoint.time_limits.log_in);
    match endpoint.post(&call, &policy, || body.clone()).await? {
        ServerReply::Done(data) => parsed(DOING, data.as_deref()),
        ServerReply::Refused(refusal) => Err(refusal.of_log_in()),
        ServerReply::Running(_) | ServerReply::TokenExpired => {
            Err(Error::protocol(DOING, "the server answers as if to a running session"))
        }
    }
}
