//! Settings to a configuration that is ready to use: every choice made, every problem reported at once.
//! The names and kinds of settings are `settings_table.rs`.

use std::path::PathBuf;
use std::time::Duration;

use connector_process::{Environment, Failure, Settings, live_lines, load_settings};
use snowflake_client::{ClientConfig, Compression};

use crate::batch_file::{BatchFileSettings, Packing};
use crate::columns::ColumnSettings;
use crate::invalid_records::InvalidRecordSettings;
use crate::routing::Routing;
use crate::settings_table::PROGRAM;
use crate::shaping::ShapingSettings;

mod client;
mod columns;
mod load;
mod log_in;
mod records;
mod routing;
mod shaping;
mod stage_name;
mod staging;
mod storage_access;
mod warehouse;

pub(crate) use load::{LoadMethod, LoadSettings, NullKeys, TypeChanges};

pub(crate) use log_in::setting_of;

pub(crate) use staging::{ArchiveSettings, StagingSettings, UrlPermit, UserKey};

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
    pub(crate) shaping: ShapingSettings,
    pub(crate) staging: StagingSettings,
    /// A person is watching and wants to see how far the run is.
    pub(crate) is_watched: bool,
}

/// When a stream's open batch is loaded: at the first of these.
#[derive(Debug, Clone, Copy)]
pub(crate) struct BatchLimits {
    pub(crate) rows: u64,
    pub(crate) size_bytes: u64,
    pub(crate) age: Duration,
    /// A full batch of one stream loads those of all.
    pub(crate) flushes_all: bool,
}

/// No batch may need more files than one COPY takes, nor one that never ends.
const ROWS: std::ops::RangeInclusive<i64> = 1..=1_000_000_000;
const BYTES: std::ops::RangeInclusive<i64> = 1_000..=100_000_000_000;
const AGE_SECONDS: std::ops::RangeInclusive<i64> = 1..=86_400;

impl Config {
    /// Reads and checks everything.
    pub(crate) fn load(sources: &[String], environment: &Environment) -> Result<Self, Failure> {
        let mut settings = load_settings(&PROGRAM, sources, environment);
        let config = Self {
            client: client::client_config(&mut settings),
            columns: columns::column_settings(&mut settings),
            batch_files: batch_file_settings(&mut settings),
            limits: BatchLimits {
                rows: within(&mut settings, "batch_size_rows", ROWS),
                size_bytes: within(&mut settings, "batch_size_bytes", BYTES),
                age: Duration::from_secs(within(&mut settings, "batch_wait_limit_seconds", AGE_SECONDS)),
                flushes_all: settings.boolean("flush_all_streams"),
            },
            load: {
                let case = routing::identifier_case(&settings);
                load::load_settings(&mut settings, case)
            },
            routing: routing::routing(&mut settings),
            invalid_records: records::invalid_records(&mut settings),
            shaping: shaping::shaping(&mut settings),
            staging: staging::staging(&mut settings),
            is_watched: settings.boolean("progress") && live_lines::is_watched(environment),
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

fn batch_file_settings(settings: &mut Settings) -> BatchFileSettings {
    let mut files = BatchFileSettings::default();
    if let Some(directory) = settings.text("temp_dir").map(PathBuf::from) {
        if !directory.is_dir() {
            settings.problem("temp_dir", "is not a directory");
        }
        files.directory = directory;
    }
    files.packing = packing(settings);
    files
}

fn packing(settings: &mut Settings) -> Packing {
    let compression = match settings.text("compression").as_deref() {
        Some("zstd") => Compression::Zstd,
        Some("bzip2") => Compression::Bzip2,
        Some("brotli") => Compression::Brotli,
        Some("deflate") => Compression::Deflate,
        Some("raw_deflate") => Compression::RawDeflate,
        Some("none") => Compression::None,
        _ => Compression::Gzip,
    };
    let levels = Packing::levels(compression);
    let given = settings.integer_within(
        "compression_level",
        i64::from(*levels.start())..=i64::from(*levels.end()),
    );
    let usual = Packing::of(compression);
    let given = given.and_then(|level| u32::try_from(level).ok());
    Packing {
        level: given.unwrap_or(usual.level),
        ..usual
    }
}

#[cfg(test)]
mod tests;
