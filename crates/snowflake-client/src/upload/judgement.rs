//! What a storage's reply means for an upload, in words that all clouds share.

use http_retry::Reply;

use crate::error::{Error, ErrorKind};
use crate::upload::UploadFile;

/// What to do about a reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Judgement {
    Done,
    /// New credentials are needed.
    Expired,
    /// The same request may succeed later.
    TryAgain,
    /// The upload in parts is not known any more: begin it anew.
    Gone,
    Refused,
}

/// By status alone.
pub(crate) fn usual_judgement(reply: &Reply) -> Judgement {
    match reply.status.as_u16() {
        200..=299 => Judgement::Done,
        408 | 429 | 500..=599 => Judgement::TryAgain,
        _ => Judgement::Refused,
    }
}

/// The word for the reason: Azure's header, or `<Code>…</Code>` of the XML that all three send. Only a plain word,
/// because the rest of such a body quotes the request.
pub(crate) fn code_word(reply: &Reply) -> Option<&str> {
    let of_header = reply.headers.get("x-ms-error-code").and_then(|code| code.to_str().ok());
    let of_body = || {
        let body = std::str::from_utf8(&reply.body).ok()?;
        Some(body.split_once("<Code>")?.1.split_once("</Code>")?.0)
    };
    let word = of_header.or_else(of_body)?;
    let is_plain = !word.is_empty() && word.chars().all(|character| character.is_ascii_alphanumeric());
    is_plain.then_some(word)
}

/// The failure that a reply stands for.
pub(crate) fn refused(file: &UploadFile, reply: &Reply) -> Error {
    let code = code_word(reply);
    let what = format!(
        "upload of {}: the storage answers with status {}, {}",
        file.name,
        reply.status.as_u16(),
        code.unwrap_or("no reason given")
    );
    let failure = Error::new(ErrorKind::Storage, what);
    match (reply.status.as_u16(), code) {
        (_, Some("RequestTimeTooSkewed")) => failure.with_hint("set the clock of this machine"),
        (403, _) => {
            failure.with_hint("a network policy or a proxy may stand between this machine and the stage's storage")
        }
        (404, _) => {
            failure.with_hint("the stage's storage is not where Snowflake says it is: was the stage just dropped?")
        }
        _ => failure,
    }
}
