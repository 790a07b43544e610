//! `POST /session/token-request`: a new session token for the master token.

use uuid::Uuid;

use crate::call::endpoint::Call;
use crate::call::{Endpoint, ServerReply};
use crate::error::{Error, ErrorKind};
use crate::secret::Secret;
use crate::wire::{RenewalData, RenewalRequest};

const DOING: &str = "session renewal";

/// Renews. `SessionLost` when the master token is of no use any more.
pub(crate) async fn renew(endpoint: &Endpoint, session: &Secret, master: &Secret) -> Result<RenewalData, Error> {
    let request = RenewalRequest {
        old_session_token: session.expose(),
        request_type: "RENEW",
    };
    let body = serde_json::to_vec(&request).map_err(|_| Error::protocol(DOING, "the request cannot be written"))?;
    let call = Call {
        doing: DOING,
        path: "/session/token-request",
        request_id: Uuid::new_v4(),
        token: Some(master),
        parameters: &[],
    };
    match endpoint.post(&call, &endpoint.policy(), || body.clone()).await? {
        // Whatever the reason, a session that cannot be renewed is of no use any more.
        ServerReply::Refused(refusal) => {
            let code = refusal.code.clone();
            Err(Error::new(ErrorKind::SessionLost, "the session cannot be renewed")
                .with_numbers(code, refusal.sql_state, refusal.query_id)
                .with_hint("log in anew; what the session held is gone"))
        }
        reply => reply.into_data(DOING),
    }
}
