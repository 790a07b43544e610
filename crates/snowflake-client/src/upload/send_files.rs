//! The flow of an upload: check, ask for the target once, send several files at a time, renew expired credentials.

use std::sync::Arc;
use std::time::Instant;

use futures_util::stream::{self, StreamExt, TryStreamExt};
use tokio::sync::Mutex;

use crate::error::{Error, ErrorKind};
use crate::session::Connection;
use crate::sql::StageLocation;
use crate::upload::file_body::check_file;
use crate::upload::local_directory::copy_into;
use crate::upload::s3::{PutOutcome, put_object};
use crate::upload::stage_target::{Location, StageTarget, ask_for_target};
use crate::upload::{UploadFile, UploadedFile};

/// Renewals for one file; credentials live for hours, so a third in a row means that they are never right.
const RENEWALS_LIMIT: u32 = 3;

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
    if files.is_empty() {
        return Ok(Vec::new());
    }
    let target = SharedTarget::ask(connection, stage).await?;
    // Not buffered closures over references to references: the compiler cannot prove those to be Send.
    let uploads: Vec<_> = files
        .iter()
        .map(|file| Box::pin(send_file(connection, &target, file)))
        .collect();
    stream::iter(uploads)
        .buffered(connection.parallel_uploads)
        .try_collect()
        .await
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

async fn send_file(
    connection: &Connection,
    target: &SharedTarget<'_>,
    file: &UploadFile,
) -> Result<UploadedFile, Error> {
    let started = Instant::now();
    let mut may_be_expired = true;
    for _ in 0..=RENEWALS_LIMIT {
        let current = target.current().await;
        let stored_size_bytes = match &current.target.location {
            Location::LocalDirectory(directory) => copy_into(directory, file).await?,
            Location::S3(bucket) => match put_object(connection, bucket, current.target.key.as_ref(), file).await {
                Ok(PutOutcome::Stored { size_bytes }) => size_bytes,
                Ok(PutOutcome::CredentialsExpired) => {
                    log::info!(
                        "upload of {}: the stage's credentials expired, asking for new ones",
                        file.name
                    );
                    target.renew(current.number).await?;
                    continue;
                }
                Err(failure) => {
                    // A file that was cut or removed looks like a lost connection from the outside.
                    check_file(file).await?;
                    // So do expired credentials when the storage hangs up on a long body before its answer is read.
                    if failure.kind() != ErrorKind::Network || !std::mem::take(&mut may_be_expired) {
                        return Err(failure);
                    }
                    target.renew(current.number).await?;
                    continue;
                }
            },
        };
        log::debug!(
            "uploaded {}: {stored_size_bytes} bytes, {} ms",
            file.name,
            started.elapsed().as_millis()
        );
        return Ok(UploadedFile {
            name: file.name.clone(),
            stored_size_bytes,
        });
    }
    Err(Error::new(
        ErrorKind::Storage,
        format!("PUT: the stage's credentials for {} are always expired", file.name),
    )
    .with_hint("check the clock of this machine"))
}

/// The target that the files of an upload share; the first to meet expired credentials asks anew for all.
struct SharedTarget<'a> {
    connection: &'a Connection,
    stage: &'a StageLocation,
    current: Mutex<Numbered>,
}

#[derive(Clone)]
struct Numbered {
    number: u32,
    target: Arc<StageTarget>,
}

impl<'a> SharedTarget<'a> {
    async fn ask(connection: &'a Connection, stage: &'a StageLocation) -> Result<Self, Error> {
        let target = Arc::new(ask_for_target(connection, stage).await?);
        Ok(SharedTarget {
            connection,
            stage,
            current: Mutex::new(Numbered { number: 0, target }),
        })
    }

    async fn current(&self) -> Numbered {
        self.current.lock().await.clone()
    }

    async fn renew(&self, expired_number: u32) -> Result<(), Error> {
        let mut current = self.current.lock().await;
        if current.number == expired_number {
            let target = Arc::new(ask_for_target(self.connection, self.stage).await?);
            *current = Numbered {
                number: expired_number + 1,
                target,
            };
        }
        Ok(())
    }
}
