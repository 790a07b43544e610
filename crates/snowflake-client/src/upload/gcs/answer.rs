//! What Google's replies mean for an upload.

use http_retry::Reply;

use crate::upload::gcs::GcsTarget;
use crate::upload::judgement::{Judgement, usual_judgement};

/// By status: an access token that is over gives 401, a presigned URL that is over gives 400.
pub(crate) fn judge(target: &GcsTarget, reply: &Reply) -> Judgement {
    match (target, reply.status.as_u16()) {
        (GcsTarget::WithToken { .. }, 401) | (GcsTarget::Presigned(_), 400) => Judgement::Expired,
        // As the official drivers do: a fresh token may not be known everywhere yet.
        (_, 403) => Judgement::TryAgain,
        _ => usual_judgement(reply),
    }
}
