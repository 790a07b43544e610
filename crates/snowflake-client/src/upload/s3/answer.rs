//! What S3's replies mean for an upload.

use http_retry::Reply;

use crate::upload::judgement::{Judgement, code_word, usual_judgement};

/// The text of an element of S3's XML, entities and all.
pub(crate) fn element<'a>(reply: &'a Reply, name: &str) -> Option<&'a str> {
    let body = std::str::from_utf8(&reply.body).ok()?;
    let (_, rest) = body.split_once(&format!("<{name}>"))?;
    rest.split_once(&format!("</{name}>")).map(|(text, _)| text)
}

/// By status and by S3's own word for the reason.
pub(crate) fn judge(reply: &Reply) -> Judgement {
    match (reply.status.as_u16(), code_word(reply)) {
        // Completing answers with 200 at once and with what came of it in the body.
        (200, Some("InternalError" | "SlowDown" | "ServiceUnavailable")) => Judgement::TryAgain,
        (200, Some(_)) => Judgement::Refused,
        (200 | 204, None) => Judgement::Done,
        (_, Some("ExpiredToken" | "TokenRefreshRequired")) => Judgement::Expired,
        // S3's word for an upload that stalled, which comes with status 400.
        (_, Some("RequestTimeout")) => Judgement::TryAgain,
        // Completed by a request whose reply was lost, or aborted by a rule of the bucket.
        (404, Some("NoSuchUpload")) => Judgement::Gone,
        _ => usual_judgement(reply),
    }
}
