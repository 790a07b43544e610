//! Large files: parts of one encrypted file on S3 and Azure, part by part retried, renewed, begun anew, given up.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};
use snowflake_client::{ErrorKind, Session, StageLocation, UploadFile};
use tokio::sync::Barrier;

use crate::scripted_server::{Answer, QUERY, Recorded, ScriptedServer};
use crate::storage::{STAGE_KEY, decrypted, decrypted_by_envelope, file, material, put_data, server, stored, upload};

const MEBIBYTE: usize = 1024 * 1024;
const ID: &str = "upload-1/+&";

fn s3_data(number: usize) -> Value {
    let mut data = put_data(number);
    data["threshold"] = json!(MEBIBYTE);
    data
}

fn azure_data(number: usize) -> Value {
    json!({
        "threshold": MEBIBYTE,
        "stageInfo": {
            "locationType": "AZURE", "location": "container/prefix", "endPoint": "{origin}/account", "isClientSideEncrypted": true,
            "creds": {"AZURE_SAS_TOKEN": format!("sig=storage-signature-{number}")},
        },
        // A new key with every statement: a file that was begun keeps the one it was begun with.
        "encryptionMaterial": material(&[number as u8; 16]),
    })
}

/// As S3 answers when nothing goes wrong.
fn s3_answer(request: &Recorded) -> Answer {
    match (request.method.as_str(), request.query("uploadId")) {
        ("POST", None) => Answer::new(
            200,
            "<InitiateMultipartUploadResult><UploadId>upload-1/+&amp;</UploadId></InitiateMultipartUploadResult>",
        ),
        ("PUT", Some(ID)) => {
            let number = request.query("partNumber").unwrap();
            Answer::new(200, "").header("etag", &format!("\"tag-{number}\""))
        }
        ("POST", Some(ID)) => Answer::new(
            200,
            "<CompleteMultipartUploadResult><ETag>\"x-3\"</ETag></CompleteMultipartUploadResult>",
        ),
        ("DELETE", Some(ID)) => Answer::new(204, ""),
        _ => Answer::new(400, "<Error><Code>InvalidRequest</Code></Error>"),
    }
}

fn plain() -> Vec<u8> {
    let mut plain: Vec<u8> = (0..1021).map(|index| (index % 253) as u8).collect();
    plain = plain.repeat(16 * MEBIBYTE / plain.len() + 1);
    plain.truncate(16 * MEBIBYTE + 5);
    plain
}

/// As many parts at a time as the server wants, however many that are: each is answered when all are there.
#[tokio::test]
async fn parts_are_sent_at_the_same_time() {
    for (wanted, parts) in [(json!(3), 3), (json!(null), 4), (json!(99), 5)] {
        let data = move |number| {
            let mut data = s3_data(number);
            data["parallel"] = wanted.clone();
            data
        };
        let barrier = Arc::new(Barrier::new(parts));
        let server = server(data, move |request, _| match request.query("partNumber") {
            Some(_) => s3_answer(request).together(&barrier),
            None => s3_answer(request),
        })
        .await;
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("sparse");
        let size_bytes = (parts * 8 * MEBIBYTE) as u64;
        std::fs::File::create(&path).unwrap().set_len(size_bytes).unwrap();
        let file = UploadFile {
            path,
            size_bytes,
            ..file(directory.path(), "a.csv.gz", b"")
        };
        let mut config = server.config();
        config.parallel_uploads = 5;
        let session = Session::log_in(&config).await.unwrap();
        let stage = StageLocation::user("run");
        session.upload(&stage, std::slice::from_ref(&file)).await.unwrap();
        let sent = stored(&server)
            .iter()
            .filter(|request| request.query("partNumber").is_some())
            .count();
        assert_eq!(sent, parts);
    }
}

fn large_file(directory: &tempfile::TempDir) -> UploadFile {
    file(directory.path(), "a.csv.gz", &plain())
}

fn of_method<'a>(requests: &'a [Recorded], method: &str) -> Vec<&'a Recorded> {
    requests
        .iter()
        .filter(|request| request.method.as_str() == method)
        .collect()
}

/// The bodies of the parts in order; the last one sent counts.
fn joined(parts: &[&Recorded], number: &str) -> Vec<u8> {
    let by_number: BTreeMap<String, &Recorded> = parts
        .iter()
        .map(|part| (part.query(number).unwrap().to_owned(), *part))
        .collect();
    by_number.values().flat_map(|part| part.body.to_vec()).collect()
}

