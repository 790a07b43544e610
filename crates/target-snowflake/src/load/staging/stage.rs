//! What a run stages on, once it is known, and what can be done there with a stream's files.

use snowflake_client::{QualifiedName, Session, StageLocation, UploadFile};

use super::archive::Archive;
use super::copy_source::CopySource;
use super::own_storage::OwnStorage;
use crate::batch_file::BatchFile;
use crate::load::attempt::Attempt;

/// Where files lie, and where they are kept afterwards.
#[derive(Debug)]
pub(crate) struct Stage {
    pub(super) kind: StageKind,
    pub(super) archive: Option<Archive>,
}

/// Whose storage it is.
#[derive(Debug)]
pub(crate) enum StageKind {
    /// The user's own stage: it needs no object and no privilege.
    User,
    /// A named stage in Snowflake's storage.
    Named(QualifiedName),
    /// Storage that we write to past Snowflake.
    Own(Box<OwnStorage>),
}

impl StageKind {
    /// A directory on a stage of Snowflake's; `None` in the user's own storage.
    pub(crate) fn location(&self, directory: &str) -> Option<StageLocation> {
        match self {
            Self::User => Some(StageLocation::user(directory)),
            Self::Named(name) => Some(StageLocation::named(name.clone(), directory)),
            Self::Own(_) => None,
        }
    }

    /// What COPY reads a directory from.
    pub(crate) fn source(&self, directory: &str) -> CopySource {
        match self {
            Self::User => CopySource::of_stage(&StageLocation::user(directory)),
            Self::Named(name) => CopySource::of_stage(&StageLocation::named(name.clone(), directory)),
            Self::Own(own) => own.source(directory),
        }
    }
}

impl Stage {
    /// Brings files there.
    pub(super) async fn upload(
        &self,
        session: &Session,
        stream: &str,
        directory: &str,
        files: Vec<(&BatchFile, Vec<(String, String)>)>,
    ) -> Result<(), Attempt> {
        let place = match &self.kind {
            StageKind::Own(own) => return Box::pin(own.upload(stream, directory, files)).await,
            StageKind::User => StageLocation::user(directory),
            StageKind::Named(name) => StageLocation::named(name.clone(), directory),
        };
        let uploads: Vec<UploadFile> = files.iter().map(|(file, _)| upload_file(file)).collect();
        let uploaded = Box::pin(session.upload(&place, &uploads)).await;
        uploaded.map_err(|error| Attempt::failed(stream, "cannot stage a file", &error))?;
        for (file, _) in files {
            file.set_staged();
        }
        Ok(())
    }
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
