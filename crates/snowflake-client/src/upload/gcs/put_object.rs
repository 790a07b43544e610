//! `PUT` of one object, and its metadata.

use reqwest::Method;

use crate::error::Error;
use crate::upload::UploadFile;
use crate::upload::encryption::SealedFile;
use crate::upload::gcs::GcsTarget;
use crate::upload::parts::Part;
use crate::upload::storage_request::{Content, StorageRequest};

/// The whole file in one request. No content type and never a content encoding: a presigned URL may have been signed
/// without, and Google would unpack what is called gzip.
pub(crate) fn put_object<'a>(
    target: &GcsTarget,
    file: &'a UploadFile,
    sealed: Option<&SealedFile>,
) -> Result<StorageRequest<'a>, Error> {
    let mut headers = vec![("x-goog-meta-sfc-digest", file.digest())];
    if let Some(SealedFile { wrapped, .. }) = sealed {
        headers.push(("x-goog-meta-encryptiondata", wrapped.envelope()?));
        headers.push(("x-goog-meta-matdesc", wrapped.description.clone()));
    }
    if let GcsTarget::WithToken { token, .. } = target {
        headers.push(("authorization", format!("Bearer {}", token.expose())));
    }
    Ok(StorageRequest {
        method: Method::PUT,
        url: target.url(&file.name),
        headers,
        content: Content::File {
            file,
            part: Part::whole(file.size_bytes),
            cipher: sealed.map(SealedFile::cipher).transpose()?,
        },
    })
}
