//! Uploads to Google Cloud Storage: with an access token, and to presigned URLs, which are one file's each.

use serde_json::{Value, json};
use snowflake_client::ErrorKind;

use crate::scripted_server::{Answer, QUERY};
use crate::storage::{decrypted_by_envelope, file, material, server, stored, upload};

const STAGE_KEY: [u8; 32] = [6; 32];

fn put_data(number: usize, with_token: bool) -> Value {
    let (creds, presigned) = if with_token {
        (
            json!({"GCS_ACCESS_TOKEN": format!("storage-token-{number}")}),
            Value::Null,
        )
    } else {
        (
            json!({}),
            json!(format!(
                "{{origin}}/bucket/presigned/{number}?X-Goog-Signature=storage-signature-{number}"
            )),
        )
    };
    json!({
        "stageInfo": {
            "locationType": "GCS", "location": "bucket/stage id/prefix/", "storageAccount": "", "region": "US-CENTRAL1",
            "endPoint": if with_token { "{origin}" } else { "" }, "presignedUrl": presigned, "isClientSideEncrypted": true, "creds": creds,
        },
        "encryptionMaterial": material(&STAGE_KEY),
    })
}

#[tokio::test]
async fn an_object_arrives_with_the_token_in_one_request() {
    let server = server(|number| put_data(number, true), |_, _| Answer::new(200, "")).await;
    let directory = tempfile::tempdir().unwrap();
    upload(&server, &[file(directory.path(), "a.csv.gz", b"some rows")])
        .await
        .unwrap();
    let stored = stored(&server);
    assert_eq!(stored.len(), 1);
    let object = &stored[0];
    assert_eq!(object.method.as_str(), "PUT");
    assert_eq!(object.path, "/bucket/stage%20id%2Fprefix%2Fa.csv.gz");
    assert_eq!(object.header("authorization"), "Bearer storage-token-0");
    assert_eq!(object.header("content-length"), "16");
    assert_eq!(object.header("content-encoding"), "");
    assert_eq!(
        object.header("x-goog-meta-sfc-digest"),
        "OBi/AGHNVYR4LTs0/8MB2c940WiJaDi7YtcJEVGiXi4="
    );
    assert_eq!(
        object.header("x-goog-meta-matdesc"),
        r#"{"queryId":"01-put","smkId":"1234567890123456789","keySize":"256"}"#
    );
    let envelope = object.header("x-goog-meta-encryptiondata");
    assert_eq!(decrypted_by_envelope(&STAGE_KEY, envelope, &object.body), b"some rows");
}

#[tokio::test]
async fn a_stage_that_encrypts_by_itself_gets_the_plain_file() {
    let data = |number| {
        let mut data = put_data(number, true);
        data["stageInfo"]["isClientSideEncrypted"] = json!(false);
        data["encryptionMaterial"] = json!({"queryStageMasterKey": null, "queryId": null, "smkId": null});
        data
    };
    let server = server(data, |_, _| Answer::new(200, "")).await;
    let directory = tempfile::tempdir().unwrap();
    upload(&server, &[file(directory.path(), "a.csv.gz", b"some rows")])
        .await
        .unwrap();
    let stored = stored(&server);
    assert_eq!(stored[0].body.as_ref(), b"some rows");
    assert_eq!(stored[0].header("x-goog-meta-encryptiondata"), "");
}

#[tokio::test]
async fn each_file_has_a_presigned_url_of_its_own_and_no_authorization() {
    let server = server(|number| put_data(number, false), |_, _| Answer::new(200, "")).await;
    let directory = tempfile::tempdir().unwrap();
    let files = [
        file(directory.path(), "a.csv.gz", b"rows of a"),
        file(directory.path(), "b.csv.gz", b"rows of b"),
    ];
    upload(&server, &files).await.unwrap();
    let mut statements: Vec<String> = server.requests_to(QUERY).iter().map(|request| request.sql()).collect();
    statements[1..].sort();
    let put = |name: &str| {
        format!("PUT 'file:///batch/{name}' @~/run/apps/ AUTO_COMPRESS=FALSE SOURCE_COMPRESSION=GZIP OVERWRITE=TRUE")
    };
    assert_eq!(statements, [put("files.csv.gz"), put("a.csv.gz"), put("b.csv.gz")]);
    let stored = stored(&server);
    assert_eq!(stored.len(), 2);
    for object in &stored {
        let number = object.path.strip_prefix("/bucket/presigned/").unwrap();
        assert_eq!(
            object.query("X-Goog-Signature"),
            Some(format!("storage-signature-{number}").as_str())
        );
        assert_eq!(object.header("authorization"), "");
        assert_eq!(object.header("content-type"), "", "it may have been signed without one");
    }
    let mut plain: Vec<Vec<u8>> = stored
        .iter()
        .map(|object| decrypted_by_envelope(&STAGE_KEY, object.header("x-goog-meta-encryptiondata"), &object.body))
        .collect();
    plain.sort();
    assert_eq!(plain, [b"rows of a", b"rows of b"]);
}

#[tokio::test]
async fn expired_tokens_and_urls_are_renewed_by_the_same_statement() {
    for (with_token, status, statements) in [(true, 401, 2), (false, 400, 3)] {
        let server = server(
            move |number| put_data(number, with_token),
            move |_, number| match number {
                0 => Answer::new(403, ""),
                1 => Answer::new(status, "<Error><Code>ExpiredToken</Code></Error>"),
                2 => Answer::new(200, "").cut(),
                _ => Answer::new(200, ""),
            },
        )
        .await;
        let directory = tempfile::tempdir().unwrap();
        upload(&server, &[file(directory.path(), "a.csv.gz", b"rows")])
            .await
            .unwrap();
        let sent = server.requests_to(QUERY);
        assert_eq!(sent.len(), statements);
        assert_eq!(sent[statements - 1].sql(), sent[statements - 2].sql());
        assert_eq!(stored(&server).len(), 4);
    }
}

#[tokio::test]
async fn refusals_name_the_reason_and_no_secret() {
    for (with_token, status) in [(true, 401), (true, 412), (false, 400), (false, 403)] {
        let answer = "<Error><Code>Reason</Code><Details>storage-signature</Details></Error>";
        let server = server(
            move |number| put_data(number, with_token),
            move |_, _| Answer::new(status, answer),
        )
        .await;
        let directory = tempfile::tempdir().unwrap();
        let refusal = upload(&server, &[file(directory.path(), "a.csv.gz", b"rows")])
            .await
            .unwrap_err();
        assert_eq!(refusal.kind(), ErrorKind::Storage);
        let line = refusal.to_string();
        assert!(
            line.contains("Reason") && line.contains(&status.to_string()) && !line.contains("storage-"),
            "{line}"
        );
    }
}
