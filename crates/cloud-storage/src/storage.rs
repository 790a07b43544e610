//! An opened container: what can be done with its objects. How it is reached is each cloud's part.

use std::fmt;
use std::sync::Arc;

use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt};

use crate::access::StorageAccess;
use crate::error::{Error, ErrorKind};
use crate::failure::{failed, local_file};
use crate::location::{Cloud, Location};
use crate::metadata::attributes;
use crate::parts::{NewObject, PartMemory, UploadFailure, upload};
use crate::range_stream::{ObjectContent, pieces};
use crate::{amazon, azure, google};

/// A container of the user's. Clones share connections and the memory for parts.
#[derive(Clone)]
pub struct Storage {
    store: Arc<dyn ObjectStore>,
    location: Location,
    /// Its address, when it is not the cloud's own.
    endpoint_url: Option<String>,
    memory: PartMemory,
}

impl fmt::Debug for Storage {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Never the store: it holds credentials.
        write!(formatter, "Storage({})", self.location)
    }
}

impl Storage {
    /// Opens the container of a location. Nothing is asked of the storage but, for a bucket of S3 of which nobody says the
    /// region, that; credentials are got with the first request.
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`] and [`ErrorKind::Credentials`].
    pub async fn open(location: &Location, access: &StorageAccess) -> Result<Self, Error> {
        let store = match location.cloud() {
            Cloud::Amazon => amazon::open(location, access).await?,
            Cloud::Azure => azure::open(location, access)?,
            Cloud::Google => google::open(location, access)?,
        };
        Ok(Storage {
            store,
            location: location.clone(),
            endpoint_url: access.endpoint_url.clone(),
            memory: PartMemory::new(),
        })
    }

    /// Where it was opened. Keys are those of the container all the same: see [`Location::key`].
    pub fn location(&self) -> &Location {
        &self.location
    }

    /// Stores a new object, whole or not at all. Memory does not grow with its size.
    ///
    /// # Errors
    /// Every kind but [`ErrorKind::NotFound`].
    pub async fn upload(&self, key: &str, object: NewObject) -> Result<(), Error> {
        let doing = "upload of";
        let attributes = attributes(self.location.cloud(), &object.metadata);
        let path = self.path(doing, key)?;
        let store = self.store.as_ref();
        let stored = upload(
            store,
            &self.memory,
            &path,
            object.size_bytes,
            object.content,
            attributes,
        )
        .await;
        stored.map_err(|failure| match failure {
            UploadFailure::Storage(problem) => self.failed(doing, key, &problem),
            UploadFailure::LocalFile(problem) => local_file(doing, key, &problem),
        })
    }

    /// Copies an object within the container, with what is written beside it.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] when it is not there, and others.
    pub async fn copy(&self, from: &str, to: &str) -> Result<(), Error> {
        let doing = "copy of";
        let (from_path, to_path) = (self.path(doing, from)?, self.path(doing, to)?);
        let copied = self.store.copy(&from_path, &to_path).await;
        copied.map_err(|problem| self.failed(doing, from, &problem))
    }

    /// Deletes an object; one that is not there is deleted.
    ///
    /// # Errors
    /// Every kind but [`ErrorKind::NotFound`].
    pub async fn delete(&self, key: &str) -> Result<(), Error> {
        let doing = "removal of";
        match self.store.delete(&self.path(doing, key)?).await {
            Ok(()) => Ok(()),
            Err(problem) => {
                let told = self.failed(doing, key, &problem);
                if told.kind() == ErrorKind::NotFound {
                    return Ok(());
                }
                Err(told)
            }
        }
    }

    /// Begins to read an object.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] when it is not there, and others. The stream fails with the same ones.
    pub async fn read(&self, key: &str) -> Result<ObjectContent, Error> {
        let doing = "reading of";
        let path = self.path(doing, key)?;
        let found = self.store.head(&path).await;
        let found = found.map_err(|problem| self.failed(doing, key, &problem))?;
        let root = self.location.with_path("").unwrap_or_else(|_| self.location.clone());
        Ok(ObjectContent {
            size_bytes: found.size,
            pieces: pieces(Arc::clone(&self.store), root, &path, &found),
        })
    }

    fn path(&self, doing: &str, key: &str) -> Result<Path, Error> {
        let unusable = |_| {
            let what = format!("{doing} an object of {}: its key cannot be one", self.location);
            Error::new(ErrorKind::Configuration, what)
        };
        Path::parse(key).map_err(unusable)
    }

    fn failed(&self, doing: &str, key: &str, problem: &object_store::Error) -> Error {
        let failure = failed(doing, &self.location, key, problem);
        match &self.endpoint_url {
            Some(url) if failure.kind() == ErrorKind::Network => failure.with_address(url),
            _ => failure,
        }
    }
}
