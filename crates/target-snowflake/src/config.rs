//! Settings to a configuration that is ready to use: every choice made, every problem reported at once.
//! The names and kinds of settings are `settings_table.rs`.

use std::path::PathBuf;
use std::time::Duration;

use connector_process::{Environment, Failure, Settings, load_settings};
use serde_json::Value;
use snowflake_client::{ClientConfig, Credentials, PrivateKeySource, Protocol, Secret};

use crate::batch_file::BatchFileSettings;
use crate::columns::{ColumnSettings, DatetimeTreatment, TimestampType};
use crate::invalid_records::InvalidRecordSettings;
use crate::routing::Routing;
use crate::settings_table::PROGRAM;

mod records;
mod routing;

/// Everything the run needs to know.
#[derive(Debug, Clone)]
pub(crate) struct Config {
    pub(crate) client: ClientConfig,
    pub(crate) columns: ColumnSettings,
    pub(crate) batch_files: BatchFileSettings,
    pub(crate) limits: BatchLimits,
    pub(crate) load: LoadSettings,
    pub(crate) routing: Routing,
    pub(crate) invalid_records: InvalidRecordSettings,
}

/// When a stream's open batch is loaded: at the first of these.
#[derive(Debug, Clone, Copy)]
pub(crate) struct BatchLimits {
    pub(crate) rows: u64,
    pub(crate) size_bytes: u64,
    pub(crate) age: Duration,
}

/// What happens in the database.
#[derive(Debug, Clone)]
pub(crate) struct LoadSettings {
    pub(crate) method: LoadMethod,
    /// Database as the user wrote it; the session knows its real name.
    pub(crate) database: String,
    pub(crate) parallelism: usize,
    pub(crate) process_activate_version: bool,
    pub(crate) hard_delete: bool,
}

/// What happens to a row whose key is in the table already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LoadMethod {
    Upsert,
    AppendOnly,
}

/// No batch may need more files than one COPY takes, nor one that never ends.
const ROWS: std::ops::RangeInclusive<i64> = 1..=1_000_000_000;
const BYTES: std::ops::RangeInclusive<i64> = 1_000..=100_000_000_000;
const AGE_SECONDS: std::ops::RangeInclusive<i64> = 1..=86_400;
const PARALLELISM: std::ops::RangeInclusive<i64> = 0..=32;

impl Config {
    /// Reads and checks everything.
    pub(crate) fn load(sources: &[String], environment: &Environment) -> Result<Self, Failure> {
        let mut settings = load_settings(&PROGRAM, sources, environment);
        let config = Self {
            client: client_config(&mut settings),
            columns: column_settings(&mut settings),
            batch_files: batch_file_settings(&mut settings),
            limits: BatchLimits {
                rows: within(&mut settings, "batch_size_rows", ROWS),
                size_bytes: within(&mut settings, "batch_size_bytes", BYTES),
                age: Duration::from_secs(within(&mut settings, "batch_wait_limit_seconds", AGE_SECONDS)),
            },
            load: load_settings_of(&mut settings),
            routing: routing::routing(&mut settings),
            invalid_records: records::invalid_records(&mut settings),
        };
        settings.check()?;
        Ok(config)
    }
}

/// The number, or 0 after its problem was noted.
fn within(settings: &mut Settings, name: &str, range: std::ops::RangeInclusive<i64>) -> u64 {
    settings
        .integer_within(name, range)
        .and_then(|number| u64::try_from(number).ok())
        .unwrap_or_default()
}

fn client_config(settings: &mut Settings) -> ClientConfig {
    let credentials = credentials(settings);
    let text = |name: &str| settings.text(name);
    let mut client = ClientConfig::new(
        text("account").unwrap_or_default(),
        text("user").unwrap_or_default(),
        credentials,
    );
    client.host = text("host");
    client.protocol = if text("protocol").as_deref() == Some("http") {
        Protocol::Http
    } else {
        Protocol::Https
    };
    client.database = text("database");
    client.warehouse = text("warehouse");
    client.role = text("role");
    // The schema is not part of the session: it may have to be created first, and every name in SQL is complete.
    client.application = "target_snowflake".to_owned();
    client.application_version = PROGRAM.version.to_owned();
    let mut parameter = |name: &str, value: Value| client.session_parameters.insert(name.to_owned(), value);
    // What a statement means must not depend on what someone set for the account or the user.
    parameter("TIMEZONE", Value::from("UTC"));
    parameter("QUOTED_IDENTIFIERS_IGNORE_CASE", Value::Bool(false));
    parameter("ERROR_ON_NONDETERMINISTIC_MERGE", Value::Bool(true));
    parameter("AUTOCOMMIT", Value::Bool(true));
    if let Some(tag) = text("query_tag") {
        parameter("QUERY_TAG", Value::from(tag));
    }
    client.port = settings
        .integer_within("port", 1..=65_535)
        .and_then(|port| u16::try_from(port).ok());
    client
}

/// A key pair goes before a password, because Meltano may hand over both.
fn credentials(settings: &mut Settings) -> Credentials {
    let secret = |name: &str| settings.secret(name).map(|secret| Secret::new(secret.expose()));
    let key = secret("private_key").map(PrivateKeySource::Pem);
    let key = key.or_else(|| {
        settings
            .text("private_key_path")
            .map(|path| PrivateKeySource::Path(PathBuf::from(path)))
    });
    if let Some(key) = key {
        return Credentials::KeyPair {
            key,
            passphrase: secret("private_key_passphrase"),
        };
    }
    let password = secret("password");
    if password.is_none() {
        settings.problem("password", "missing (or private_key, or private_key_path)");
    }
    Credentials::Password(password.unwrap_or_else(|| Secret::new("")))
}

fn column_settings(settings: &mut Settings) -> ColumnSettings {
    let timestamp_type = settings
        .text("timestamp_type")
        .and_then(|name| TimestampType::from_name(&name));
    let treatment = settings
        .text("datetime_error_treatment")
        .and_then(|name| DatetimeTreatment::from_name(&name));
    let mut columns = ColumnSettings {
        add_record_metadata: settings.boolean("add_record_metadata"),
        timestamp_type: timestamp_type.unwrap_or_default(),
        datetime_treatment: treatment.unwrap_or_default(),
        identifier_case: routing::identifier_case(settings),
        ..ColumnSettings::default()
    };
    records::column_sizes(settings, &mut columns);
    columns
}

fn batch_file_settings(settings: &mut Settings) -> BatchFileSettings {
    let mut files = BatchFileSettings::default();
    if let Some(directory) = settings.text("temp_dir").map(PathBuf::from) {
        if !directory.is_dir() {
            settings.problem("temp_dir", "is not a directory");
        }
        files.directory = directory;
    }
    files
}

fn load_settings_of(settings: &mut Settings) -> LoadSettings {
    let is_append = settings.text("load_method").as_deref() == Some("append-only");
    let parallelism = within(settings, "parallelism", PARALLELISM);
    LoadSettings {
        method: if is_append {
            LoadMethod::AppendOnly
        } else {
            LoadMethod::Upsert
        },
        database: settings.text("database").unwrap_or_default(),
        // PipelineWise's 0 means "as many as make sense".
        parallelism: if parallelism == 0 {
            4
        } else {
            usize::try_from(parallelism).unwrap_or(4)
        },
        process_activate_version: settings.boolean("process_activate_version_messages"),
        hard_delete: settings.boolean("hard_delete"),
    }
}

#[cfg(test)]
mod tests;