fn check_s3_file(server: &ScriptedServer) {
    let requests = stored(server);
    let begun = *of_method(&requests, "POST").first().unwrap();
    let body = joined(&of_method(&requests, "PUT"), "partNumber");
    let file = decrypted(
        &STAGE_KEY,
        begun.header("x-amz-meta-x-amz-key"),
        begun.header("x-amz-meta-x-amz-iv"),
        &body,
    );
    assert!(file == plain());
}

#[tokio::test]
async fn parts_on_s3_are_one_encrypted_file_with_the_metadata_of_the_first_request() {
    let server = server(s3_data, |request, _| s3_answer(request)).await;
    let directory = tempfile::tempdir().unwrap();
    let file = large_file(&directory);
    let uploaded = upload(&server, std::slice::from_ref(&file)).await.unwrap();
    assert_eq!(uploaded[0].stored_size_bytes, 16 * MEBIBYTE as u64 + 16);
    check_s3_file(&server);

    let requests = stored(&server);
    let posts = of_method(&requests, "POST");
    let begun = posts[0];
    assert_eq!(begun.query, [("uploads".to_owned(), String::new())]);
    assert_eq!(
        begun.header("x-amz-meta-sfc-digest"),
        BASE64_STANDARD.encode(file.sha256)
    );
    assert!(begun.header("x-amz-meta-x-amz-matdesc").contains("1234567890123456789"));
    let parts = of_method(&requests, "PUT");
    assert_eq!(parts.len(), 3);
    for part in parts {
        assert_eq!(
            part.header("x-amz-meta-x-amz-key"),
            "",
            "metadata is the first request's"
        );
        assert_eq!(part.header("content-length"), part.body.len().to_string());
        assert!(
            part.header("authorization")
                .contains("SignedHeaders=host;x-amz-content-sha256;x-amz-date;x-amz-security-token")
        );
    }
    let list: String = (1..=3)
        .map(|number| format!("<Part><PartNumber>{number}</PartNumber><ETag>\"tag-{number}\"</ETag></Part>"))
        .collect();
    let completed = std::str::from_utf8(&posts[1].body).unwrap();
    assert!(
        completed.contains(&format!(">{list}</CompleteMultipartUpload>")),
        "{completed}"
    );
}

#[tokio::test]
async fn a_plain_file_goes_in_parts_too() {
    let data = |number| {
        let mut data = s3_data(number);
        data["stageInfo"]["isClientSideEncrypted"] = json!(false);
        data["encryptionMaterial"] = Value::Null;
        data
    };
    let server = server(data, |request, _| s3_answer(request)).await;
    let directory = tempfile::tempdir().unwrap();
    let uploaded = upload(&server, &[large_file(&directory)]).await.unwrap();
    assert_eq!(uploaded[0].stored_size_bytes, 16 * MEBIBYTE as u64 + 5);
    let requests = stored(&server);
    assert!(joined(&of_method(&requests, "PUT"), "partNumber") == plain());
}

#[tokio::test]
async fn only_the_part_that_failed_is_sent_again_and_with_the_same_bytes() {
    let tries = AtomicUsize::new(0);
    let server = server(s3_data, move |request, _| match request.query("partNumber") {
        Some("2") => match tries.fetch_add(1, Ordering::Relaxed) {
            0 => Answer::new(503, "<Error><Code>SlowDown</Code></Error>"),
            1 => Answer::new(200, "").cut(),
            2 => Answer::new(400, "<Error><Code>RequestTimeout</Code></Error>"),
            _ => s3_answer(request),
        },
        _ => s3_answer(request),
    })
    .await;
    let directory = tempfile::tempdir().unwrap();
    upload(&server, &[large_file(&directory)]).await.unwrap();
    check_s3_file(&server);
    let requests = stored(&server);
    let second: Vec<_> = requests
        .iter()
        .filter(|request| request.query("partNumber") == Some("2"))
        .collect();
    assert_eq!(second.len(), 4);
    assert!(second.iter().all(|part| part.body == second[0].body));
    assert_eq!(of_method(&requests, "PUT").len(), 6);
}

#[tokio::test]
async fn credentials_that_expire_between_parts_are_renewed_and_the_file_keeps_its_key() {
    let data = |number| {
        let mut data = s3_data(number);
        if number > 0 {
            data["encryptionMaterial"] = material(&[number as u8; 16]);
        }
        data
    };
    let server = server(data, |request, _| {
        match (request.header("x-amz-security-token"), request.query("partNumber")) {
            ("storage-token-0", Some("2" | "3")) => {
                Answer::new(400, "<Error><Code>ExpiredToken</Code></Error>").after(Duration::from_millis(50))
            }
            _ => s3_answer(request),
        }
    })
    .await;
    let directory = tempfile::tempdir().unwrap();
    upload(&server, &[large_file(&directory)]).await.unwrap();
    check_s3_file(&server);
    assert_eq!(server.requests_to(QUERY).len(), 2);
    let requests = stored(&server);
    assert_eq!(of_method(&requests, "POST").len(), 2, "the upload was not begun anew");
    assert_eq!(of_method(&requests, "PUT").len(), 5);
}

