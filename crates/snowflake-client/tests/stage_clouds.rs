//! Uploads to stages in each cloud, served by the local Snowflake server, which the official drivers keep honest with
//! the same table of metadata: encrypted with both key sizes and not, at once and in parts, one fault at each request.
#![cfg(test)]

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;
use std::time::Duration;

use aws_lc_rs::digest;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};
use snowflake_client::{
    ClientConfig, Compression, Credentials, Error, Protocol, Secret, Session, StageLocation, StatementOptions,
    UploadFile,
};
use test_support::local_snowflake::{LocalSnowflake, LocalSnowflakeOptions};

const CLOUDS: [&str; 4] = ["s3", "azure", "gcs", "gcs-presigned"];
const ENCRYPTIONS: [(&str, &[&str]); 3] = [
    ("128", &["--key-bits", "128"]),
    ("256", &["--key-bits", "256"]),
    ("none", &["--no-client-encryption"]),
];
const ROWS: usize = 1000;

fn server(cloud: &str, arguments: &[&str]) -> LocalSnowflake {
    let all = [&["--stage-cloud", cloud], arguments].concat();
    LocalSnowflake::start(&LocalSnowflakeOptions {
        arguments: all.iter().map(|argument| (*argument).to_owned()).collect(),
        ..LocalSnowflakeOptions::default()
    })
}

async fn log_in(server: &LocalSnowflake) -> Result<Session, Error> {
    let mut config = ClientConfig::new("local", "demo", Credentials::Password(Secret::new("demo")));
    config.host = Some("127.0.0.1".to_owned());
    config.port = Some(server.port());
    config.protocol = Protocol::Http;
    config.database = Some("DEMO".to_owned());
    config.schema = Some("PUBLIC".to_owned());
    config.warehouse = Some("DEMO_WH".to_owned());
    config.time_limits.backoff = (Duration::from_millis(1), Duration::from_millis(5));
    Session::log_in(&config).await
}

fn upload_file(path: &Path, name: &str, bytes: &[u8], compression: Compression) -> UploadFile {
    std::fs::write(path, bytes).unwrap();
    UploadFile {
        path: path.to_owned(),
        name: name.to_owned(),
        size_bytes: bytes.len() as u64,
        sha256: digest::digest(&digest::SHA256, bytes).as_ref().try_into().unwrap(),
        compression,
    }
}

fn packed_file(directory: &Path) -> UploadFile {
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    for number in 0..ROWS {
        writeln!(packer, "{number},\"text {number}\"").unwrap();
    }
    let bytes = packer.finish().unwrap();
    upload_file(&directory.join("rows"), "rows.csv.gz", &bytes, Compression::Gzip)
}

/// Uploads and copies; gives the number of rows and the sum of their numbers.
async fn load(server: &LocalSnowflake, file: &UploadFile) -> Result<Vec<Vec<Option<String>>>, Error> {
    let session = log_in(server).await?;
    let options = StatementOptions::default();
    let stage = StageLocation::user("run");
    session
        .execute("CREATE TEMPORARY TABLE T (N NUMBER, T VARCHAR)", &options)
        .await?;
    session.upload(&stage, std::slice::from_ref(file)).await?;
    let copy = format!(
        "COPY INTO T FROM {stage} FILES = ('{}') FILE_FORMAT = (TYPE = CSV COMPRESSION = {} \
         FIELD_OPTIONALLY_ENCLOSED_BY = '\"') ON_ERROR = ABORT_STATEMENT",
        file.name,
        file.compression.sql_name()
    );
    session.execute(&copy, &options).await?;
    let rows = session.execute("SELECT COUNT(*), SUM(N) FROM T", &options).await?.rows;
    session.close().await;
    Ok(rows)
}

fn loaded() -> Vec<Vec<Option<String>>> {
    vec![vec![Some(ROWS.to_string()), Some((ROWS * (ROWS - 1) / 2).to_string())]]
}

async fn administer(server: &LocalSnowflake, path: &str) -> Value {
    let url = format!("http://127.0.0.1:{}/__local/{path}", server.port());
    reqwest::get(url).await.unwrap().json().await.unwrap()
}

