//! The requests themselves.

use cloud_storage::NewObject;

use crate::script::{STORED, Script};

#[tokio::test]
async fn an_upload_carries_what_is_written_beside_the_object_and_the_acl_signed() {
    let script = Script::of([STORED]);
    let storage = script
        .storage(|access| access.amazon.acl = Some("bucket-owner-full-control".to_owned()))
        .await;
    let object = NewObject {
        size_bytes: 5,
        content: Box::new(std::io::Cursor::new(*b"12345")),
        metadata: vec![("x-amz-key".to_owned(), "k==".to_owned())],
    };
    storage.upload("a/b c.gz", object).await.unwrap();
    let seen = script.seen();
    let [request] = seen.as_slice() else {
        panic!("one request was expected: {seen:?}");
    };
    assert_eq!(request.line, "PUT /bucket/a/b%20c.gz");
    assert_eq!(request.body_bytes, 5);
    assert_eq!(request.header("x-amz-meta-x-amz-key"), Some("k=="));
    assert_eq!(request.header("x-amz-acl"), Some("bucket-owner-full-control"));
    assert_eq!(request.header("x-amz-security-token"), Some("session-token"));
    let signed = request.header("authorization").unwrap_or_default();
    assert!(
        signed.contains("x-amz-acl;") && signed.contains("x-amz-meta-x-amz-key"),
        "{signed}"
    );
    assert!(!format!("{seen:?}{storage:?}").contains("very-secret"));
}
