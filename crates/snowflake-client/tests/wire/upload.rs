//! PUT and the uploads that follow it: what the bucket gets, and what expiry, faults and odd answers lead to.

use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};
use snowflake_client::{ErrorKind, UploadFile, UploadedFile};

use crate::scripted_server::{Answer, QUERY};
use crate::storage::{file, put_data, server, stored, upload};

#[tokio::test]
async fn one_put_statement_serves_all_files_and_each_arrives_encrypted() {
    let server = server(put_data, |_, _| Answer::new(200, "")).await;
    let directory = tempfile::tempdir().unwrap();
    let plain = [b"small".to_vec(), vec![7; 700_000]];
    let files = [
        file(directory.path(), "a.csv.gz", &plain[0]),
        file(directory.path(), "b.csv.gz", &plain[1]),
    ];
    let uploaded = upload(&server, &files).await.unwrap();
    assert_eq!(
        uploaded[0],
        UploadedFile {
            name: "a.csv.gz".to_owned(),
            stored_size_bytes: 16
        }
    );
    assert_eq!(uploaded[1].stored_size_bytes, 700_016);

    let statements = server.requests_to(QUERY);
    assert_eq!(statements.len(), 1);
    assert_eq!(
        statements[0].sql(),
        "PUT 'file:///batch/files.csv.gz' @~/run/apps/ AUTO_COMPRESS=FALSE SOURCE_COMPRESSION=GZIP OVERWRITE=TRUE"
    );
    let mut stored = stored(&server);
    stored.sort_by_key(|request| request.path.clone());
    assert_eq!(stored.len(), 2);
    for (request, (file, plain)) in stored.iter().zip(files.iter().zip(&plain)) {
        assert_eq!(request.method.as_str(), "PUT");
        assert_eq!(request.path, format!("/bucket/stage%20id/prefix/{}", file.name));
        assert_eq!(request.header("content-length"), request.body.len().to_string());
        assert_eq!(request.header("transfer-encoding"), "");
        assert_eq!(request.header("content-type"), "application/octet-stream");
        assert_eq!(
            request.header("x-amz-meta-sfc-digest"),
            BASE64_STANDARD.encode(file.sha256)
        );
        assert_eq!(
            request.header("x-amz-meta-x-amz-matdesc"),
            r#"{"queryId":"01-put","smkId":"1234567890123456789","keySize":"128"}"#
        );
        assert_eq!(request.header("x-amz-security-token"), "storage-token-0");
        assert_eq!(request.header("x-amz-content-sha256"), "UNSIGNED-PAYLOAD");
        let authorization = request.header("authorization");
        assert!(
            authorization.starts_with("AWS4-HMAC-SHA256 Credential=KEYID0/"),
            "{authorization}"
        );
        assert!(authorization.contains("/us-west-2/s3/aws4_request, SignedHeaders=host;x-amz-content-sha256;x-amz-date;x-amz-meta-sfc-digest;x-amz-meta-x-amz-iv;x-amz-meta-x-amz-key;x-amz-meta-x-amz-matdesc;x-amz-security-token, Signature="));
        assert_eq!(&request.decrypted(), plain);
    }
}

#[tokio::test]
async fn a_stage_that_encrypts_by_itself_gets_the_plain_file_and_its_digest() {
    let data = |_| {
        let mut data = put_data(0);
        data["stageInfo"]["isClientSideEncrypted"] = json!(false);
        data["encryptionMaterial"] = json!({});
        data
    };
    let server = server(data, |_, _| Answer::new(200, "")).await;
    let directory = tempfile::tempdir().unwrap();
    let uploaded = upload(&server, &[file(directory.path(), "a.csv.gz", b"plain")])
        .await
        .unwrap();
    assert_eq!(uploaded[0].stored_size_bytes, 5);
    let stored = stored(&server);
    assert_eq!(stored[0].body.as_ref(), b"plain");
    assert_ne!(stored[0].header("x-amz-meta-sfc-digest"), "");
    assert_eq!(stored[0].header("x-amz-meta-x-amz-key"), "");
}

#[tokio::test]
async fn promised_encryption_without_a_key_uploads_nothing() {
    let data = |_| {
        let mut data = put_data(0);
        data["encryptionMaterial"] = Value::Null;
        data
    };
    let server = server(data, |_, _| Answer::new(200, "")).await;
    let directory = tempfile::tempdir().unwrap();
    let failure = upload(&server, &[file(directory.path(), "a.csv.gz", b"plain")])
        .await
        .unwrap_err();
    assert_eq!(failure.kind(), ErrorKind::Protocol);
    assert!(stored(&server).is_empty());
}

