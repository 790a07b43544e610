//! The client against the local Snowflake server, which the official drivers keep honest: log-ins, stages, and one
//! fault at every request of a load.

use std::io::Write;
use std::path::Path;

use aws_lc_rs::digest;
use serde_json::{Value, json};
use snowflake_client::{
    ClientConfig, Compression, Credentials, Error, ErrorKind, Identifier, PrivateKeySource, QualifiedName, ResultSet,
    Secret, Session, StageLocation, StatementOptions, UploadFile,
};

use crate::{DATA, config_of_demo, server};

async fn run(session: &Session, sql: &str) -> Result<ResultSet, Error> {
    session.execute(sql, &StatementOptions::default()).await
}

/// Three rows: a text with quotes, NULL, an empty text.
fn batch_file(directory: &Path) -> UploadFile {
    let path = directory.join("rows.csv.gz");
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packer.write_all(b"1,\"a \"\"b\"\" \\N\"\n2,\n3,\"\"\n").unwrap();
    let bytes = packer.finish().unwrap();
    std::fs::write(&path, &bytes).unwrap();
    let sha256 = digest::digest(&digest::SHA256, &bytes).as_ref().try_into().unwrap();
    UploadFile {
        path,
        name: "rows.csv.gz".to_owned(),
        size_bytes: bytes.len() as u64,
        sha256,
        compression: Compression::Gzip,
    }
}

fn copy(stage: &StageLocation) -> String {
    format!(
        "COPY INTO \"BATCH\" (\"N\", \"T\") FROM {stage} FILES = ('rows.csv.gz') FILE_FORMAT = (TYPE = CSV \
         COMPRESSION = GZIP FIELD_OPTIONALLY_ENCLOSED_BY = '\"' ESCAPE_UNENCLOSED_FIELD = NONE NULL_IF = ()) \
         ON_ERROR = ABORT_STATEMENT"
    )
}

const CREATE: &str = "CREATE TEMPORARY TABLE \"BATCH\" (\"N\" NUMBER, \"T\" VARCHAR)";
const SELECT: &str = "SELECT \"N\", \"T\" FROM \"BATCH\" ORDER BY \"N\"";

fn expected_rows() -> Vec<Vec<Option<String>>> {
    let cell = |text: &str| Some(text.to_owned());
    vec![
        vec![cell("1"), cell("a \"b\" \\N")],
        vec![cell("2"), None],
        vec![cell("3"), cell("")],
    ]
}

#[tokio::test]
async fn both_log_ins_are_taken_and_wrong_ones_are_told_apart() {
    let server = server(&[]);
    let with_key = |file: &str| {
        let mut config = config_of_demo(&server);
        config.credentials = Credentials::KeyPair {
            key: PrivateKeySource::Path(Path::new(DATA).join(file)),
            passphrase: Some(Secret::new("test-passphrase")),
        };
        config
    };
    for config in [
        config_of_demo(&server),
        with_key("rsa_aes256.p8"),
        with_key("rsa_plain.p8"),
    ] {
        let session = Session::log_in(&config).await.unwrap();
        assert_eq!(session.session_info().database.as_deref(), Some("DEMO"));
        assert_eq!(
            run(&session, "SELECT CURRENT_USER()").await.unwrap().single(),
            Some("DEMO")
        );
        session.close().await;
    }
    let mut wrong_password = config_of_demo(&server);
    wrong_password.credentials = Credentials::Password(Secret::new("wrong"));
    let mut wrong_user_for_key = with_key("rsa_plain.p8");
    wrong_user_for_key.user = "nobody".to_owned();
    let mut missing_database = config_of_demo(&server);
    missing_database.database = Some("MISSING".to_owned());
    let mut missing_account = config_of_demo(&server);
    missing_account.account = "missing".to_owned();
    let cases = [
        (wrong_password, ErrorKind::Credentials),
        (wrong_user_for_key, ErrorKind::Credentials),
        (missing_database, ErrorKind::Configuration),
        (missing_account, ErrorKind::Configuration),
    ];
    for (config, kind) in cases {
        let failure = Session::log_in(&config).await.unwrap_err();
        assert_eq!(failure.kind(), kind, "{failure}");
    }
}

