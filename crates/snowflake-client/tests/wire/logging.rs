//! What a run leaves in the log at the finest level: no secret, and no word that log watchers take for an alarm.

use std::sync::Mutex;

use log::{Level, LevelFilter, Log, Metadata, Record};
use serde_json::json;
use snowflake_client::{Compression, StageLocation, StatementOptions, UploadFile};

use crate::scripted_server::{Answer, LOG_IN, QUERY, RENEW, ScriptedServer, logged_in};

/// Everything that anyone in this process logs: the other tests running beside are a gain.
static LINES: Mutex<Vec<(Level, String)>> = Mutex::new(Vec::new());

struct Collector;

impl Log for Collector {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &Record<'_>) {
        LINES
            .lock()
            .unwrap()
            .push((record.level(), format!("{}: {}", record.target(), record.args())));
    }

    fn flush(&self) {}
}

#[tokio::test]
async fn a_run_with_faults_logs_no_secret_and_no_alarm() {
    log::set_logger(&Collector).unwrap();
    log::set_max_level(LevelFilter::Trace);
    let server = ScriptedServer::start(|request, asked_before| match request.path.as_str() {
        LOG_IN if asked_before == 0 => Answer::new(503, ""),
        LOG_IN => logged_in(),
        RENEW => Answer::done(json!({"sessionToken": "session-token-2", "masterToken": "master-token-2"})),
        _ if request.header("authorization").contains("session-token-1") => Answer::refused("390112", "expired"),
        QUERY if request.sql().starts_with("PUT") => Answer::done(json!({
            "stageInfo": {
                "locationType": "S3", "location": "bucket/prefix/", "endPoint": format!("http://{}", request.header("host")),
                "creds": {"AWS_KEY_ID": "KEYID", "AWS_SECRET_KEY": "storage-secret", "AWS_TOKEN": "storage-token"},
            },
            "encryptionMaterial": {"queryStageMasterKey": "c3RhZ2Uta2V5LTEyMzQ1Ng==", "queryId": "q", "smkId": "1"},
        })),
        "/bucket/prefix/a.gz" if asked_before < 4 => Answer::new(500, "").cut(),
        _ => Answer::done(json!({"rowset": [["record-value"]]})),
    })
    .await;
    let session = server.log_in().await;
    session
        .execute("SELECT 'record-value'", &StatementOptions::default())
        .await
        .unwrap();
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("a.gz");
    std::fs::write(&path, b"rows").unwrap();
    let file = UploadFile {
        path,
        name: "a.gz".to_owned(),
        size_bytes: 4,
        sha256: [0; 32],
        compression: Compression::Gzip,
    };
    session.upload(&StageLocation::user("run"), &[file]).await.unwrap();
    session.close().await;

    let lines = LINES.lock().unwrap();
    let about_retries = lines.iter().filter(|(level, _)| *level <= Level::Info).count();
    assert!(about_retries >= 4, "{lines:?}");
    for (level, line) in lines.iter() {
        let secrets = [
            "hunter2",
            "session-token",
            "master-token",
            "storage-",
            "c3RhZ2U",
            "record-value",
            "Signature=",
        ];
        assert!(!secrets.iter().any(|secret| line.contains(secret)), "{line}");
        let lower = line.to_lowercase();
        let alarms = lower.contains("error") || lower.contains("exception");
        assert!(*level > Level::Info || *level == Level::Error || !alarms, "{line}");
    }
}
