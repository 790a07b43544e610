//! A finished local file that goes onto a stage, and what became of it.

use std::path::PathBuf;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;

use crate::upload::Compression;

/// A finished file. It may be read several times and must not change until the upload is done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UploadFile {
    /// Where it is.
    pub path: PathBuf,
    /// Its name on the stage: ASCII letters, digits, `.`, `_`, `-`.
    pub name: String,
    /// Its length.
    pub size_bytes: u64,
    /// SHA-256 of its bytes, hashed while it was written.
    pub sha256: [u8; 32],
    /// How its content was packed.
    pub compression: Compression,
}

impl UploadFile {
    /// The digest in the form in which it is stored beside the file.
    pub(crate) fn digest(&self) -> String {
        BASE64_STANDARD.encode(self.sha256)
    }
}

/// A file that is on the stage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UploadedFile {
    /// Its name on the stage, below the location's path.
    pub name: String,
    /// Bytes stored there; a little more than the file's length when it was encrypted.
    pub stored_size_bytes: u64,
}
