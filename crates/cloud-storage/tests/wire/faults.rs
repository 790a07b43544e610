//! Answers that break off, ask to come again, or refuse.

use cloud_storage::{Error, ErrorKind, NewObject, Storage};

use crate::script::{Answer, STORED, Script};

/// Two parts.
const LARGE_BYTES: u64 = 8 * 1024 * 1024 + 1;
const BEGUN: Answer = Answer::Status(
    200,
    "<InitiateMultipartUploadResult><UploadId>U</UploadId></InitiateMultipartUploadResult>",
);

async fn upload(storage: &Storage, size_bytes: u64) -> Result<(), Error> {
    let content = std::io::Read::take(std::io::repeat(7), size_bytes);
    let object = NewObject {
        size_bytes,
        content: Box::new(content),
        metadata: Vec::new(),
    };
    storage.upload("f", object).await
}

#[tokio::test]
async fn what_passes_by_itself_is_tried_again() {
    let script = Script::of([
        Answer::Status(503, "<Error><Code>SlowDown</Code></Error>"),
        Answer::Break,
        Answer::Status(429, ""),
        STORED,
    ]);
    upload(&script.storage(|_| ()).await, 3).await.unwrap();
    assert_eq!(script.lines(), ["PUT /bucket/f"; 4]);
}

#[tokio::test]
async fn a_storage_that_stays_broken_is_a_failure_of_the_network() {
    let script = Script::of((0..20).map(|_| Answer::Status(500, "<Error><Code>InternalError</Code></Error>")));
    let problem = upload(&script.storage(|_| ()).await, 3).await.unwrap_err();
    assert_eq!(problem.kind(), ErrorKind::Network, "{problem}");
    assert!(problem.to_string().contains("status 500, InternalError"), "{problem}");
}

#[tokio::test]
async fn credentials_that_expired_are_said_to_have() {
    let script = Script::of([Answer::Status(
        400,
        "<Error><Code>ExpiredToken</Code><Token>very-secret</Token></Error>",
    )]);
    let problem = upload(&script.storage(|_| ()).await, 3).await.unwrap_err();
    assert_eq!(problem.kind(), ErrorKind::Credentials);
    assert_eq!(
        problem.to_string(),
        "upload of s3://bucket/f: the storage answers with status 400, ExpiredToken"
    );
    assert_eq!(problem.hint(), Some("the credentials have expired: renew them"));
}

#[tokio::test]
async fn a_part_that_is_refused_takes_the_others_away() {
    let refused = || Answer::Status(403, "<Error><Code>AccessDenied</Code></Error>");
    let script = Script::of([BEGUN, refused(), refused(), Answer::Status(204, "")]);
    let problem = upload(&script.storage(|_| ()).await, LARGE_BYTES).await.unwrap_err();
    assert_eq!(problem.kind(), ErrorKind::Denied, "{problem}");
    let lines = script.lines();
    assert_eq!(
        lines.last().map(String::as_str),
        Some("DELETE /bucket/f?uploadId=U"),
        "{lines:?}"
    );
}

#[tokio::test]
async fn a_completion_whose_answer_was_lost_counts_when_the_object_is_there() {
    let gone = || Answer::Status(404, "<Error><Code>NoSuchUpload</Code></Error>");
    let there = |length| Answer::With(200, "", length);
    let right = "etag: \"e\"\r\nlast-modified: Wed, 25 Nov 2026 10:00:00 GMT\r\ncontent-length: 8388609";
    let script = Script::of([BEGUN, STORED, STORED, Answer::Break, gone(), there(right)]);
    upload(&script.storage(|_| ()).await, LARGE_BYTES).await.unwrap();
    let lines = script.lines();
    assert_eq!(
        lines.get(3..).unwrap_or_default(),
        [
            "POST /bucket/f?uploadId=U",
            "POST /bucket/f?uploadId=U",
            "HEAD /bucket/f"
        ]
    );

    let other = "etag: \"e\"\r\nlast-modified: Wed, 25 Nov 2026 10:00:00 GMT\r\ncontent-length: 8388608";
    let script = Script::of([BEGUN, STORED, STORED, gone(), there(other), Answer::Status(204, "")]);
    let problem = upload(&script.storage(|_| ()).await, LARGE_BYTES).await.unwrap_err();
    assert_eq!(problem.kind(), ErrorKind::Network, "{problem}");
}

#[tokio::test]
async fn an_object_that_changes_while_it_is_read_ends_the_reading() {
    use futures_util::TryStreamExt;
    let head = "etag: \"e\"\r\nlast-modified: Wed, 25 Nov 2026 10:00:00 GMT\r\ncontent-length: 10";
    let script = Script::of([Answer::With(200, "", head), Answer::Status(412, "")]);
    let content = script.storage(|_| ()).await.read("f").await.unwrap();
    assert_eq!(content.size_bytes, 10);
    let problem = content.pieces.try_collect::<Vec<_>>().await.unwrap_err();
    assert!(problem.to_string().contains("changed while it was read"), "{problem}");
    let seen = script.seen();
    assert_eq!(
        seen.get(1).and_then(|request| request.header("range")),
        Some("bytes=0-9")
    );
    assert_eq!(
        seen.get(1).and_then(|request| request.header("if-match")),
        Some("\"e\"")
    );
}
