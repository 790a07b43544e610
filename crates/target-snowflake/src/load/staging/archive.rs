//! Loaded files that are kept, in PipelineWise's form: `<prefix>/<tap>/<table>/<file>` with metadata that says what is in
//! them. Nothing here may fail a batch: its rows are committed.

use cloud_storage::{Location, Storage};

use super::own_storage::object;
use super::run_stage::path_part;
use super::stage::StageKind;
use crate::batch_file::BatchFile;
use crate::columns::StreamColumns;
use crate::config::{ArchiveSettings, StagingSettings, UserKey};
use crate::load::problem::LoadProblem;
use crate::routing::StreamNameFormat;

/// S3 takes 2 KB of names and values beside an object. What is encoded grows by a third, and encryption needs some.
const LABEL_BYTES: usize = 1200;

/// Where files are kept.
#[derive(Debug)]
pub(crate) struct Archive {
    storage: Storage,
    /// With prefix and tap.
    location: Location,
    tap: String,
    /// A stage in the same container: files are copied there, not sent again.
    is_beside_stage: bool,
    master_key: Option<UserKey>,
}

impl Archive {
    pub(super) async fn open(
        wanted: &ArchiveSettings,
        settings: &StagingSettings,
        kind: &StageKind,
    ) -> Result<Self, LoadProblem> {
        let setting = "archive_load_files";
        let staged = match kind {
            StageKind::Own(own) => Some(own),
            StageKind::User | StageKind::Named(_) => None,
        };
        let container = match (&wanted.bucket, staged) {
            (Some(bucket), Some(own)) => own.location.with_container(bucket),
            (Some(bucket), None) => Location::of_bucket(bucket, ""),
            (None, Some(own)) => Ok(own.location.clone()),
            (None, None) => {
                let text = "needs `archive_load_files_s3_bucket`: the stage is not in your own storage";
                return Err(LoadProblem::of_setting(setting, text));
            }
        };
        let location = container.and_then(|container| container.with_path(&wanted.path));
        let location = location.map_err(|problem| LoadProblem::of_setting(setting, problem.to_string()))?;
        let beside = staged.filter(|own| own.location.shares_container(&location));
        let storage = match beside {
            Some(own) => own.storage.clone(),
            None => {
                let opened = Storage::open(&location, &settings.access).await;
                opened.map_err(|error| LoadProblem::of_storage(&format!("cannot use {location}"), &error))?
            }
        };
        Ok(Self {
            is_beside_stage: beside.is_some(),
            storage,
            location,
            tap: wanted.tap.clone(),
            master_key: settings.master_key.clone(),
        })
    }

    /// What is written beside a file: whose rows are in it, and from where to where the bookmark goes.
    pub(super) fn label(&self, columns: &StreamColumns, file: &BatchFile) -> Vec<(String, String)> {
        let (schema, table) = parts(columns);
        let mut label = vec![
            ("tap".to_owned(), self.tap.clone()),
            ("schema".to_owned(), schema),
            ("table".to_owned(), table),
            ("archived-by".to_owned(), "target-snowflake".to_owned()),
        ];
        if let Some(range) = &file.bookmarks {
            label.push(("incremental-key".to_owned(), range.property.clone()));
            label.push(("incremental-key-min".to_owned(), range.least.clone()));
            label.push(("incremental-key-max".to_owned(), range.greatest.clone()));
        }
        let mut left = LABEL_BYTES;
        // A bound that is cut would be wrong, so what does not fit is left out.
        label.retain(|(name, value)| {
            let bytes = name.len() + value.len();
            let fits = bytes <= left;
            if fits {
                left -= bytes;
            }
            fits
        });
        label
    }

    /// Keeps a file; false, and a warning, when that is not possible.
    pub(super) async fn keep(
        &self,
        kind: &StageKind,
        directory: &str,
        columns: &StreamColumns,
        file: &BatchFile,
    ) -> bool {
        let (_, table) = parts(columns);
        let key = self.key(&columns.stream, &table, &file.name);
        let kept = match kind {
            StageKind::Own(own) if self.is_beside_stage => {
                let copied = self.storage.copy(&own.key(directory, &file.name), &key).await;
                copied.map_err(|error| error.to_string())
            }
            _ => self.send(columns, file, &key).await,
        };
        if let Err(problem) = &kept {
            log::warn!(
                "stream {:?}: a loaded file stays where it is, because it could not be archived: {problem}",
                columns.stream
            );
        }
        kept.is_ok()
    }

    async fn send(&self, columns: &StreamColumns, file: &BatchFile, key: &str) -> Result<(), String> {
        let label = self.label(columns, file);
        let object = object(&columns.stream, file, label, self.master_key.as_ref());
        let object = object.map_err(|problem| problem.failure.message)?;
        let sent = self.storage.upload(key, object).await;
        sent.map_err(|error| error.to_string())
    }

    /// The table's name where it can be part of a path.
    fn key(&self, stream: &str, table: &str, name: &str) -> String {
        let is_part = !table.contains('/') && self.location.with_path(table).is_ok() && !table.is_empty();
        let table = if is_part { table.to_owned() } else { path_part(stream) };
        self.location.key(&format!("{table}/{name}"))
    }
}

/// Schema and table as the stream's name has them, or else the table's schema.
fn parts(columns: &StreamColumns) -> (String, String) {
    let (schema, table) = StreamNameFormat::PipelineWise.split(&columns.stream);
    let schema = schema.map_or_else(|| columns.place.schema.clone(), str::to_owned);
    (schema, table)
}
