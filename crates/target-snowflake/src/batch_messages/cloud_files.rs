//! Files of BATCH messages in cloud storage: copied to this machine before they are read, deleted afterwards. Credentials are
//! found by the environment, as the tap that wrote the files found its own.

use std::fs::File;
use std::io::{self, Seek, Write};
use std::sync::Arc;
use std::sync::mpsc::Sender;

use cloud_storage::{Location, Storage, StorageAccess, StorageEnvironment};
use futures_util::StreamExt;
use tokio::runtime::Handle;
use tokio::sync::Mutex;
use tokio::task::AbortHandle;

use crate::events::Event;

/// Access to the storage of files, and the copy that is made.
#[derive(Debug)]
pub(crate) struct CloudFiles {
    runtime: Handle,
    reports: Sender<Event>,
    storages: Storages,
    /// What became of the last copy.
    pub(crate) copied: Option<Result<File, CopyFault>>,
}

/// Why there is no copy.
#[derive(Debug)]
pub(crate) enum CopyFault {
    Storage(cloud_storage::Error),
    /// It cannot be written.
    Disk(io::Error),
}

impl From<cloud_storage::Error> for CopyFault {
    fn from(problem: cloud_storage::Error) -> Self {
        Self::Storage(problem)
    }
}

impl From<io::Error> for CopyFault {
    fn from(problem: io::Error) -> Self {
        Self::Disk(problem)
    }
}

impl CloudFiles {
    /// Nothing opened yet; events are sent there.
    pub(crate) fn new(runtime: Handle, reports: Sender<Event>) -> Self {
        Self {
            runtime,
            reports,
            storages: Storages {
                access: Arc::new(StorageAccess::found_by(StorageEnvironment::of_process())),
                opened: Arc::default(),
            },
            copied: None,
        }
    }

    /// Begins to copy an object into an empty file. Events tell of each piece and of the end, when `copied` is filled.
    pub(crate) fn begin_copy(&mut self, container: &Location, key: &str, copy: File) -> AbortHandle {
        self.copied = None;
        let (storages, reports) = (self.storages.clone(), self.reports.clone());
        let (container, key) = (container.clone(), key.to_owned());
        let task = self.runtime.spawn(async move {
            let outcome = storages.copy(&container, &key, copy, &reports).await;
            // Without a run nobody waits for it.
            let _sent = reports.send(Event::Copied(outcome));
        });
        task.abort_handle()
    }

    /// Deletes an object.
    ///
    /// # Errors
    /// When the storage does not do it.
    pub(crate) fn delete(&self, container: &Location, key: &str) -> Result<(), cloud_storage::Error> {
        self.runtime
            .block_on(async { self.storages.open(container).await?.delete(key).await })
    }
}

/// Every container is opened once.
#[derive(Debug, Clone)]
struct Storages {
    access: Arc<StorageAccess>,
    opened: Arc<Mutex<Vec<Storage>>>,
}

impl Storages {
    async fn open(&self, container: &Location) -> Result<Storage, cloud_storage::Error> {
        let mut opened = self.opened.lock().await;
        if let Some(storage) = opened.iter().find(|storage| storage.location() == container) {
            return Ok(storage.clone());
        }
        let storage = Storage::open(container, &self.access).await?;
        opened.push(storage.clone());
        Ok(storage)
    }

    async fn copy(
        &self,
        container: &Location,
        key: &str,
        mut copy: File,
        reports: &Sender<Event>,
    ) -> Result<File, CopyFault> {
        let mut content = self.open(container).await?.read(key).await?;
        while let Some(piece) = content.pieces.next().await {
            copy.write_all(&piece?)?;
            let _sent = reports.send(Event::CopyGrew);
        }
        copy.rewind()?;
        Ok(copy)
    }
}