/// What lies beside an object: the digest's name, and the other names when it is encrypted.
fn metadata_names(cloud: &str) -> (&'static str, &'static [&'static str]) {
    match cloud {
        "s3" => ("sfc-digest", &["x-amz-iv", "x-amz-key", "x-amz-matdesc"]),
        "azure" => ("sfcdigest", &["encryptiondata", "matdesc"]),
        _ => ("sfc-digest", &["encryptiondata", "matdesc"]),
    }
}

#[tokio::test]
async fn copy_reads_what_was_stored_in_each_cloud_with_the_metadata_of_the_drivers() {
    let directory = tempfile::tempdir().unwrap();
    let file = packed_file(directory.path());
    for cloud in CLOUDS {
        for (encryption, arguments) in ENCRYPTIONS {
            let server = server(cloud, arguments);
            assert_eq!(load(&server, &file).await.unwrap(), loaded(), "{cloud} {encryption}");
            let objects = administer(&server, "objects").await;
            let stored = &objects["objects"][0];
            let metadata: BTreeMap<String, String> = serde_json::from_value(stored["metadata"].clone()).unwrap();
            let (digest, others) = metadata_names(cloud);
            let mut expected = if encryption == "none" {
                Vec::new()
            } else {
                others.to_vec()
            };
            expected.push(digest);
            expected.sort_unstable();
            assert_eq!(metadata.keys().collect::<Vec<_>>(), expected, "{cloud} {encryption}");
            assert_eq!(metadata[digest], BASE64_STANDARD.encode(file.sha256));
            let description = others.last().and_then(|name| metadata.get(*name));
            if let Some(description) = description {
                assert!(
                    description.contains(&format!(r#""keySize":"{encryption}""#)),
                    "{description}"
                );
            }
        }
    }
}

/// Faults for the storage's requests: `method` and `path` are those of a request to the storage.
fn faults() -> Vec<Value> {
    [
        json!({"status": 503}),
        json!({"status": 429, "headers": {"Retry-After": "0"}}),
        json!({"execute": true, "reset": true}),
        json!({"reset": true}),
        json!({"cut_after_bytes": 0, "execute": true, "status": 500}),
        json!({"expire_credentials": true}),
    ]
    .into()
}

async fn set_fault(server: &LocalSnowflake, nth: usize, mut rule: Value) {
    rule["path"] = json!("stages/");
    rule["nth"] = json!(nth);
    let rules = format!("http://127.0.0.1:{}/__local/faults", server.port());
    let client = reqwest::Client::new();
    client.delete(&rules).send().await.unwrap();
    let set = client.post(&rules).json(&json!([rule])).send().await.unwrap();
    assert!(set.status().is_success(), "{}", set.text().await.unwrap());
}

async fn check_that_the_fault_acted(server: &LocalSnowflake, what: &str) {
    let counted = administer(server, "faults").await;
    assert_eq!(counted["rules"][0]["acted"], 1, "{what}: the fault never acted");
}

#[tokio::test]
async fn one_fault_at_the_upload_changes_nothing_in_any_cloud() {
    let directory = tempfile::tempdir().unwrap();
    let file = packed_file(directory.path());
    for cloud in CLOUDS {
        let server = server(cloud, &[]);
        for fault in faults() {
            let what = format!("{cloud} {fault}");
            set_fault(&server, 1, fault).await;
            assert_eq!(load(&server, &file).await.unwrap(), loaded(), "{what}");
            check_that_the_fault_acted(&server, &what).await;
        }
    }
}

/// Three parts: begun, three times sent, completed on S3; on Azure three blocks and their list.
const REQUESTS_IN_PARTS: [(&str, usize); 2] = [("s3", 5), ("azure", 4)];

#[tokio::test]
async fn one_fault_at_any_request_of_an_upload_in_parts_changes_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let bytes: Vec<u8> = (0..17 * 1024 * 1024 / 8)
        .flat_map(|number: u64| number.to_le_bytes())
        .collect();
    let file = upload_file(&directory.path().join("rows"), "rows.csv", &bytes, Compression::None);
    let stage = StageLocation::user("large");
    for (cloud, requests) in REQUESTS_IN_PARTS {
        let server = server(cloud, &["--multipart-bytes", "9000000"]);
        let session = log_in(&server).await.unwrap();
        for fault in faults() {
            for nth in 1..=requests {
                let what = format!("{cloud} {fault} {nth}");
                set_fault(&server, nth, fault.clone()).await;
                session.upload(&stage, std::slice::from_ref(&file)).await.unwrap();
                check_that_the_fault_acted(&server, &what).await;
                // Unwraps the key, decrypts all parts and compares the digest.
                let objects = administer(&server, "objects?verify=1").await;
                let stored = &objects["objects"][0];
                assert_eq!(stored["size_bytes"], bytes.len() / 16 * 16 + 16, "{what}");
                assert_eq!(stored["problem"], Value::Null, "{what}");
            }
        }
        session.close().await;
    }
}
