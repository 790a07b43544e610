//! `POST /queries/v1/abort-request`: stops the statement with a request id.

use uuid::Uuid;

use crate::call::endpoint::Call;
use crate::call::{Endpoint, ServerReply};
use crate::error::Error;
use crate::secret::Secret;
use crate::wire::AbortRequest;

const DOING: &str = "cancelling";

/// Asks once to stop a statement. Refused with 000605 when it does not run (yet, or any more).
pub(crate) async fn abort(
    endpoint: &Endpoint,
    token: &Secret,
    sql: &str,
    request_id: Uuid,
) -> Result<ServerReply, Error> {
    let request = AbortRequest {
        sql_text: sql,
        request_id: request_id.to_string(),
    };
    let body = serde_json::to_vec(&request).map_err(|_| Error::protocol(DOING, "the request cannot be written"))?;
    let call = Call {
        doing: DOING,
        path: "/queries/v1/abort-request",
        request_id: Uuid::new_v4(),
        token: Some(token),
        parameters: &[],
    };
    endpoint.post(&call, &endpoint.policy(), || body.clone()).await
}
