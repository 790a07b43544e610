//! `POST /session?delete=true`: logs out.

use uuid::Uuid;

use crate::call::endpoint::Call;
use crate::call::{Endpoint, ServerReply};
use crate::error::Error;
use crate::secret::Secret;

/// Ends the session within the limit for that; the server rolls back and drops what the session held.
pub(crate) async fn close(endpoint: &Endpoint, token: &Secret) -> Result<ServerReply, Error> {
    let call = Call {
        doing: "log-out",
        path: "/session",
        request_id: Uuid::new_v4(),
        token: Some(token),
        parameters: &[("delete", "true")],
    };
    endpoint
        .post(&call, &endpoint.policy_within(endpoint.time_limits.close), || {
            b"{}".to_vec()
        })
        .await
}
