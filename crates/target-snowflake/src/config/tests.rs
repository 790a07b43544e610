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
