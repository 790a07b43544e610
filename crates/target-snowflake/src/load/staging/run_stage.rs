//! A run's own part of the stage: a directory per stream, what lies in it, and that it is taken away again.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use snowflake_client::Identifier;
use tokio::sync::OnceCell;
use uuid::Uuid;

use super::copy_source::CopySource;
use super::resolve::resolve;
use super::stage::{Stage, StageKind};
use crate::batch_file::BatchFile;
use crate::columns::StreamColumns;
use crate::config::StagingSettings;
use crate::load::attempt::{Attempt, execute};
use crate::load::work_session::WorkSession;
use crate::stream_buffer::Batch;

/// Where the run's files lie.
#[derive(Debug)]
pub(crate) struct RunStage {
    run: Uuid,
    settings: StagingSettings,
    /// Found out when the first file is there.
    stage: OnceCell<Stage>,
    /// Streams that may have files there, and their names.
    filled: Mutex<BTreeMap<String, BTreeSet<String>>>,
}

/// A stream's directory, for somebody who puts files there. Only one batch of a stream is staged at a time, so the place
/// is the batch's own.
#[derive(Debug)]
pub(crate) struct StagePlace<'a> {
    run: &'a RunStage,
    stage: &'a Stage,
    columns: &'a StreamColumns,
}

impl RunStage {
    /// A place that no other run uses; names sort by time.
    pub(crate) fn new(settings: StagingSettings) -> Self {
        Self {
            run: Uuid::now_v7(),
            settings,
            stage: OnceCell::new(),
            filled: Mutex::default(),
        }
    }

    /// The run's own number.
    pub(crate) fn run(&self) -> Uuid {
        self.run
    }

    /// The stream's place. The first time Snowflake is asked about the stage.
    pub(crate) async fn place<'a>(
        &'a self,
        session: &WorkSession,
        database: &Identifier,
        columns: &'a StreamColumns,
    ) -> Result<StagePlace<'a>, Attempt> {
        let resolving = || resolve(&self.settings, session, database, &columns.stream);
        let stage = self.stage.get_or_try_init(resolving).await?;
        Ok(StagePlace {
            run: self,
            stage,
            columns,
        })
    }

    /// Takes the stream's files away, if there may be any; what cannot be removed is noted and tried again by
    /// [`clear_all`](Self::clear_all). Files in the user's own storage need no session.
    pub(crate) async fn clear(&self, session: Option<&WorkSession>, stream: &str) {
        let names = self.lock().get(stream).cloned();
        let (Some(names), Some(stage)) = (names, self.stage.get()) else {
            return;
        };
        let directory = self.directory(stream);
        let removed = match (&stage.kind, session) {
            (StageKind::Own(own), _) => {
                let mut removed = Ok(());
                for name in &names {
                    let deleted = own.delete(&own.key(&directory, name)).await;
                    removed = removed.and(deleted.map_err(|error| error.to_string()));
                }
                removed
            }
            (kind, Some(session)) => match kind.location(&directory) {
                Some(place) => {
                    let removed = execute(session, &format!("REMOVE {place}")).await;
                    removed.map(|_| ()).map_err(|error| error.to_string())
                }
                None => Ok(()),
            },
            (_, None) => Err("there is no session".to_owned()),
        };
        match removed {
            Ok(()) => drop(self.lock().remove(stream)),
            Err(problem) => log::warn!(
                "stream {stream:?}: cannot remove the files in {:?}: {problem}",
                stage.kind.source(&directory)
            ),
        }
    }

    /// The same for all streams.
    pub(crate) async fn clear_all(&self, session: Option<&WorkSession>) {
        let streams: Vec<String> = self.lock().keys().cloned().collect();
        for stream in streams {
            self.clear(session, &stream).await;
        }
    }

    /// The same where no session is needed for it.
    pub(crate) async fn clear_own_storage(&self) {
        if self.is_own() {
            self.clear_all(None).await;
        }
    }

    /// Whether there may be files that a session is needed to remove.
    pub(crate) fn needs_session(&self) -> bool {
        !self.lock().is_empty() && !self.is_own()
    }

    /// Whether there may be files of the stream.
    pub(crate) fn is_filled_by(&self, stream: &str) -> bool {
        self.lock().contains_key(stream)
    }

    fn is_own(&self) -> bool {
        self.stage
            .get()
            .is_some_and(|stage| matches!(stage.kind, StageKind::Own(_)))
    }

    /// After a batch was committed: its files go into the archive, if there is one.
    pub(crate) async fn archive(&self, batch: &Batch) {
        let stream = &batch.columns.stream;
        if let Some(Stage {
            kind,
            archive: Some(archive),
        }) = self.stage.get()
        {
            let directory = self.directory(stream);
            let mut kept = true;
            for file in &batch.files {
                let is_kept = archive.keep(kind, &directory, &batch.columns, file).await;
                if !is_kept && matches!(kind, StageKind::Own(_)) {
                    // The only copy stays.
                    self.forget(stream, &file.name);
                }
                kept &= is_kept;
            }
            if !kept && !matches!(kind, StageKind::Own(_)) {
                self.lock().remove(stream);
            }
        }
    }

    /// For messages: the part of the stage that is this run's alone.
    pub(crate) fn shown(&self) -> String {
        let directory = format!("target-snowflake/{}/", self.run.simple());
        let source = self.stage.get().map(|stage| stage.kind.source(&directory));
        source.map(|source| source.shown().to_string()).unwrap_or(directory)
    }

    fn directory(&self, stream: &str) -> String {
        format!("target-snowflake/{}/{}/", self.run.simple(), path_part(stream))
    }

    fn note(&self, stream: &str, name: &str) {
        self.lock()
            .entry(stream.to_owned())
            .or_default()
            .insert(name.to_owned());
    }

    fn forget(&self, stream: &str, name: &str) {
        if let Some(names) = self.lock().get_mut(stream) {
            names.remove(name);
        }
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, BTreeSet<String>>> {
        // A map of names is whole whatever happened to the thread that held it.
        self.filled.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl StagePlace<'_> {
    /// Brings those of the files there that are not there yet.
    pub(crate) async fn upload(
        &self,
        session: &WorkSession,
        files: impl IntoIterator<Item = &BatchFile>,
    ) -> Result<(), Attempt> {
        let stream = &self.columns.stream;
        let mut labelled = Vec::new();
        for file in files {
            if !file.is_staged() {
                self.run.note(stream, &file.name);
                let archive = self.stage.archive.as_ref();
                labelled.push((
                    file,
                    archive
                        .map(|archive| archive.label(self.columns, file))
                        .unwrap_or_default(),
                ));
            }
        }
        if labelled.is_empty() {
            return Ok(());
        }
        let directory = self.run.directory(stream);
        self.stage.upload(session, stream, &directory, labelled).await
    }

    /// What COPY reads the files from.
    pub(crate) fn source(&self) -> CopySource {
        self.stage.kind.source(&self.run.directory(&self.columns.stream))
    }
}

/// The stream's name for a person who looks at the stage, and a checksum that keeps similar names apart.
pub(super) fn path_part(stream: &str) -> String {
    let plain = |character: char| {
        if character.is_ascii_alphanumeric() {
            character
        } else {
            '_'
        }
    };
    let readable: String = stream.chars().take(60).map(plain).collect();
    // FNV-1a, 32 bits: enough for the streams of one run, whose table names are distinct anyway.
    let hash = stream.bytes().fold(0x811c_9dc5_u32, |hash, byte| {
        (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
    });
    format!("{readable}_{hash:08x}")
}
