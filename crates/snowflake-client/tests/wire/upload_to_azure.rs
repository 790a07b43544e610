//! Uploads to Azure Blob Storage: the request, its metadata, the signature's end, faults.

use serde_json::{Value, json};
use snowflake_client::ErrorKind;

use crate::scripted_server::{Answer, QUERY};
use crate::storage::{decrypted_by_envelope, file, material, server, stored, upload};

fn put_data(number: usize, key: Option<&[u8]>) -> Value {
    json!({
        "threshold": 209_715_200,
        "stageInfo": {
            "locationType": "AZURE", "location": "container/stage id/prefix/", "storageAccount": "account",
            "endPoint": "{origin}/account", "isClientSideEncrypted": key.is_some(),
            "creds": {"AZURE_SAS_TOKEN": format!("?sv=2024-08-04&sig=storage-signature-{number}%3D")},
        },
        "encryptionMaterial": key.map(material),
    })
}

fn failure(status: u16, code: &'static str) -> Answer {
    Answer::new(
        status,
        format!("<?xml version=\"1.0\"?><Error><Code>{code}</Code></Error>"),
    )
    .header("x-ms-error-code", code)
}

#[tokio::test]
async fn a_blob_arrives_encrypted_with_keys_of_both_sizes_or_plain() {
    for key in [Some(vec![3; 16]), Some(vec![4; 32]), None] {
        let data_key = key.clone();
        let server = server(
            move |number| put_data(number, data_key.as_deref()),
            |_, _| Answer::new(201, ""),
        )
        .await;
        let directory = tempfile::tempdir().unwrap();
        let uploaded = upload(&server, &[file(directory.path(), "a.csv.gz", b"some rows")])
            .await
            .unwrap();
        let stored = stored(&server);
        assert_eq!(stored.len(), 1);
        let blob = &stored[0];
        assert_eq!(blob.method.as_str(), "PUT");
        assert_eq!(blob.path, "/account/container/stage%20id/prefix/a.csv.gz");
        assert_eq!(
            blob.query,
            [
                ("sv".to_owned(), "2024-08-04".to_owned()),
                ("sig".to_owned(), "storage-signature-0=".to_owned())
            ]
        );
        assert_eq!(blob.header("x-ms-blob-type"), "BlockBlob");
        assert_eq!(blob.header("content-length"), blob.body.len().to_string());
        assert_eq!(blob.header("content-encoding"), "");
        assert_eq!(blob.header("authorization"), "");
        assert_eq!(
            blob.header("x-ms-meta-sfcdigest"),
            "OBi/AGHNVYR4LTs0/8MB2c940WiJaDi7YtcJEVGiXi4="
        );
        assert_eq!(uploaded[0].stored_size_bytes, blob.body.len() as u64);
        match &key {
            Some(key) => {
                let description = format!(
                    r#"{{"queryId":"01-put","smkId":"1234567890123456789","keySize":"{}"}}"#,
                    key.len() * 8
                );
                assert_eq!(blob.header("x-ms-meta-matdesc"), description);
                assert_eq!(
                    decrypted_by_envelope(key, blob.header("x-ms-meta-encryptiondata"), &blob.body),
                    b"some rows"
                );
            }
            None => {
                assert_eq!(blob.body.as_ref(), b"some rows");
                assert_eq!(blob.header("x-ms-meta-encryptiondata"), "");
                assert_eq!(blob.header("x-ms-meta-matdesc"), "");
            }
        }
    }
}

#[tokio::test]
async fn an_expired_signature_is_renewed_and_other_faults_are_tried_again() {
    let server = server(
        |number| put_data(number, Some(&[3; 16])),
        |request, number| match (number, request.query("sig")) {
            (0, _) => failure(503, "ServerBusy"),
            (1, _) => failure(403, "AuthorizationFailure"),
            (_, Some("storage-signature-0=")) => failure(403, "AuthenticationFailed"),
            _ => Answer::new(201, ""),
        },
    )
    .await;
    let directory = tempfile::tempdir().unwrap();
    upload(&server, &[file(directory.path(), "a.csv.gz", b"some rows")])
        .await
        .unwrap();
    assert_eq!(server.requests_to(QUERY).len(), 2);
    let stored = stored(&server);
    assert_eq!(stored.len(), 4);
    let last = &stored[3];
    assert_eq!(
        decrypted_by_envelope(&[3; 16], last.header("x-ms-meta-encryptiondata"), &last.body),
        b"some rows"
    );
}

#[tokio::test]
async fn refusals_name_the_reason_and_not_the_signature() {
    let cases = [
        (403, "AuthenticationFailed", 4, 4),
        (403, "AuthorizationFailure", 1, 6),
        (404, "ContainerNotFound", 1, 1),
    ];
    for (status, code, statements, requests) in cases {
        let server = server(|number| put_data(number, None), move |_, _| failure(status, code)).await;
        let directory = tempfile::tempdir().unwrap();
        let refusal = upload(&server, &[file(directory.path(), "a.csv.gz", b"rows")])
            .await
            .unwrap_err();
        assert_eq!(refusal.kind(), ErrorKind::Storage);
        let line = refusal.to_string();
        assert!(line.contains(code) && !line.contains("storage-"), "{line}");
        assert_eq!(
            (server.requests_to(QUERY).len(), stored(&server).len()),
            (statements, requests),
            "{code}"
        );
    }
}

#[tokio::test]
async fn promised_encryption_without_a_key_uploads_nothing() {
    let data = |number| {
        let mut data = put_data(number, None);
        data["stageInfo"]["isClientSideEncrypted"] = json!(true);
        data
    };
    let server = server(data, |_, _| Answer::new(201, "")).await;
    let directory = tempfile::tempdir().unwrap();
    let refusal = upload(&server, &[file(directory.path(), "a.csv.gz", b"rows")])
        .await
        .unwrap_err();
    assert_eq!(refusal.kind(), ErrorKind::Protocol);
    assert!(stored(&server).is_empty());
}
