//! A failure of the storage library as one of ours: what was tried, at which object, the status and the storage's code
//! word. The library's own texts are not passed on: they quote replies, and those quote signatures.

use std::error::Error as StdError;

use object_store::client::{HttpError, HttpErrorKind};

use crate::error::{Error, ErrorKind};
use crate::location::Location;
use crate::named_credentials::CredentialFailure;

/// Code words of storages that mean the credentials themselves: unknown, wrong, expired.
const CREDENTIAL_CODES: [&str; 15] = [
    "InvalidAccessKeyId",
    "SignatureDoesNotMatch",
    "ExpiredToken",
    "InvalidToken",
    "TokenRefreshRequired",
    "InvalidClientTokenId",
    "AuthorizationQueryParametersError",
    "AuthenticationFailed",
    "AuthenticationRequired",
    "InvalidAuthenticationInfo",
    "ExpiredAuthenticationToken",
    "NoAuthenticationInformation",
    "InvalidCredentials",
    "InvalidSecurity",
    "UnauthorizedAccess",
];

/// Code words that mean there is no such bucket, container or account.
const CONTAINER_CODES: [&str; 4] = [
    "NoSuchBucket",
    "ContainerNotFound",
    "InvalidBucketName",
    "ResourceNotFound",
];

/// Makes the failure. `doing` is a noun phrase such as "upload of".
pub(crate) fn failed(doing: &str, location: &Location, key: &str, problem: &object_store::Error) -> Error {
    let place = location.with_path("").unwrap_or_else(|_| location.clone());
    let what = format!("{doing} {place}{key}");
    if let Some(failure) = cause::<CredentialFailure>(problem) {
        return Error::new(ErrorKind::Credentials, format!("{what}: {failure}")).with_hint(failure.hint());
    }
    if let Some(http) = cause::<HttpError>(problem) {
        let what = format!("{what}: {}", transport_words(http.kind()));
        return Error::new(ErrorKind::Network, what);
    }
    let text = problem.to_string();
    let (status, code) = (status(problem, &text), code_word(&text));
    let answer = match (status, code) {
        (Some(status), Some(code)) => format!("the storage answers with status {status}, {code}"),
        (Some(status), None) => format!("the storage answers with status {status}"),
        (None, _) if text.contains("redirect") => "the bucket is in another region".to_owned(),
        (None, _) => "the answer cannot be used".to_owned(),
    };
    let (kind, hint) = judgement(status, code, &text);
    let failure = Error::new(kind, format!("{what}: {answer}"));
    match hint {
        Some(hint) => failure.with_hint(hint),
        None => failure,
    }
}

fn judgement(status: Option<u16>, code: Option<&str>, text: &str) -> (ErrorKind, Option<&'static str>) {
    match (status, code) {
        (_, Some("RequestTimeTooSkewed")) => (ErrorKind::Credentials, Some("set the clock of this machine")),
        (_, Some("AuthorizationHeaderMalformed" | "PermanentRedirect" | "IllegalLocationConstraintException")) => (
            ErrorKind::Configuration,
            Some("the bucket is in another region: set its region"),
        ),
        (None, _) if text.contains("redirect") => (
            ErrorKind::Configuration,
            Some("the bucket is in another region: set its region"),
        ),
        (_, Some("ExpiredToken" | "ExpiredAuthenticationToken" | "TokenRefreshRequired")) => {
            (ErrorKind::Credentials, Some("the credentials have expired: renew them"))
        }
        (_, Some(code)) if CREDENTIAL_CODES.contains(&code) => {
            (ErrorKind::Credentials, Some("check the credentials of the storage"))
        }
        (_, Some(code)) if CONTAINER_CODES.contains(&code) => (
            ErrorKind::Configuration,
            Some("check the name of the bucket or container, and that it exists"),
        ),
        // The parts of an upload are forgotten: it was completed by a request whose answer was lost, or took too long.
        (_, Some("NoSuchUpload")) => (ErrorKind::Network, None),
        (Some(401), _) => (ErrorKind::Credentials, Some("check the credentials of the storage")),
        (Some(403), _) => (
            ErrorKind::Denied,
            Some("allow these credentials to write, read and delete objects there"),
        ),
        (Some(404), _) => (ErrorKind::NotFound, None),
        (Some(408 | 429 | 500..=599), _) => (ErrorKind::Network, None),
        _ => (ErrorKind::Refused, None),
    }
}

