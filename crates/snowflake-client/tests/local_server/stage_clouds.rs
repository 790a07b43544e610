//! Uploads to stages in each cloud, encrypted with both key sizes and not, at once and in parts, one fault at each request;
//! in the local Snowflake server's own storages and in the emulators of the clouds. What lies there must be what the
//! official connectors store: `tests/local-snowflake/tests/stored_objects.json` was written down from theirs.

use std::io::Write;
use std::path::Path;
use std::time::Duration;

use aws_lc_rs::digest;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};
use snowflake_client::{Compression, Error, Session, StageLocation, StatementOptions, UploadFile};
use test_support::cloud_emulators::CloudEmulators;
use test_support::http_exchange::exchange;
use test_support::local_snowflake::{LocalSnowflake, workspace_root};
use test_support::tested_cells::TestedCells;

use crate::{config_of_demo, server};

const CLOUDS: [&str; 4] = ["s3", "azure", "gcs", "gcs-presigned"];
/// Those whose emulators keep what drivers write.
const EMULATED: [&str; 2] = ["s3", "azure"];
const ENCRYPTIONS: [&str; 3] = ["128", "256", "none"];
const ROWS: usize = 1000;
const PATIENCE: Duration = Duration::from_secs(60);
/// Where the server keeps the file.
const KEY: &str = "users/DEMO/run/";

