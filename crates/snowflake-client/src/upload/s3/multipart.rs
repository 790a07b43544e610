//! An object in parts: created with the metadata, parts in any order, completed by naming each part's tag, or aborted.

use std::fmt::Write;

use http_retry::Reply;
use reqwest::Method;

use crate::upload::UploadFile;
use crate::upload::cipher::FileCipher;
use crate::upload::encryption::SealedFile;
use crate::upload::parts::Part;
use crate::upload::place::encoded_part;
use crate::upload::s3::S3Target;
use crate::upload::s3::answer::element;
use crate::upload::s3::put_object::metadata;
use crate::upload::s3::signed_request::signed;
use crate::upload::storage_request::{Content, StorageRequest};

const NAMESPACE: &str = "http://s3.amazonaws.com/doc/2006-03-01/";

/// `CreateMultipartUpload`.
pub(crate) fn begin<'a>(target: &S3Target, file: &UploadFile, sealed: Option<&SealedFile>) -> StorageRequest<'a> {
    let nothing = Content::Text(String::new());
    signed(
        target,
        Method::POST,
        &file.name,
        "uploads=",
        metadata(file, sealed),
        nothing,
    )
}

/// The id that the storage gives to an upload in parts.
pub(crate) fn upload_id(reply: &Reply) -> Option<String> {
    element(reply, "UploadId").filter(|id| !id.is_empty()).map(unescaped)
}

/// `UploadPart`. Parts are numbered from 1.
pub(crate) fn upload_part<'a>(
    target: &S3Target,
    file: &'a UploadFile,
    upload_id: &str,
    part: Part,
    cipher: Option<FileCipher>,
) -> StorageRequest<'a> {
    let query = format!("partNumber={}&uploadId={}", part.index + 1, encoded_part(upload_id));
    let content = Content::File { file, part, cipher };
    signed(target, Method::PUT, &file.name, &query, Vec::new(), content)
}

/// The tag by which the last request names a part.
pub(crate) fn part_tag(reply: &Reply) -> Option<String> {
    let tag = reply.headers.get("etag")?.to_str().ok()?;
    let is_plain = tag
        .chars()
        .all(|character| character.is_ascii_graphic() && !"<>&".contains(character));
    is_plain.then(|| tag.to_owned())
}

/// `CompleteMultipartUpload`.
pub(crate) fn complete<'a>(
    target: &S3Target,
    file: &UploadFile,
    upload_id: &str,
    tags: &[String],
) -> StorageRequest<'a> {
    let mut body = format!("<CompleteMultipartUpload xmlns=\"{NAMESPACE}\">");
    for (number, tag) in (1..).zip(tags) {
        // Writing to a String cannot fail.
        let _ = write!(body, "<Part><PartNumber>{number}</PartNumber><ETag>{tag}</ETag></Part>");
    }
    body.push_str("</CompleteMultipartUpload>");
    let query = format!("uploadId={}", encoded_part(upload_id));
    signed(
        target,
        Method::POST,
        &file.name,
        &query,
        Vec::new(),
        Content::Text(body),
    )
}

/// `AbortMultipartUpload`: frees what was stored so far.
pub(crate) fn abort<'a>(target: &S3Target, file: &UploadFile, upload_id: &str) -> StorageRequest<'a> {
    let query = format!("uploadId={}", encoded_part(upload_id));
    let nothing = Content::Text(String::new());
    signed(target, Method::DELETE, &file.name, &query, Vec::new(), nothing)
}

/// The three entities that an id may hold.
fn unescaped(text: &str) -> String {
    text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
}
