//! What a run leaves in the log at the finest level: no secret, and no word that log watchers take for an alarm.

use std::sync::Mutex;
use std::time::Duration;

use log::{Level, LevelFilter, Log, Metadata, Record};
use serde_json::json;
use snowflake_client::{
    BrowserOpener, Compression, Credentials, IdentityEnvironment, IdentityProvider, OAuthClient, Passcode,
    PrivateKeySource, Secret, Session, StageLocation, StatementOptions, TokenSource, UploadFile,
};

use crate::scripted_server::{Answer, LOG_IN, QUERY, RENEW, Recorded, ScriptedServer, logged_in};
use crate::storage;

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

/// Every secret of these begins with `storage-`.
async fn log_in_every_way(server: &ScriptedServer) {
    let secret = |text: &str| Secret::new(text);
    let token = |text: &str| TokenSource::Text(Secret::new(text));
    let workload = |provider| {
        let mut environment = IdentityEnvironment::from_pairs([]);
        environment.instance_metadata_url = server.url("");
        environment.google_metadata_url = server.url("");
        Credentials::WorkloadIdentity { provider, environment }
    };
    let mut nobody = BrowserOpener::new(|_| {});
    nobody.patience = Duration::from_millis(10);
    let key = include_str!("../data/rsa_aes256.p8");
    let ways = [
        Credentials::PasswordWithPasscode {
            password: secret("storage-password"),
            passcode: Passcode::Separate(secret("storage-424242")),
        },
        Credentials::KeyPair {
            key: PrivateKeySource::Pem(secret(key)),
            passphrase: Some(secret("test-passphrase")),
        },
        Credentials::OAuthAccessToken(token("storage-oauth")),
        Credentials::ProgrammaticAccessToken(token("storage-pat")),
        Credentials::OAuthClientCredentials(OAuthClient {
            id: "client".to_owned(),
            secret: secret("storage-client-secret"),
            token_url: None,
            scope: None,
        }),
        workload(IdentityProvider::Aws),
        workload(IdentityProvider::Gcp),
        workload(IdentityProvider::Oidc(token("storage-oidc"))),
        Credentials::ExternalBrowser(nobody),
    ];
    for (index, credentials) in ways.into_iter().enumerate() {
        let mut config = server.config();
        config.credentials = credentials;
        let outcome = Session::log_in(&config).await;
        assert_eq!(outcome.is_ok(), index != 8, "{index}: {outcome:?}");
        log::debug!("{config:?} {outcome:?}");
    }
}

/// Snowflake, its storage, an OAuth provider and a cloud, with a fault at each of the first calls.
fn answer(request: &Recorded, asked_before: usize) -> Answer {
    match request.path.as_str() {
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
        "/oauth/token-request" => Answer::new(200, r#"{"access_token": "storage-access-token"}"#),
        "/session/authenticator-request" => {
            Answer::done(json!({"ssoUrl": "https://login.example.com/?storage-saml", "proofKey": "storage-proof-key"}))
        }
        path if path.starts_with("/latest/meta-data/placement") => Answer::new(200, "eu-west-1"),
        path if path.starts_with("/latest/") || path.starts_with("/computeMetadata/") => {
            let credentials = json!({"AccessKeyId": "A", "SecretAccessKey": "storage-key", "Token": "storage-session"});
            Answer::new(200, credentials.to_string())
        }
        _ => Answer::done(json!({"rowset": [["record-value"]]})),
    }
}

/// To Azure and to a presigned URL of Google, through a retry, a lost connection, and credentials that are over.
async fn upload_with_faults() {
    let azure = |_| {
        json!({"stageInfo": {
            "locationType": "AZURE", "location": "container/prefix", "endPoint": "{origin}",
            "creds": {"AZURE_SAS_TOKEN": "?sv=1&sig=storage-signature"},
        }})
    };
    let google = |_| {
        json!({"stageInfo": {
            "locationType": "GCS", "location": "bucket/prefix", "creds": {},
            "presignedUrl": "{origin}/bucket/prefix/b.gz?X-Goog-Signature=storage-signature",
        }})
    };
    let answer = |_: &Recorded, number| match number {
        0 => Answer::new(
            503,
            "<Error><Code>Busy</Code><Details>storage-signature</Details></Error>",
        ),
        1 => Answer::new(200, "").cut(),
        2 => Answer::new(400, "<Error><Code>ExpiredToken</Code></Error>"),
        _ => Answer::new(201, ""),
    };
    let directory = tempfile::tempdir().unwrap();
    let file = storage::file(directory.path(), "b.gz", b"rows");
    for server in [
        storage::server(azure, answer).await,
        storage::server(google, answer).await,
    ] {
        // Azure has no cure for a 400: its failure is logged.
        if let Err(failure) = storage::upload(&server, std::slice::from_ref(&file)).await {
            log::debug!("{failure} {failure:?} {:?}", failure.hint());
        }
        assert!(storage::stored(&server).len() >= 3);
    }
}

#[tokio::test]
async fn a_run_with_faults_logs_no_secret_and_no_alarm() {
    log::set_logger(&Collector).unwrap();
    log::set_max_level(LevelFilter::Trace);
    let server = ScriptedServer::start(answer).await;
    log_in_every_way(&server).await;
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
    upload_with_faults().await;

    let lines = LINES.lock().unwrap();
    // Signed tokens and proofs are made of secrets and hold none of their words.
    let proofs: Vec<String> = server
        .requests_to(LOG_IN)
        .iter()
        .filter_map(|request| request.json()["data"]["TOKEN"].as_str().map(str::to_owned))
        .collect();
    assert_eq!(proofs.len(), 7);
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
            "saml",
            "424242",
            "test-passphrase",
            "MIIFLTBX",
            "c3RvcmFnZS",
        ];
        assert!(!proofs.iter().any(|proof| line.contains(proof)), "{line}");
        assert!(!secrets.iter().any(|secret| line.contains(secret)), "{line}");
        let lower = line.to_lowercase();
        let alarms = lower.contains("error") || lower.contains("exception");
        assert!(*level > Level::Info || *level == Level::Error || !alarms, "{line}");
    }
}