async fn log_in(server: &LocalSnowflake, attempt: Duration) -> Session {
    let mut config = config_of_demo(server);
    config.time_limits.attempt = attempt;
    Session::log_in(&config).await.unwrap()
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
async fn load(session: &Session, file: &UploadFile) -> Result<Vec<Vec<Option<String>>>, Error> {
    let options = StatementOptions::default();
    let stage = StageLocation::user("run");
    session
        .execute("CREATE OR REPLACE TEMPORARY TABLE T (N NUMBER, T VARCHAR)", &options)
        .await?;
    session.upload(&stage, std::slice::from_ref(file)).await?;
    let copy = format!(
        "COPY INTO T FROM {stage} FILES = ('{}') FILE_FORMAT = (TYPE = CSV COMPRESSION = {} \
         FIELD_OPTIONALLY_ENCLOSED_BY = '\"') ON_ERROR = ABORT_STATEMENT",
        file.name,
        file.compression.sql_name()
    );
    session.execute(&copy, &options).await?;
    Ok(session.execute("SELECT COUNT(*), SUM(N) FROM T", &options).await?.rows)
}

fn loaded() -> Vec<Vec<Option<String>>> {
    vec![vec![Some(ROWS.to_string()), Some((ROWS * (ROWS - 1) / 2).to_string())]]
}

fn administer(server: &LocalSnowflake, method: &str, what: &str, body: &Value) -> Value {
    let url = format!("http://127.0.0.1:{}/__local/{what}", server.port());
    let headers = [("Content-Type", "application/json")];
    let body = if body.is_null() {
        String::new()
    } else {
        body.to_string()
    };
    let reply = exchange(method, &url, &headers, body.as_bytes()).unwrap();
    assert!(reply.status < 300, "{}", reply.text());
    reply.json()
}

/// From now on stages lie there.
fn choose(server: &LocalSnowflake, cloud: &str, encryption: &str, emulator: bool) {
    let mut settings = json!({"cloud": cloud, "emulator": emulator, "client_encryption": encryption != "none"});
    if let Ok(bits) = encryption.parse::<u16>() {
        settings["key_bits"] = json!(bits);
    }
    administer(server, "POST", "stages", &settings);
}

/// The one object of a load, with what must differ checked and named.
fn stored(server: &LocalSnowflake) -> Value {
    let objects = administer(
        server,
        "GET",
        &format!("objects?canonical=1&prefix={KEY}"),
        &Value::Null,
    );
    let objects = objects["objects"].as_array().unwrap();
    assert_eq!(objects.len(), 1, "{objects:?}");
    objects[0].clone()
}

#[tokio::test]
async fn what_is_stored_in_each_cloud_is_what_the_official_connectors_store() {
    let emulators = CloudEmulators::shared();
    let options = EMULATED.map(|cloud| emulators.address(cloud).option.clone());
    let server = server(&["--stage-storage", &options[0], "--stage-storage", &options[1]]);
    let theirs = workspace_root().join("tests/local-snowflake/tests/stored_objects.json");
    let theirs: Value = serde_json::from_str(&std::fs::read_to_string(theirs).unwrap()).unwrap();
    let directory = tempfile::tempdir().unwrap();
    let file = packed_file(directory.path());
    let session = log_in(&server, PATIENCE).await;
    let places = CLOUDS.map(|cloud| (cloud, false)).into_iter();
    for (cloud, emulator) in places.chain(EMULATED.map(|cloud| (cloud, true))) {
        for encryption in ENCRYPTIONS {
            let what = format!("{cloud} {encryption}, emulator: {emulator}");
            choose(&server, cloud, encryption, emulator);
            let rows = load(&session, &file).await;
            assert_eq!(rows.unwrap(), loaded(), "{what}");
            let kind = cloud.split('-').next().unwrap();
            let size_bytes = match encryption {
                "none" => file.size_bytes,
                _ => file.size_bytes / 16 * 16 + 16,
            };
            let expected = json!({
                "key": format!("{KEY}{}", file.name), "size_bytes": size_bytes, "plain_size_bytes": file.size_bytes,
                "sha256": BASE64_STANDARD.encode(file.sha256), "problem": null, "metadata": theirs[kind][encryption],
            });
            assert_eq!(stored(&server), expected, "{what}");
            let removed = session.execute("REMOVE @~/run", &StatementOptions::default()).await;
            assert_eq!(removed.unwrap().rows.len(), 1, "{what}");
        }
    }
    session.close().await;
}

/// What may happen to a request to a storage.
fn faults() -> [(&'static str, Value); 9] {
    [
        ("503", json!({"status": 503})),
        ("429", json!({"status": 429, "headers": {"Retry-After": "0"}})),
        ("reset after the work", json!({"execute": true, "reset": true})),
        ("reset", json!({"reset": true})),
        ("reset in the body", json!({"reset_after_body_bytes": 1})),
        (
            "500, cut",
            json!({"cut_after_bytes": 0, "execute": true, "status": 500}),
        ),
        ("expired credentials", json!({"expire_credentials": true})),
        // Longer than an attempt of a small request may take.
        ("late work", json!({"delay_seconds": 1.3})),
        ("late answer", json!({"hold_seconds": 1.3})),
    ]
}

/// A part may take minutes before it counts as stuck, so no test waits for that.
fn is_slow(fault: &Value) -> bool {
    fault.get("delay_seconds").is_some() || fault.get("hold_seconds").is_some()
}

fn set_fault(server: &LocalSnowflake, nth: usize, fault: &Value) {
    let mut rule = fault.clone();
    rule["path"] = json!("stages/");
    rule["nth"] = json!(nth);
    administer(server, "DELETE", "faults", &Value::Null);
    administer(server, "POST", "faults", &json!([rule]));
}

fn check_that_the_fault_acted(server: &LocalSnowflake, what: &str) {
    let counted = administer(server, "GET", "faults", &Value::Null);
    assert_eq!(counted["rules"][0]["acted"], 1, "{what}: the fault never acted");
}

#[tokio::test]
async fn one_fault_at_the_upload_changes_nothing_in_any_cloud() {
    let directory = tempfile::tempdir().unwrap();
    let file = packed_file(directory.path());
    let server = server(&[]);
    let session = log_in(&server, Duration::from_secs(1)).await;
    let mut tested = TestedCells::new("uploads and faults", &faults().map(|(fault, _)| fault));
    for cloud in CLOUDS {
        for (number, (name, fault)) in faults().into_iter().enumerate() {
            let encryption = ENCRYPTIONS[number % ENCRYPTIONS.len()];
            let what = format!("{cloud} {encryption} {fault}");
            choose(&server, cloud, encryption, false);
            set_fault(&server, 1, &fault);
            assert_eq!(load(&session, &file).await.unwrap(), loaded(), "{what}");
            check_that_the_fault_acted(&server, &what);
            tested.ran(cloud, name, encryption);
        }
    }
    tested.check();
}

/// How many requests an upload makes, by the server's own log.
async fn requests_of(server: &LocalSnowflake, session: &Session, file: &UploadFile) -> usize {
    administer(server, "DELETE", "requests", &Value::Null);
    let stage = StageLocation::user("run");
    session.upload(&stage, std::slice::from_ref(file)).await.unwrap();
    let log = administer(server, "GET", "requests", &Value::Null);
    let is_of_storage = |entry: &&Value| entry["path"].as_str().unwrap().contains("stages/");
    log["requests"].as_array().unwrap().iter().filter(is_of_storage).count()
}

#[tokio::test]
async fn one_fault_at_any_request_of_an_upload_in_parts_changes_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let bytes: Vec<u8> = (0..17 * 1024 * 1024 / 8)
        .flat_map(|number: u64| number.to_le_bytes())
        .collect();
    let file = upload_file(&directory.path().join("rows"), "rows.csv", &bytes, Compression::None);
    let stage = StageLocation::user("run");
    let server = server(&["--multipart-bytes", "9000000"]);
    let session = log_in(&server, PATIENCE).await;
    let mut tested = TestedCells::new("parts and faults", &faults().map(|(fault, _)| fault));
    for (cloud, encryption) in [("s3", "128"), ("azure", "256"), ("s3", "none")] {
        choose(&server, cloud, encryption, false);
        let requests = requests_of(&server, &session, &file).await;
        assert!(requests > 3, "{requests} requests are no upload in parts");
        // Unencrypted parts differ in nothing but the cipher.
        let matters = |fault: &Value| encryption != "none" || fault.get("reset").is_some();
        for (name, fault) in faults() {
            let row = format!("{cloud}, {encryption}");
            if is_slow(&fault) || !matters(&fault) {
                tested.ran(&row, name, if is_slow(&fault) { "slow¹" } else { "as encrypted²" });
                continue;
            }
            for nth in 1..=requests {
                let what = format!("{cloud} {encryption} {fault} {nth}");
                set_fault(&server, nth, &fault);
                let uploaded = session.upload(&stage, std::slice::from_ref(&file)).await;
                assert!(uploaded.is_ok(), "{what}: {uploaded:?}");
                check_that_the_fault_acted(&server, &what);
                // Unwraps the key, decrypts all parts and compares the digest.
                let stored = stored(&server);
                assert_eq!(stored["plain_size_bytes"], bytes.len(), "{what}");
                assert_eq!(stored["problem"], Value::Null, "{what}");
            }
            tested.ran(&row, name, "each request");
        }
    }
    session.close().await;
    tested.check();
}