#[tokio::test]
async fn files_reach_every_kind_of_stage_with_both_key_sizes() {
    for bits in ["128", "256"] {
        let server = server(&["--key-bits", bits]);
        let directory = tempfile::tempdir().unwrap();
        let session = Session::log_in(&config_of_demo(&server)).await.unwrap();
        run(&session, "CREATE STAGE \"my stage\"").await.unwrap();
        let name = |text: &str| Identifier::new(text).unwrap();
        let stages = [
            StageLocation::user("it's a/run"),
            StageLocation::named(QualifiedName::in_schema(name("PUBLIC"), name("my stage")), "run"),
            StageLocation::table(QualifiedName::unqualified(name("BATCH")), "run"),
        ];
        for stage in stages {
            run(&session, &CREATE.replace("TEMPORARY", "OR REPLACE")).await.unwrap();
            session.upload(&stage, &[batch_file(directory.path())]).await.unwrap();
            let copied = run(&session, &copy(&stage)).await.unwrap();
            let status = copied.rows().next().unwrap().get("status");
            assert_eq!(status, Some("LOADED"), "{stage}");
            assert_eq!(run(&session, SELECT).await.unwrap().rows, expected_rows(), "{stage}");
            let removed = run(&session, &format!("REMOVE {stage}")).await.unwrap();
            assert_eq!(removed.rows.len(), 1, "{stage}");
        }
    }
}

/// Logs in, loads one file into a temporary table and reads it back. A statement that ran twice would fail: the table
/// would be there already, or the file loaded already.
async fn load(config: &ClientConfig, directory: &Path) -> Result<ResultSet, Error> {
    let session = Session::log_in(config).await?;
    let stage = StageLocation::user("load");
    run(&session, CREATE).await?;
    session.upload(&stage, &[batch_file(directory)]).await?;
    run(&session, &copy(&stage)).await?;
    let rows = run(&session, SELECT).await?;
    session.close().await;
    Ok(rows)
}

/// Requests of [`load`]: log-in, CREATE, PUT, the upload, COPY, SELECT, log-out.
const REQUESTS: usize = 7;

#[tokio::test]
async fn one_fault_at_any_request_of_a_load_changes_nothing() {
    let server = server(&[]);
    let directory = tempfile::tempdir().unwrap();
    let config = config_of_demo(&server);
    let rules = format!("http://127.0.0.1:{}/__local/faults", server.port());
    let client = reqwest::Client::new();
    let faults = [
        json!({"status": 503}),
        // The server does the work, and the reply is lost.
        json!({"execute": true, "reset": true}),
        json!({"cut_after_bytes": 20}),
        json!({"expire_session": true}),
    ];
    let at_each_request = |fault: Value| {
        (1..=REQUESTS).map(move |request| {
            let mut rule = fault.clone();
            rule["nth"] = json!(request);
            rule["path"] = json!("^/(?!__local)");
            rule
        })
    };
    let mut sweep: Vec<Value> = faults.into_iter().flat_map(at_each_request).collect();
    sweep.push(json!({"method": "PUT", "expire_credentials": true}));
    sweep.push(json!({"sql": "^COPY", "poll": 1}));
    for rule in sweep {
        client.delete(&rules).send().await.unwrap();
        let set = client.post(&rules).json(&json!([rule])).send().await.unwrap();
        assert!(set.status().is_success(), "{}", set.text().await.unwrap());
        let rows = load(&config, directory.path()).await;
        assert_eq!(rows.unwrap().rows, expected_rows(), "{rule}");
        let counted: Value = client.get(&rules).send().await.unwrap().json().await.unwrap();
        assert_eq!(counted["rules"][0]["acted"], 1, "{rule} never acted");
    }
}
