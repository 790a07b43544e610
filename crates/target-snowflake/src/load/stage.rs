//! Where a run stages its files, and the files of a batch on their way there. The upload itself is the client's.

use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use snowflake_client::{Session, StageLocation, UploadFile};
use uuid::Uuid;

use super::attempt::{Attempt, execute};
use super::work_session::WorkSession;
use crate::batch_file::BatchFile;
use crate::stream_buffer::Batch;

/// The run's own part of the user stage. The user stage needs no object and no privilege.
#[derive(Debug)]
pub(crate) struct RunStage {
    run: Uuid,
    /// Streams that may have files there.
    filled: Mutex<BTreeSet<String>>,
}

impl RunStage {
    /// A place that no other run uses; names sort by time.
    pub(crate) fn new() -> Self {
        Self {
            run: Uuid::now_v7(),
            filled: Mutex::default(),
        }
    }

    /// The run's own number.
    pub(crate) fn run(&self) -> Uuid {
        self.run
    }

    /// Where the stream's files go, for somebody who puts them there. Only one batch of a stream is staged at a time, so
    /// the place is the batch's own.
    pub(crate) fn fill(&self, stream: &str) -> StageLocation {
        self.lock().insert(stream.to_owned());
        self.place(stream)
    }

    /// Takes the stream's files off, if there may be any; what cannot be removed is noted and tried again by
    /// [`clear_all`](Self::clear_all).
    pub(crate) async fn clear(&self, session: &WorkSession, stream: &str) {
        if !self.lock().contains(stream) {
            return;
        }
        let place = self.place(stream);
        match execute(session, &format!("REMOVE {place}")).await {
            Ok(_) => drop(self.lock().remove(stream)),
            Err(error) => log::warn!("stream {stream:?}: cannot remove the files in {place}: {error}"),
        }
    }

    /// The same for all streams.
    pub(crate) async fn clear_all(&self, session: &WorkSession) {
        let streams: Vec<String> = self.lock().iter().cloned().collect();
        for stream in streams {
            self.clear(session, &stream).await;
        }
    }

    /// Whether there may be files.
    pub(crate) fn is_filled(&self) -> bool {
        !self.lock().is_empty()
    }

    /// Whether there may be files of the stream.
    pub(crate) fn is_filled_by(&self, stream: &str) -> bool {
        self.lock().contains(stream)
    }

    /// For messages, and the part of the stage that is this run's alone.
    pub(crate) fn place_of_run(&self) -> StageLocation {
        StageLocation::user(&format!("target-snowflake/{}", self.run.simple()))
    }

    fn place(&self, stream: &str) -> StageLocation {
        StageLocation::user(&format!("target-snowflake/{}/{}", self.run.simple(), path_part(stream)))
    }

    fn lock(&self) -> MutexGuard<'_, BTreeSet<String>> {
        // A set of names is whole whatever happened to the thread that held it.
        self.filled.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The stream's name for a person who looks at the stage, and a checksum that keeps similar names apart.
fn path_part(stream: &str) -> String {
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

/// The batch's files that are not staged yet, as the client takes them.
pub(crate) fn upload_files(batch: &Batch) -> Vec<UploadFile> {
    let waiting = batch.files.iter().filter(|file| !file.is_staged());
    waiting.map(|file| upload_file(file)).collect()
}

/// Uploads one file ahead of the rest of its batch.
pub(crate) async fn stage_file(
    session: &Session,
    place: &StageLocation,
    stream: &str,
    file: &BatchFile,
) -> Result<(), Attempt> {
    let uploaded = Box::pin(session.upload(place, &[upload_file(file)])).await;
    uploaded.map_err(|error| Attempt::failed(stream, "cannot stage a file", &error))?;
    file.set_staged();
    Ok(())
}

/// A file as the client takes it.
fn upload_file(file: &BatchFile) -> UploadFile {
    UploadFile {
        path: file.path().to_owned(),
        name: file.name.clone(),
        size_bytes: file.size_bytes,
        sha256: file.sha256,
        compression: file.compression,
    }
}