fn transport_words(kind: HttpErrorKind) -> &'static str {
    match kind {
        HttpErrorKind::Connect => "cannot connect to the storage",
        HttpErrorKind::Timeout => "the storage does not answer in time",
        HttpErrorKind::Decode => "the answer of the storage is cut or broken",
        _ => "the connection to the storage broke",
    }
}

/// The first cause of this type.
fn cause<T: StdError + 'static>(problem: &object_store::Error) -> Option<&T> {
    let mut at: Option<&(dyn StdError + 'static)> = Some(problem);
    while let Some(problem) = at {
        if let Some(found) = problem.downcast_ref::<T>() {
            return Some(found);
        }
        at = problem.source();
    }
    None
}

/// The library keeps the status in its text only, but for those that have a variant.
fn status(problem: &object_store::Error, text: &str) -> Option<u16> {
    const BEFORE_STATUS: &str = "status code: ";
    let written = text.split_once(BEFORE_STATUS).map(|(_, rest)| rest);
    let written = written
        .and_then(|rest| rest.get(..3))
        .and_then(|digits| digits.parse().ok());
    written.or(match problem {
        object_store::Error::NotFound { .. } => Some(404),
        object_store::Error::PermissionDenied { .. } => Some(403),
        object_store::Error::Unauthenticated { .. } => Some(401),
        object_store::Error::AlreadyExists { .. } => Some(409),
        object_store::Error::Precondition { .. } => Some(412),
        _ => None,
    })
}

/// `<Code>…</Code>` of the XML that all three send, if it is a plain word.
fn code_word(text: &str) -> Option<&str> {
    let word = text.split_once("<Code>")?.1.split_once("</Code>")?.0;
    let is_plain = !word.is_empty() && word.chars().all(|character| character.is_ascii_alphanumeric());
    is_plain.then_some(word)
}

/// A file of this machine cannot be read.
pub(crate) fn local_file(doing: &str, key: &str, problem: &std::io::Error) -> Error {
    let text = match problem.kind() {
        std::io::ErrorKind::Other | std::io::ErrorKind::InvalidData => problem.to_string(),
        kind => kind.to_string(),
    };
    Error::new(ErrorKind::LocalFile, format!("{doing} {key}: {text}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn generic(text: &str) -> object_store::Error {
        object_store::Error::Generic {
            store: "S3",
            source: text.to_owned().into(),
        }
    }

    #[test]
    fn a_refusal_is_one_line_without_what_the_reply_quotes() {
        let location = Location::parse("s3://bucket/a").unwrap();
        let text = "Error performing PUT https://bucket.s3/a/f?X-Amz-Signature=abc in 1s - Server returned non-2xx status \
                    code: 403 Forbidden: <Error><Code>SignatureDoesNotMatch</Code><StringToSign>secret</StringToSign></Error>";
        let failure = failed("upload of", &location, "a/f", &generic(text));
        assert_eq!(
            failure.to_string(),
            "upload of s3://bucket/a/f: the storage answers with status 403, SignatureDoesNotMatch"
        );
        assert_eq!(failure.kind(), ErrorKind::Credentials);
    }

    #[test]
    fn what_can_be_done_follows_from_status_and_code() {
        let cases = [
            (
                "status code: 400 Bad Request: <Code>ExpiredToken</Code>",
                ErrorKind::Credentials,
            ),
            (
                "status code: 403 Forbidden: <Code>AccessDenied</Code>",
                ErrorKind::Denied,
            ),
            (
                "status code: 404 Not Found: <Code>NoSuchBucket</Code>",
                ErrorKind::Configuration,
            ),
            (
                "status code: 404 Not Found: <Code>NoSuchKey</Code>",
                ErrorKind::NotFound,
            ),
            ("status code: 401 Unauthorized: ", ErrorKind::Credentials),
            (
                "status code: 503 Service Unavailable: <Code>SlowDown</Code>",
                ErrorKind::Network,
            ),
            (
                "status code: 400 Bad Request: <Code>MetadataTooLarge</Code>",
                ErrorKind::Refused,
            ),
            ("Received redirect without LOCATION", ErrorKind::Configuration),
            ("anything else", ErrorKind::Refused),
        ];
        let location = Location::parse("s3://bucket").unwrap();
        for (text, kind) in cases {
            assert_eq!(
                failed("upload of", &location, "f", &generic(text)).kind(),
                kind,
                "{text}"
            );
        }
    }
}
