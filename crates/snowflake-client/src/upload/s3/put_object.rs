//! `PUT` of one object at once, and the metadata that every object gets.

use reqwest::Method;

use crate::error::Error;
use crate::upload::UploadFile;
use crate::upload::encryption::SealedFile;
use crate::upload::parts::Part;
use crate::upload::s3::S3Target;
use crate::upload::s3::signed_request::signed;
use crate::upload::storage_request::{Content, StorageRequest};

/// The whole file in one request.
pub(crate) fn put_object<'a>(
    target: &S3Target,
    file: &'a UploadFile,
    sealed: Option<&SealedFile>,
) -> Result<StorageRequest<'a>, Error> {
    let content = Content::File {
        file,
        part: Part::whole(file.size_bytes),
        cipher: sealed.map(SealedFile::cipher).transpose()?,
    };
    let metadata = metadata(file, sealed);
    Ok(signed(target, Method::PUT, &file.name, "", metadata, content))
}

/// Digest of the file before encryption, and what unlocks it.
pub(crate) fn metadata(file: &UploadFile, sealed: Option<&SealedFile>) -> Vec<(&'static str, String)> {
    let mut metadata = vec![("x-amz-meta-sfc-digest", file.digest())];
    if let Some(SealedFile { wrapped, .. }) = sealed {
        metadata.push(("x-amz-meta-x-amz-key", wrapped.key.clone()));
        metadata.push(("x-amz-meta-x-amz-iv", wrapped.vector.clone()));
        metadata.push(("x-amz-meta-x-amz-matdesc", wrapped.description.clone()));
    }
    metadata
}
