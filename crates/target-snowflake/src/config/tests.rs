//! Choices that are made, problems that come at once, and the generated settings schema.

use std::path::Path;

use connector_process::{Environment, ExitCode, settings_json_schema};
use snowflake_client::{Credentials, PrivateKeySource, Protocol};

use super::{Config, LoadMethod};
use crate::settings_table::PROGRAM;

fn load(pairs: &[(&str, &str)]) -> Result<Config, connector_process::Failure> {
    let named: Vec<(String, &str)> = pairs
        .iter()
        .map(|(name, value)| (format!("TARGET_SNOWFLAKE_{name}"), *value))
        .collect();
    Config::load(
        &[],
        &Environment::from_pairs(named.iter().map(|(name, value)| (name.as_str(), *value))),
    )
}

const LEAST: [(&str, &str); 4] = [
    ("ACCOUNT", "acct"),
    ("USER", "u"),
    ("PASSWORD", "hush"),
    ("DATABASE", "db"),
];

#[test]
fn the_least_there_must_be_is_enough() {
    let config = load(&LEAST).unwrap();
    assert_eq!(config.client.protocol, Protocol::Https);
    assert_eq!(config.routing.fallback_schema, "PUBLIC");
    assert_eq!(config.load.method, LoadMethod::Upsert);
    assert_eq!((config.limits.rows, config.limits.age.as_secs()), (100_000, 300));
    assert!(config.columns.add_record_metadata);
    assert!(!format!("{config:?}").contains("hush"));
}

#[test]
fn requirement_20_other_targets_names_are_understood() {
    let pairs = [
        ("SNOWFLAKE_ACCOUNT", "acct"),
        ("SNOWFLAKE_USERNAME", "u"),
        ("PRIVATE_KEY_PATH", "/key.p8"),
        ("PASSWORD", "does not count"),
        ("SNOWFLAKE_AUTHENTICATOR", "snowflake_jwt"),
        ("DBNAME", "db"),
        ("ADD_METADATA_COLUMNS", "false"),
        ("MAX_BATCH_ROWS", "5"),
        ("DEFAULT_TARGET_SCHEMA", "raw"),
        ("PARALLELISM", "0"),
    ];
    let config = load(&pairs).unwrap();
    assert!(matches!(
        config.client.credentials,
        Credentials::KeyPair {
            key: PrivateKeySource::Path(_),
            ..
        }
    ));
    assert_eq!(config.client.database.as_deref(), Some("db"));
    assert_eq!((config.limits.rows, config.load.parallelism), (5, 4));
    assert_eq!(config.routing.default_target_schema.as_deref(), Some("RAW"));
    assert!(!config.columns.add_record_metadata);
}

/// Every setting of MeltanoLabs' target 0.20.4, PipelineWise's 2.4.1 and datamill-co's.
const OTHER_TARGETS: [&[&str]; 3] = [
    &[
        "user",
        "password",
        "private_key",
        "private_key_path",
        "private_key_passphrase",
        "account",
        "database",
        "schema",
        "warehouse",
        "role",
        "add_record_metadata",
        "clean_up_batch_files",
        "use_browser_authentication",
        "oauth_access_token",
        "timestamp_type",
        "uuid_format",
        "quoted_identifiers_ignore_case",
        "normalise_casing",
        "use_raw_stream_names",
        "load_method",
        "ingestion_method",
        "default_target_schema",
        "hard_delete",
        "batch_size_rows",
        "batch_config",
        "process_activate_version_messages",
        "validate_records",
        "stream_maps",
        "stream_map_config",
        "faker_config",
        "flattening_enabled",
        "flattening_max_depth",
        "flattening_max_key_length",
        "flattening_separator",
    ],
    &[
        "account",
        "dbname",
        "user",
        "password",
        "private_key",
        "warehouse",
        "role",
        "batch_size_rows",
        "batch_wait_limit_seconds",
        "flush_all_streams",
        "parallelism",
        "parallelism_max",
        "max_parallelism",
        "default_target_schema",
        "default_target_schema_select_permission",
        "default_target_schema_select_permissions",
        "schema_mapping",
        "disable_table_cache",
        "add_metadata_columns",
        "hard_delete",
        "data_flattening_max_level",
        "primary_key_required",
        "validate_records",
        "temp_dir",
        "query_tag",
    ],
    &[
        "snowflake_account",
        "snowflake_warehouse",
        "snowflake_database",
        "snowflake_username",
        "snowflake_password",
        "snowflake_schema",
        "snowflake_role",
        "snowflake_authenticator",
        "invalid_records_detect",
        "invalid_records_threshold",
        "disable_collection",
        "logging_level",
        "persist_empty_tables",
        "state_support",
        "max_batch_rows",
        "max_batch_size",
        "batch_detection_threshold",
        "before_run_sql",
        "after_run_sql",
        "before_run_sql_file",
        "after_run_sql_file",
    ],
];

#[test]
fn requirement_20_every_setting_of_other_targets_is_known() {
    let is_known = |name: &&&str| PROGRAM.setting(name).is_some() || PROGRAM.other_setting(name).is_some();
    let strangers: Vec<_> = OTHER_TARGETS
        .iter()
        .copied()
        .flatten()
        .filter(|name| !is_known(name))
        .collect();
    assert_eq!(strangers, Vec::<&&str>::new());
    for other in PROGRAM.other_settings {
        assert!(
            PROGRAM.setting(other.name).is_none(),
            "{} is a setting of ours",
            other.name
        );
        let words = other.reason.to_lowercase();
        assert!(
            !words.contains("error") && !words.contains("exception"),
            "{}",
            other.name
        );
    }
}

