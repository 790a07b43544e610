//! One file as several requests, some of them at the same time. The file's key stays the same to the end, whatever new
//! credentials come meanwhile: the parts are one encrypted file.

use std::sync::Arc;

use futures_util::stream::{self, TryStreamExt};
use uuid::Uuid;

use crate::error::{Error, ErrorKind};
use crate::upload::azure;
use crate::upload::encryption::{SealedFile, StageKey};
use crate::upload::part_ciphers::{PartCiphers, PartToSend};
use crate::upload::parts::Part;
use crate::upload::place::DOING;
use crate::upload::s3;
use crate::upload::stage_target::{Location, StageTarget};
use crate::upload::storage_request::StorageRequest;
use crate::upload::transfer::{MakeRequest, Transfer, Trouble};

/// An upload in parts that was begun.
enum Begun {
    S3 { upload_id: String },
    Azure { name: String },
}

/// One upload in parts.
struct PartedUpload<'a> {
    transfer: Transfer<'a>,
    sealed: Option<Arc<SealedFile>>,
    begun: Begun,
}

/// Sends the file in these parts.
pub(crate) async fn send_in_parts(transfer: Transfer<'_>, parts: Vec<Part>) -> Result<(), Trouble> {
    let target = transfer.target.current().await.target;
    let sealed = target.key.as_ref().map(StageKey::seal).transpose()?.map(Arc::new);
    let begun = match &target.location {
        Location::S3(_) => begin_on_s3(transfer, sealed.as_deref()).await?,
        // Azure has no first request: blocks wait for the list that names them.
        _ => Begun::Azure {
            name: Uuid::new_v4().simple().to_string(),
        },
    };
    let upload = PartedUpload {
        transfer,
        sealed,
        begun,
    };
    let outcome = match upload.send_parts(parts).await {
        Ok(tags) => upload.complete(&tags).await,
        Err(trouble) => Err(trouble),
    };
    if outcome.is_err() {
        upload.abort().await;
    }
    outcome
}

async fn begin_on_s3(transfer: Transfer<'_>, sealed: Option<&SealedFile>) -> Result<Begun, Trouble> {
    let make: MakeRequest<'_, '_> = &|target| match &target.location {
        Location::S3(bucket) => Ok(s3::begin(bucket, transfer.file, sealed)),
        _ => Err(moved()),
    };
    let (reply, _) = transfer.exchange(0, make).await?;
    let upload_id = s3::upload_id(&reply);
    let upload_id =
        upload_id.ok_or_else(|| Error::protocol(DOING, "the storage gives no id for an upload in parts"))?;
    Ok(Begun::S3 { upload_id })
}

fn moved() -> Error {
    Error::protocol(
        DOING,
        "the stage moved to another kind of storage in the middle of an upload",
    )
}

impl PartedUpload<'_> {
    /// Sends the parts, several at a time; gives their tags in order.
    async fn send_parts(&self, parts: Vec<Part>) -> Result<Vec<String>, Trouble> {
        let file = self.transfer.file;
        let unreadable = |failure: std::io::Error| {
            let what = format!("file {} cannot be read: {}", file.path.display(), failure.kind());
            Trouble::Failed(Error::new(ErrorKind::LocalFile, what))
        };
        let ciphers = PartCiphers::new(file, parts, self.sealed.as_ref())?;
        stream::try_unfold(ciphers, PartCiphers::next)
            .map_err(unreadable)
            .map_ok(|part| Box::pin(self.send_part(part)))
            .try_buffered(self.transfer.parallel)
            .try_collect()
            .await
    }

    async fn send_part(&self, to_send: PartToSend) -> Result<String, Trouble> {
        let block_id = match &self.begun {
            Begun::S3 { .. } => None,
            Begun::Azure { name } => Some(azure::block_id(name, to_send.part)),
        };
        let make: MakeRequest<'_, '_> = &|target| self.part_request(target, to_send, block_id.as_deref());
        let (reply, _) = self.transfer.exchange(to_send.part.length_bytes, make).await?;
        log::debug!(
            "uploaded part {} of {}",
            to_send.part.index + 1,
            self.transfer.file.name
        );
        match block_id {
            Some(block_id) => Ok(block_id),
            None => Ok(
                s3::part_tag(&reply).ok_or_else(|| Error::protocol(DOING, "the storage gives no tag for a part"))?
            ),
        }
    }

    fn part_request(
        &self,
        target: &StageTarget,
        to_send: PartToSend,
        block_id: Option<&str>,
    ) -> Result<StorageRequest<'_>, Error> {
        let cipher = match (&self.sealed, to_send.vector) {
            (Some(sealed), Some(vector)) => Some(sealed.cipher_from(vector)?),
            _ => None,
        };
        let file = self.transfer.file;
        match (&target.location, &self.begun, block_id) {
            (Location::S3(bucket), Begun::S3 { upload_id }, _) => {
                Ok(s3::upload_part(bucket, file, upload_id, to_send.part, cipher))
            }
            (Location::Azure(container), _, Some(block_id)) => {
                Ok(azure::put_block(container, file, block_id, to_send.part, cipher))
            }
            _ => Err(moved()),
        }
    }

    async fn complete(&self, tags: &[String]) -> Result<(), Trouble> {
        let file = self.transfer.file;
        let make: MakeRequest<'_, '_> = &|target| match (&target.location, &self.begun) {
            (Location::S3(bucket), Begun::S3 { upload_id }) => Ok(s3::complete(bucket, file, upload_id, tags)),
            (Location::Azure(container), _) => azure::put_block_list(container, file, self.sealed.as_deref(), tags),
            _ => Err(moved()),
        };
        self.transfer.exchange(0, make).await.map(|_| ())
    }

    /// Frees what lies in the storage; once, because a rule of the bucket does it in the end.
    async fn abort(&self) {
        let Begun::S3 { upload_id } = &self.begun else {
            return;
        };
        let current = self.transfer.target.current().await;
        let Location::S3(bucket) = &current.target.location else {
            return;
        };
        let endpoint = &self.transfer.connection.endpoint;
        let request = s3::abort(bucket, self.transfer.file, upload_id).into_builder(&endpoint.client);
        let sent = tokio::time::timeout(endpoint.time_limits.close, request.send()).await;
        let is_freed = matches!(sent, Ok(Ok(reply)) if reply.status().is_success());
        log::debug!(
            "upload of {} given up, its parts are freed: {is_freed}",
            self.transfer.file.name
        );
    }
}
