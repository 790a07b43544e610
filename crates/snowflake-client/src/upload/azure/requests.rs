//! `Put Blob`, `Put Block`, `Put Block List`. A blob's metadata comes with the request that makes it appear.

use std::fmt::Write;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use reqwest::Method;

use crate::error::Error;
use crate::upload::UploadFile;
use crate::upload::azure::AzureTarget;
use crate::upload::cipher::FileCipher;
use crate::upload::encryption::SealedFile;
use crate::upload::parts::Part;
use crate::upload::place::encoded_part;
use crate::upload::storage_request::{Content, StorageRequest};

/// The whole file in one request.
pub(crate) fn put_blob<'a>(
    target: &AzureTarget,
    file: &'a UploadFile,
    sealed: Option<&SealedFile>,
) -> Result<StorageRequest<'a>, Error> {
    let mut headers = metadata(file, sealed)?;
    headers.push(("x-ms-blob-type", "BlockBlob".to_owned()));
    headers.push(("content-type", "application/octet-stream".to_owned()));
    Ok(StorageRequest {
        method: Method::PUT,
        url: target.url(&file.name, ""),
        headers,
        content: Content::File {
            file,
            part: Part::whole(file.size_bytes),
            cipher: sealed.map(SealedFile::cipher).transpose()?,
        },
    })
}

/// The id of a part: all ids of a blob have the same length, and no two uploads share one.
pub(crate) fn block_id(upload: &str, part: Part) -> String {
    BASE64_STANDARD.encode(format!("{upload}-{:08}", part.index))
}

/// One part.
pub(crate) fn put_block<'a>(
    target: &AzureTarget,
    file: &'a UploadFile,
    block_id: &str,
    part: Part,
    cipher: Option<FileCipher>,
) -> StorageRequest<'a> {
    let query = format!("comp=block&blockid={}", encoded_part(block_id));
    StorageRequest {
        method: Method::PUT,
        url: target.url(&file.name, &query),
        headers: vec![("content-type", "application/octet-stream".to_owned())],
        content: Content::File { file, part, cipher },
    }
}

/// Makes the blob of its blocks.
pub(crate) fn put_block_list<'a>(
    target: &AzureTarget,
    file: &UploadFile,
    sealed: Option<&SealedFile>,
    block_ids: &[String],
) -> Result<StorageRequest<'a>, Error> {
    let mut body = String::from("<?xml version=\"1.0\" encoding=\"utf-8\"?><BlockList>");
    for block_id in block_ids {
        // Writing to a String cannot fail.
        let _ = write!(body, "<Latest>{block_id}</Latest>");
    }
    body.push_str("</BlockList>");
    let mut headers = metadata(file, sealed)?;
    headers.push(("x-ms-blob-content-type", "application/octet-stream".to_owned()));
    headers.push(("content-type", "application/xml".to_owned()));
    Ok(StorageRequest {
        method: Method::PUT,
        url: target.url(&file.name, "comp=blocklist"),
        headers,
        content: Content::Text(body),
    })
}

/// Digest of the file before encryption, and what unlocks it. Azure takes no hyphens in names.
fn metadata(file: &UploadFile, sealed: Option<&SealedFile>) -> Result<Vec<(&'static str, String)>, Error> {
    let mut metadata = vec![("x-ms-meta-sfcdigest", file.digest())];
    if let Some(SealedFile { wrapped, .. }) = sealed {
        metadata.push(("x-ms-meta-encryptiondata", wrapped.envelope()?));
        metadata.push(("x-ms-meta-matdesc", wrapped.description.clone()));
    }
    Ok(metadata)
}
