//! `POST /session/heartbeat`: keeps an idle session alive.

use uuid::Uuid;

use crate::call::endpoint::Call;
use crate::call::{Endpoint, ServerReply};
use crate::error::Error;
use crate::secret::Secret;

/// One heartbeat.
pub(crate) async fn heartbeat(endpoint: &Endpoint, token: &Secret) -> Result<ServerReply, Error> {
    let call = Call {
        doing: "heartbeat",
        path: "/session/heartbeat",
        request_id: Uuid::new_v4(),
        token: Some(token),
        parameters: &[],
    };
    endpoint.post(&call, &endpoint.policy(), || b"{}".to_vec()).await
}
