//! Files in the user's own storage: uploaded and deleted by us, read by Snowflake. Where that is, is `resolve.rs`.

use std::fs::File;

use cloud_storage::{AwsKeys, Location, NewObject, Storage};
use snowflake_client::{Identifier, QualifiedName, StageLocation};
use tokio::task::JoinSet;

use super::copy_source::CopySource;
use crate::batch_file::BatchFile;
use crate::config::UserKey;
use crate::load::attempt::Attempt;
use crate::load::problem::LoadProblem;

/// How many files of a batch are under way at a time. They share the memory for their parts.
const FILES_UNDER_WAY: usize = 4;

/// A storage and how COPY reads it.
#[derive(Debug)]
pub(crate) struct OwnStorage {
    pub(super) storage: Storage,
    /// Where all runs' files go.
    pub(super) location: Location,
    pub(super) reading: Reading,
    pub(super) master_key: Option<UserKey>,
}

/// How COPY reads the storage.
#[derive(Debug)]
pub(crate) enum Reading {
    /// Through a stage, with the path from the stage to our location.
    Stage(QualifiedName, String),
    Integration(Identifier),
    Keys(AwsKeys),
}

/// A file with what is written beside it.
pub(crate) type LabelledFile<'a> = (&'a BatchFile, Vec<(String, String)>);

impl OwnStorage {
    /// The key of a file in a directory below the location.
    pub(crate) fn key(&self, directory: &str, name: &str) -> String {
        self.location.key(&format!("{directory}{name}"))
    }

    /// What COPY reads a directory from.
    pub(crate) fn source(&self, directory: &str) -> CopySource {
        let by_url = || {
            let path = format!("{}{directory}", self.location.path());
            let location = self.location.with_path(&path);
            let source = CopySource::of_location(location.as_ref().unwrap_or(&self.location));
            match &self.master_key {
                Some(key) => source.with_master_key(key.text.expose()),
                None => source,
            }
        };
        match &self.reading {
            Reading::Stage(name, path) => {
                CopySource::of_stage(&StageLocation::named(name.clone(), &format!("{path}{directory}")))
            }
            Reading::Integration(name) => by_url().with_integration(name),
            Reading::Keys(keys) => by_url().with_keys(keys),
        }
    }

    /// Uploads files and notes on each that it is there.
    pub(crate) async fn upload(
        &self,
        stream: &str,
        directory: &str,
        files: Vec<LabelledFile<'_>>,
    ) -> Result<(), Attempt> {
        let mut under_way = JoinSet::new();
        let mut waiting = files.into_iter().enumerate();
        let mut sent: Vec<&BatchFile> = Vec::new();
        loop {
            while under_way.len() < FILES_UNDER_WAY
                && let Some((number, (file, label))) = waiting.next()
            {
                sent.push(file);
                let object = object(stream, file, label, self.master_key.as_ref())?;
                let (storage, key) = (self.storage.clone(), self.key(directory, &file.name));
                under_way.spawn(async move { (number, storage.upload(&key, object).await) });
            }
            let Some(done) = under_way.join_next().await else {
                return Ok(());
            };
            let (number, uploaded) = done.map_err(|_| LoadProblem::of_stream(stream, "an upload ended in a fault"))?;
            uploaded.map_err(|error| Attempt::of_storage(stream, "cannot stage a file", &error))?;
            if let Some(file) = sent.get(number) {
                file.set_staged();
            }
        }
    }

    /// Deletes a file. Nothing depends on it.
    pub(crate) async fn delete(&self, key: &str) -> Result<(), cloud_storage::Error> {
        self.storage.delete(key).await
    }
}

/// A file as it is stored: encrypted when the user has a key.
pub(super) fn object(
    stream: &str,
    file: &BatchFile,
    label: Vec<(String, String)>,
    key: Option<&UserKey>,
) -> Result<NewObject, LoadProblem> {
    let opened = File::open(file.path()).map_err(|problem| {
        let text = format!(
            "cannot read the temporary file {}: {}",
            file.path().display(),
            problem.kind()
        );
        LoadProblem::of_stream(stream, text)
    })?;
    let Some(key) = key else {
        return Ok(NewObject {
            size_bytes: file.size_bytes,
            content: Box::new(opened),
            metadata: label,
        });
    };
    let encrypted = key.key.encrypt(opened, file.size_bytes);
    let encrypted = encrypted.map_err(|error| LoadProblem::from_client(stream, "cannot encrypt a file", &error))?;
    Ok(NewObject {
        size_bytes: encrypted.size_bytes,
        content: encrypted.content,
        metadata: encrypted.metadata.into_iter().chain(label).collect(),
    })
}