#[test]
fn parallelism_may_be_left_to_the_program_or_the_machine_and_has_an_upper_limit() {
    let parallelism = |pairs: &[(&str, &str)]| load(&[&LEAST, pairs].concat()).unwrap().load.parallelism;
    assert_eq!(parallelism(&[("PARALLELISM", "0")]), 4);
    assert_eq!(parallelism(&[("PARALLELISM", "0"), ("MAX_PARALLELISM", "3")]), 3);
    assert_eq!(parallelism(&[("PARALLELISM", "8"), ("PARALLELISM_MAX", "2")]), 2);
    let processors = std::thread::available_parallelism().unwrap().get();
    assert_eq!(parallelism(&[("PARALLELISM", "-1")]), processors.min(32));
}

#[test]
fn every_problem_is_told_at_once() {
    let pairs = [
        ("PORT", "0"),
        ("LOAD_METHOD", "overwrite"),
        ("BATCH_SIZE_ROWS", "0"),
        ("TEMP_DIR", "/no/such"),
        ("USER", "u"),
    ];
    let failure = load(&pairs).unwrap_err();
    assert_eq!(failure.code, ExitCode::Usage);
    insta::assert_snapshot!(failure.to_string());
}

#[test]
fn the_settings_schema_in_the_repository_is_up_to_date() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../schemas/config/target-snowflake.json");
    let generated = format!("{:#}\n", settings_json_schema(&PROGRAM));
    if std::env::var_os("UPDATE_SCHEMAS").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, &generated).unwrap();
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        found == generated,
        "{} is out of date: run this test with UPDATE_SCHEMAS=1",
        path.display()
    );
}

#[test]
fn every_default_and_every_word_in_the_table_is_right() {
    for setting in PROGRAM.settings {
        assert_eq!(
            setting.default.is_some(),
            setting.default_value().is_some(),
            "{}",
            setting.name
        );
        if let (Some(default), false) = (setting.default_value(), setting.options.is_empty()) {
            assert!(
                setting.options.iter().any(|option| default == *option),
                "{}",
                setting.name
            );
        }
    }
}

#[test]
fn what_staging_lacks_or_says_twice_is_told_at_once() {
    let cases: [&[(&str, &str)]; 9] = [
        &[("S3_BUCKET", "b"), ("AWS_ACCESS_KEY_ID", "AKIA")],
        &[
            ("S3_BUCKET", "b"),
            ("STAGE", "no schema"),
            ("S3_ENDPOINT_URL", "http://example.org"),
        ],
        &[
            ("S3_KEY_PREFIX", "a/"),
            ("STORAGE_INTEGRATION", "int"),
            ("ARCHIVE_LOAD_FILES", "true"),
        ],
        &[("S3_BUCKET", "b"), ("EXTERNAL_STAGE_URL", "s3://b"), ("STAGE", "a.b")],
        &[
            ("EXTERNAL_STAGE_URL", "gcs://b?sig=hush"),
            ("STAGE", "a.%b"),
            ("CLIENT_SIDE_ENCRYPTION_MASTER_KEY", "hush"),
        ],
        &[
            ("EXTERNAL_STAGE_URL", "gcs://b"),
            ("STAGE", "a.b"),
            ("STORAGE_INTEGRATION", "i"),
            ("CLIENT_SIDE_ENCRYPTION_MASTER_KEY", "AAAAAAAAAAAAAAAAAAAAAA=="),
        ],
        &[
            ("CLIENT_SIDE_ENCRYPTION_MASTER_KEY", "AAAAAAAAAAAAAAAAAAAAAA=="),
            ("AWS_SESSION_TOKEN", "hush"),
        ],
        &[("TARGET_S3", r#"{"bucket": "b/c"}"#)],
        &[
            ("ARCHIVE_LOAD_FILES", "1"),
            ("TAP_ID", "../x"),
            ("ARCHIVE_LOAD_FILES_S3_BUCKET", "b b"),
            ("S3_KEY_PREFIX", "x"),
        ],
    ];
    let told: Vec<String> = cases
        .iter()
        .map(|pairs| load(&[LEAST.as_slice(), pairs].concat()).unwrap_err().message)
        .collect();
    assert!(!told.join("").contains("hush"));
    insta::assert_snapshot!(told.join("\n\n"));
}

#[test]
fn pipelinewises_staging_is_understood() {
    let pairs = [
        ("S3_BUCKET", "bucket"),
        ("S3_KEY_PREFIX", "imports"),
        ("S3_ENDPOINT_URL", "https://minio.example.org"),
        ("S3_REGION_NAME", "eu-west-1"),
        ("S3_ACL", "bucket-owner-full-control"),
        ("AWS_ACCESS_KEY_ID", "AKIA"),
        ("AWS_SECRET_ACCESS_KEY", "hush"),
        ("AWS_SESSION_TOKEN", "hush"),
        ("STAGE", "raw.stage"),
        ("FILE_FORMAT", "raw.csv"),
        ("CLIENT_SIDE_ENCRYPTION_MASTER_KEY", "AAAAAAAAAAAAAAAAAAAAAA=="),
        ("ARCHIVE_LOAD_FILES", "true"),
        ("TAP_ID", "tap"),
    ];
    let staging = load(&[LEAST.as_slice(), &pairs].concat()).unwrap().staging;
    assert_eq!(staging.location.as_ref().unwrap().to_string(), "s3://bucket/imports/");
    assert_eq!(staging.archive.as_ref().unwrap().path, "archive/tap");
    assert_eq!(
        staging.access.endpoint_url.as_deref(),
        Some("https://minio.example.org")
    );
    assert!(staging.permit.is_none() && staging.master_key.is_some() && staging.access.amazon.keys.is_some());
    let shown = format!("{staging:?}");
    assert!(!shown.contains("hush") && !shown.contains("AAAAAAAA"), "{shown}");
}