#[tokio::test]
async fn faults_of_the_storage_are_tried_again_with_a_fresh_key() {
    let server = server(put_data, |_, number| match number {
        0 => Answer::new(503, "<Error><Code>SlowDown</Code></Error>"),
        1 => Answer::new(400, "<Error><Code>RequestTimeout</Code></Error>"),
        2 => Answer::new(200, "").cut(),
        _ => Answer::new(200, ""),
    })
    .await;
    let directory = tempfile::tempdir().unwrap();
    upload(&server, &[file(directory.path(), "a.csv.gz", b"some rows")])
        .await
        .unwrap();
    let stored = stored(&server);
    assert_eq!(stored.len(), 4);
    let vectors: std::collections::BTreeSet<_> = stored
        .iter()
        .map(|request| request.header("x-amz-meta-x-amz-iv").to_owned())
        .collect();
    assert_eq!(vectors.len(), 4);
    assert!(stored.iter().all(|request| request.decrypted() == b"some rows"));
}

#[tokio::test]
async fn expired_credentials_are_asked_for_again_by_the_same_statement_once_for_all_files() {
    let server = server(put_data, |request, _| match request.header("x-amz-security-token") {
        "storage-token-0" => {
            Answer::new(400, "<Error><Code>ExpiredToken</Code></Error>").after(Duration::from_millis(100))
        }
        _ => Answer::new(200, ""),
    })
    .await;
    let directory = tempfile::tempdir().unwrap();
    let files: Vec<_> = (0..3)
        .map(|number| file(directory.path(), &format!("{number}.csv.gz"), b"rows"))
        .collect();
    upload(&server, &files).await.unwrap();
    let statements = server.requests_to(QUERY);
    assert_eq!(statements.len(), 2);
    assert_eq!(statements[0].sql(), statements[1].sql());
    let renewed = stored(&server)
        .iter()
        .filter(|request| request.header("x-amz-security-token") == "storage-token-1")
        .count();
    assert_eq!(renewed, 3);
}

#[tokio::test]
async fn a_storage_that_only_hangs_up_is_tried_once_more_with_new_credentials() {
    let works_with = |good: &'static str| {
        server(put_data, move |request, _| {
            match request.header("x-amz-security-token") {
                token if token == good => Answer::new(200, ""),
                _ => Answer::new(200, "").cut(),
            }
        })
    };
    let directory = tempfile::tempdir().unwrap();
    let files = [file(directory.path(), "a.csv.gz", b"rows")];
    let server = works_with("storage-token-1").await;
    upload(&server, &files).await.unwrap();
    assert_eq!(server.requests_to(QUERY).len(), 2);

    let server = works_with("no token at all").await;
    assert_eq!(upload(&server, &files).await.unwrap_err().kind(), ErrorKind::Network);
    assert_eq!(server.requests_to(QUERY).len(), 2, "once");
}

type Case = (UploadFile, fn() -> Answer, ErrorKind);

#[tokio::test]
async fn refusals_and_local_faults_are_one_line_without_secrets() {
    let directory = tempfile::tempdir().unwrap();
    let good = file(directory.path(), "a.csv.gz", b"rows");
    let short = UploadFile {
        size_bytes: 5,
        ..good.clone()
    };
    let missing = UploadFile {
        path: "/nowhere/a.csv.gz".into(),
        ..good.clone()
    };
    let odd_name = UploadFile {
        name: "../a".to_owned(),
        ..good.clone()
    };
    let denied = || {
        Answer::new(
            403,
            "<Error><Code>AccessDenied</Code><StringToSign>storage-secret</StringToSign></Error>",
        )
    };
    let expired = || Answer::new(400, "<Error><Code>ExpiredToken</Code></Error>");
    let cases: [Case; 5] = [
        (good.clone(), denied, ErrorKind::Storage),
        (good, expired, ErrorKind::Storage),
        (short, denied, ErrorKind::LocalFile),
        (missing, denied, ErrorKind::LocalFile),
        (odd_name, denied, ErrorKind::LocalFile),
    ];
    let mut lines = Vec::new();
    for (file, answer, kind) in cases {
        let server = server(put_data, move |_, _| answer()).await;
        let failure = upload(&server, &[file]).await.unwrap_err();
        assert_eq!(failure.kind(), kind, "{failure}");
        let line = format!("{failure} | {}", failure.hint().unwrap_or_default());
        assert!(!line.contains("storage-"), "{line}");
        lines.push(line.replace(directory.path().to_str().unwrap(), "DIRECTORY"));
    }
    insta::assert_snapshot!(lines.join("\n"));
}

#[tokio::test]
async fn a_server_on_this_machine_may_offer_a_directory() {
    let stage = tempfile::tempdir().unwrap();
    let location = stage.path().join("prefix");
    let data = {
        let location = location.to_str().unwrap().to_owned();
        move |_| json!({"stageInfo": {"locationType": "LOCAL_FS", "location": location, "creds": {}}})
    };
    let server = server(data, |_, _| Answer::new(500, "")).await;
    let directory = tempfile::tempdir().unwrap();
    upload(&server, &[file(directory.path(), "a.csv.gz", b"rows")])
        .await
        .unwrap();
    assert_eq!(std::fs::read(location.join("a.csv.gz")).unwrap(), b"rows");
}