#[tokio::test]
async fn an_upload_that_the_storage_forgot_is_begun_anew() {
    let completions = AtomicUsize::new(0);
    let server = server(s3_data, move |request, _| {
        match (request.method.as_str(), request.query("uploadId")) {
            // Completed, but the reply was lost: the storage knows the id no more.
            ("POST", Some(_)) if completions.fetch_add(1, Ordering::Relaxed) == 0 => {
                Answer::new(404, "<Error><Code>NoSuchUpload</Code></Error>")
            }
            _ => s3_answer(request),
        }
    })
    .await;
    let directory = tempfile::tempdir().unwrap();
    upload(&server, &[large_file(&directory)]).await.unwrap();
    let requests = stored(&server);
    assert_eq!(of_method(&requests, "POST").len(), 4);
    assert_eq!(of_method(&requests, "PUT").len(), 6);
}

#[tokio::test]
async fn a_failed_upload_is_aborted_and_a_refusal_inside_a_200_is_one() {
    let refuse_part = |request: &Recorded| request.query("partNumber") == Some("2");
    let refuse_completion =
        |request: &Recorded| request.method.as_str() == "POST" && request.query("uploadId").is_some();
    let cases: [fn(&Recorded) -> bool; 2] = [refuse_part, refuse_completion];
    for is_refused in cases {
        let server = server(s3_data, move |request, _| {
            if is_refused(request) {
                let status = if request.method.as_str() == "POST" { 200 } else { 403 };
                return Answer::new(status, "<Error><Code>AccessDenied</Code></Error>");
            }
            s3_answer(request)
        })
        .await;
        let directory = tempfile::tempdir().unwrap();
        let failure = upload(&server, &[large_file(&directory)]).await.unwrap_err();
        assert_eq!(failure.kind(), ErrorKind::Storage);
        assert!(failure.to_string().contains("AccessDenied"), "{failure}");
        let requests = stored(&server);
        let aborted = of_method(&requests, "DELETE");
        assert_eq!(aborted.len(), 1);
        assert_eq!(aborted[0].query("uploadId"), Some(ID));
    }
}

#[tokio::test]
async fn blocks_on_azure_are_one_encrypted_file_and_the_list_carries_the_metadata() {
    let server = server(azure_data, |request, _| {
        match (request.query("comp"), request.query("sig")) {
            // The third block finds the signature expired.
            (Some("block"), Some("storage-signature-0")) if request.body.len() < 8 * MEBIBYTE => {
                Answer::new(403, "<Error><Code>AuthenticationFailed</Code></Error>")
            }
            _ => Answer::new(201, ""),
        }
    })
    .await;
    let directory = tempfile::tempdir().unwrap();
    let file = large_file(&directory);
    upload(&server, std::slice::from_ref(&file)).await.unwrap();
    let requests = stored(&server);
    let (blocks, lists): (Vec<_>, Vec<_>) = requests
        .iter()
        .partition(|request| request.query("comp") == Some("block"));
    assert_eq!((blocks.len(), lists.len()), (4, 1));
    assert_eq!(server.requests_to(QUERY).len(), 2);
    let list = lists[0];
    assert_eq!(list.path, "/account/container/prefix/a.csv.gz");
    assert_eq!(list.query("comp"), Some("blocklist"));
    assert_eq!(list.header("x-ms-meta-sfcdigest"), BASE64_STANDARD.encode(file.sha256));
    let mut ids: Vec<&str> = blocks.iter().map(|block| block.query("blockid").unwrap()).collect();
    ids.sort_unstable();
    ids.dedup();
    let body: String = ids.iter().map(|id| format!("<Latest>{id}</Latest>")).collect();
    assert!(list.body.ends_with(format!("<BlockList>{body}</BlockList>").as_bytes()));
    assert!(
        ids.iter()
            .all(|id| id.len() == ids[0].len() && BASE64_STANDARD.decode(id).is_ok())
    );
    let stored = joined(&blocks, "blockid");
    assert!(decrypted_by_envelope(&[0; 16], list.header("x-ms-meta-encryptiondata"), &stored) == plain());
    assert!(list.header("x-ms-meta-matdesc").contains(r#""keySize":"128""#));
}
