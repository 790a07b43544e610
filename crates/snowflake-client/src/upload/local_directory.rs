//! A stage that is a directory of this machine: the file is copied, unencrypted. For test servers only.

use std::path::Path;

use crate::error::{Error, ErrorKind};
use crate::upload::UploadFile;

/// Copies the file in; gives its stored size.
pub(crate) async fn copy_into(directory: &Path, file: &UploadFile) -> Result<u64, Error> {
    let failed = |failure: std::io::Error| {
        Error::new(
            ErrorKind::Storage,
            format!(
                "PUT: file {} cannot be copied to the stage: {}",
                file.name,
                failure.kind()
            ),
        )
    };
    tokio::fs::create_dir_all(directory).await.map_err(failed)?;
    tokio::fs::copy(&file.path, directory.join(&file.name))
        .await
        .map_err(failed)
}
