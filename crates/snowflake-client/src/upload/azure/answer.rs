//! What Azure's replies mean for an upload.

use http_retry::Reply;

use crate::upload::judgement::{Judgement, code_word, usual_judgement};

/// By status and by Azure's own word for the reason.
pub(crate) fn judge(reply: &Reply) -> Judgement {
    match (reply.status.as_u16(), code_word(reply)) {
        // What Azure says about a signature whose time is over.
        (401 | 403, Some("AuthenticationFailed" | "InvalidAuthenticationInfo")) => Judgement::Expired,
        // As the official drivers do: right after a signature was made, Azure may not know it everywhere.
        (403, _) => Judgement::TryAgain,
        // Blocks that were never committed are dropped after a week, or when another upload commits.
        (400, Some("InvalidBlockList" | "InvalidBlobOrBlock")) => Judgement::Gone,
        _ => usual_judgement(reply),
    }
}
