//! Uploads to S3 and what speaks like it: which requests, signed how, and what the answers mean.
//! Signed by ourselves in the `Authorization` header: that is what Snowflake's own drivers send and its buckets are
//! known to take. (rusty-s3 signs the query only, and a signed URL is one more secret that could end up in a log.)

mod answer;
mod multipart;
mod put_object;
mod signed_request;
mod target;

pub(crate) use answer::judge;
pub(crate) use multipart::{abort, begin, complete, part_tag, upload_id, upload_part};
pub(crate) use put_object::put_object;
pub(crate) use target::S3Target;
