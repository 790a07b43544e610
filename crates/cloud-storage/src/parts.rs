//! Uploads of any size in little memory: one request for what fits into a part, parts sent beside each other for more.
//! All uploads of a storage share the memory for parts.

use std::io::{self, Read};
use std::sync::Arc;

use bytes::Bytes;
use object_store::path::Path;
use object_store::{
    Attributes, MultipartUpload, ObjectStore, ObjectStoreExt, PutMultipartOptions, PutOptions, PutPayload,
};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinSet;

/// A part's size, and of what is sent at once. S3 wants at least 5 MiB.
const PART_BYTES: u64 = 8 * 1024 * 1024;
/// S3 takes no more parts; Azure takes 50 000.
const PARTS_LIMIT: u64 = 10_000;
/// Parts in memory at a time: 24 MiB, of all uploads together.
const PARTS_IN_MEMORY: usize = 3;

/// A new object's content and what is written beside it.
pub struct NewObject {
    /// How many bytes the content has.
    pub size_bytes: u64,
    /// Read from a thread for blocking work, once, to its end.
    pub content: Box<dyn Read + Send>,
    /// Names (lower-case ASCII with hyphens) and values of any text.
    pub metadata: Vec<(String, String)>,
}

/// What can go wrong on the way.
#[derive(Debug)]
pub(crate) enum UploadFailure {
    Storage(object_store::Error),
    LocalFile(io::Error),
}

impl From<object_store::Error> for UploadFailure {
    fn from(problem: object_store::Error) -> Self {
        UploadFailure::Storage(problem)
    }
}

impl From<io::Error> for UploadFailure {
    fn from(problem: io::Error) -> Self {
        UploadFailure::LocalFile(problem)
    }
}

/// The memory that the uploads of one storage may take.
#[derive(Debug, Clone)]
pub(crate) struct PartMemory(Arc<Semaphore>);

impl PartMemory {
    pub(crate) fn new() -> Self {
        PartMemory(Arc::new(Semaphore::new(PARTS_IN_MEMORY)))
    }

    async fn room(&self) -> io::Result<OwnedSemaphorePermit> {
        // The semaphore is never closed.
        Arc::clone(&self.0).acquire_owned().await.map_err(io::Error::other)
    }
}

/// Stores the object; afterwards it is there whole, or not at all.
pub(crate) async fn upload(
    store: &dyn ObjectStore,
    memory: &PartMemory,
    path: &Path,
    size_bytes: u64,
    content: Box<dyn Read + Send>,
    attributes: Attributes,
) -> Result<(), UploadFailure> {
    let part_bytes = part_size_bytes(size_bytes);
    let content = Content {
        reader: content,
        left_bytes: size_bytes,
    };
    if size_bytes <= part_bytes {
        let _room = memory.room().await?;
        let (_, bytes) = content.next(part_bytes).await?;
        let options = PutOptions {
            attributes,
            ..PutOptions::default()
        };
        store.put_opts(path, PutPayload::from_bytes(bytes), options).await?;
        return Ok(());
    }
    let options = PutMultipartOptions {
        attributes,
        ..PutMultipartOptions::default()
    };
    let mut parts = store.put_multipart_opts(path, options).await?;
    let sent = send_parts(parts.as_mut(), memory, content, part_bytes).await;
    let stored = match sent {
        Ok(()) => complete(store, parts.as_mut(), path, size_bytes).await,
        Err(failure) => Err(failure),
    };
    if stored.is_err() {
        // What was sent of it would be paid for until somebody looks. The first failure is the one to tell.
        let _best_effort = parts.abort().await;
    }
    stored
}

async fn send_parts(
    parts: &mut dyn MultipartUpload,
    memory: &PartMemory,
    mut content: Content,
    part_bytes: u64,
) -> Result<(), UploadFailure> {
    let mut under_way = JoinSet::new();
    while content.left_bytes > 0 {
        let room = memory.room().await?;
        let (rest, bytes) = content.next(part_bytes).await?;
        content = rest;
        let part = parts.put_part(PutPayload::from_bytes(bytes));
        under_way.spawn(async move {
            let sent = part.await;
            drop(room);
            sent
        });
        while let Some(done) = under_way.try_join_next() {
            done.map_err(io::Error::other)??;
        }
    }
    while let Some(done) = under_way.join_next().await {
        done.map_err(io::Error::other)??;
    }
    Ok(())
}

/// Puts the parts together. When the answer to that is lost, the storage does not know the parts any more on the second
/// try; then the object itself says whether it is there. Its key is nobody else's.
async fn complete(
    store: &dyn ObjectStore,
    parts: &mut dyn MultipartUpload,
    path: &Path,
    size_bytes: u64,
) -> Result<(), UploadFailure> {
    let Err(problem) = parts.complete().await else {
        return Ok(());
    };
    if matches!(problem, object_store::Error::NotFound { .. })
        && store.head(path).await.is_ok_and(|found| found.size == size_bytes)
    {
        return Ok(());
    }
    Err(problem.into())
}

/// Grows only for objects that would need too many parts, above 78 GiB.
fn part_size_bytes(size_bytes: u64) -> u64 {
    size_bytes.div_ceil(PARTS_LIMIT).max(PART_BYTES)
}

/// What is left to read.
struct Content {
    reader: Box<dyn Read + Send>,
    left_bytes: u64,
}

impl Content {
    /// The next part. The last one also makes sure that nothing follows.
    async fn next(self, part_bytes: u64) -> io::Result<(Self, Bytes)> {
        let reading = tokio::task::spawn_blocking(move || self.read(part_bytes));
        reading.await.map_err(io::Error::other)?
    }

    fn read(mut self, part_bytes: u64) -> io::Result<(Self, Bytes)> {
        let wanted = part_bytes.min(self.left_bytes);
        let mut bytes = Vec::with_capacity(usize::try_from(wanted).map_err(io::Error::other)?);
        self.reader.by_ref().take(wanted).read_to_end(&mut bytes)?;
        self.left_bytes -= wanted;
        let is_longer = self.left_bytes == 0 && self.reader.read(&mut [0])? > 0;
        if bytes.len() as u64 != wanted || is_longer {
            return Err(io::Error::other("the file changed while it was sent"));
        }
        Ok((self, Bytes::from(bytes)))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn no_object_needs_too_many_parts(size_bytes in 0u64..5 * 1024 * 1024 * 1024 * 1024) {
            let part = part_size_bytes(size_bytes);
            prop_assert!(part >= PART_BYTES && size_bytes.div_ceil(part) <= PARTS_LIMIT);
        }

        #[test]
        fn parts_are_the_content(bytes in prop::collection::vec(any::<u8>(), 0..300), part_bytes in 1u64..100) {
            let mut content = Content { reader: Box::new(io::Cursor::new(bytes.clone())), left_bytes: bytes.len() as u64 };
            let mut found = Vec::new();
            while content.left_bytes > 0 {
                let (rest, part) = content.read(part_bytes).unwrap();
                prop_assert!(part.len() as u64 <= part_bytes);
                found.extend_from_slice(&part);
                content = rest;
            }
            prop_assert_eq!(found, bytes);
        }
    }

    #[test]
    fn a_file_of_another_length_is_refused() {
        for announced in [4, 6] {
            let content = Content {
                reader: Box::new(io::Cursor::new(*b"12345")),
                left_bytes: announced,
            };
            assert!(content.read(PART_BYTES).is_err(), "{announced}");
        }
    }
}
