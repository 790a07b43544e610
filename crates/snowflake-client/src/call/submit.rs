//! `POST /queries/v1/query-request`: one statement. Sent again with the same request id it does not run again.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::Value;
use uuid::Uuid;

use crate::call::endpoint::Call;
use crate::call::{Endpoint, ServerReply};
use crate::error::Error;
use crate::secret::Secret;
use crate::wire::QueryRequest;

/// A statement on its way.
pub(crate) struct Submission<'a> {
    pub(crate) doing: &'a str,
    pub(crate) sql: &'a str,
    pub(crate) parameters: &'a BTreeMap<String, Value>,
    /// Identity of the statement: the same however often it is sent.
    pub(crate) request_id: Uuid,
    /// Number of the statement in its session.
    pub(crate) sequence_id: u64,
    /// When it was sent first.
    pub(crate) submitted_at: SystemTime,
    /// Set when the server may have run it although its answer says otherwise: an earlier answer was lost.
    pub(crate) may_have_run: AtomicBool,
}

/// Sends a statement and gives its first answer.
pub(crate) async fn submit(
    endpoint: &Endpoint,
    token: &Secret,
    submission: &Submission<'_>,
) -> Result<ServerReply, Error> {
    let request = QueryRequest {
        sql_text: submission.sql,
        async_exec: false,
        sequence_id: submission.sequence_id,
        query_submission_time: submission
            .submitted_at
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default()
            .as_millis(),
        is_internal: false,
        describe_only: false,
        parameters: submission.parameters,
        query_context: BTreeMap::new(),
    };
    let body = serde_json::to_vec(&request)
        .map_err(|_| Error::protocol(submission.doing, "the statement cannot be written as JSON"))?;
    let call = Call {
        doing: submission.doing,
        path: "/queries/v1/query-request",
        request_id: submission.request_id,
        token: Some(token),
        parameters: &[],
    };
    let attempts = AtomicU32::new(0);
    let body = || {
        if attempts.fetch_add(1, Ordering::Relaxed) > 0 {
            submission.may_have_run.store(true, Ordering::Relaxed);
        }
        body.clone()
    };
    endpoint.post(&call, &endpoint.policy(), body).await
}
