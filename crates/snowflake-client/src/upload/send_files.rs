//! The flow of an upload: check, ask for the target once, send several files at a time.

use std::time::Instant;

use futures_util::stream::{self, StreamExt, TryStreamExt};
use tokio::sync::Semaphore;

use crate::error::{Error, ErrorKind};
use crate::session::Connection;
use crate::sql::StageLocation;
use crate::upload::azure;
use crate::upload::cipher::FileCipher;
use crate::upload::encryption::StageKey;
use crate::upload::file_body::check_file;
use crate::upload::gcs;
use crate::upload::local_directory::copy_into;
use crate::upload::parts::parts_of;
use crate::upload::s3;
use crate::upload::send_in_parts::send_in_parts;
use crate::upload::shared_target::SharedTarget;
use crate::upload::stage_target::{Location, PutStatement};
use crate::upload::transfer::{MakeRequest, Transfer, Trouble};
use crate::upload::{Compression, UploadFile, UploadedFile};

/// How often a file is begun anew because the storage forgot its parts: completed by a request whose reply was lost.
const FRESH_STARTS_LIMIT: u32 = 2;

/// Uploads all files, in any order.
pub(crate) async fn upload(
    connection: &Connection,
    stage: &StageLocation,
    files: &[UploadFile],
) -> Result<Vec<UploadedFile>, Error> {
    for file in files {
        check_name(&file.name)?;
        check_file(file).await?;
    }
    let Some(compression) = files.first().map(|file| file.compression) else {
        return Ok(Vec::new());
    };
    let compression = files
        .iter()
        .all(|file| file.compression == compression)
        .then_some(compression);
    let put = PutStatement {
        stage,
        file_name: format!("files.csv{}", compression.map_or("", Compression::suffix)),
        compression,
    };
    let target = SharedTarget::ask(connection, put).await?;
    let parallel = target.current().await.target.parallel.min(connection.parallel_uploads);
    let under_way = Semaphore::new(parallel);
    // Not buffered closures over references to references: the compiler cannot prove those to be Send.
    let uploads: Vec<_> = files
        .iter()
        .map(|file| {
            Box::pin(send_file(
                stage,
                Transfer {
                    connection,
                    target: &target,
                    file,
                    parallel,
                    under_way: &under_way,
                },
            ))
        })
        .collect();
    stream::iter(uploads).buffered(parallel).try_collect().await
}

fn check_name(name: &str) -> Result<(), Error> {
    let allowed = |character: char| character.is_ascii_alphanumeric() || "._-".contains(character);
    if name.is_empty() || name.starts_with('.') || !name.chars().all(allowed) {
        return Err(Error::new(
            ErrorKind::LocalFile,
            "a staged file's name may have letters, digits, '.', '_' and '-' only",
        ));
    }
    Ok(())
}

async fn send_file(stage: &StageLocation, transfer: Transfer<'_>) -> Result<UploadedFile, Error> {
    if !transfer.target.current().await.target.is_for_one_file() {
        return begin_until_stored(transfer).await;
    }
    // The presigned URL is of the one file that PUT names, so PUT is run for each.
    let put = PutStatement {
        stage,
        file_name: transfer.file.name.clone(),
        compression: Some(transfer.file.compression),
    };
    let own_target = SharedTarget::ask(transfer.connection, put).await?;
    let transfer = Transfer {
        target: &own_target,
        ..transfer
    };
    begin_until_stored(transfer).await
}

async fn begin_until_stored(transfer: Transfer<'_>) -> Result<UploadedFile, Error> {
    let started = Instant::now();
    let name = &transfer.file.name;
    for _ in 0..=FRESH_STARTS_LIMIT {
        match store(transfer).await {
            Ok(stored_size_bytes) => {
                let milliseconds = started.elapsed().as_millis();
                log::debug!("uploaded {name}: {stored_size_bytes} bytes, {milliseconds} ms");
                return Ok(UploadedFile {
                    name: name.clone(),
                    stored_size_bytes,
                });
            }
            Err(Trouble::Failed(failure)) => return Err(failure),
            Err(Trouble::Gone) => log::info!("upload of {name}: its parts are not known any more, beginning anew"),
        }
    }
    let what = format!("upload of {name}: the storage forgets the parts of the file again and again");
    Err(Error::new(ErrorKind::Storage, what))
}

/// Stores one file; gives its stored size.
async fn store(transfer: Transfer<'_>) -> Result<u64, Trouble> {
    let file = transfer.file;
    let target = transfer.target.current().await.target;
    let parts = match &target.location {
        Location::LocalDirectory(directory) => return Ok(copy_into(directory, file).await?),
        Location::Gcs(_) => None,
        Location::S3(_) | Location::Azure(_) => parts_of(file.size_bytes, target.threshold_bytes),
    };
    let is_encrypted = match parts {
        Some(parts) => {
            Box::pin(send_in_parts(transfer, parts)).await?;
            target.key.is_some()
        }
        None => send_at_once(transfer).await?,
    };
    Ok(if is_encrypted {
        FileCipher::encrypted_size_bytes(file.size_bytes)
    } else {
        file.size_bytes
    })
}

/// One request; says whether the file was encrypted.
async fn send_at_once(transfer: Transfer<'_>) -> Result<bool, Trouble> {
    let file = transfer.file;
    let make: MakeRequest<'_, '_> = &|target| {
        // A key of its own for each attempt: nothing of an attempt that broke off is in the next.
        let sealed = target.key.as_ref().map(StageKey::seal).transpose()?;
        match &target.location {
            Location::S3(bucket) => s3::put_object(bucket, file, sealed.as_ref()),
            Location::Azure(container) => azure::put_blob(container, file, sealed.as_ref()),
            Location::Gcs(bucket) => gcs::put_object(bucket, file, sealed.as_ref()),
            Location::LocalDirectory(_) => Err(Error::new(
                ErrorKind::Unsupported,
                "PUT: the stage moved to another kind of storage in the middle of an upload",
            )),
        }
    };
    let (_, target) = transfer.exchange(file.size_bytes, make).await?;
    Ok(target.key.is_some())
}
