//! Uploads to S3 and what speaks like it.
//! Signed by ourselves in the `Authorization` header: that is what Snowflake's own drivers send and its buckets are
//! known to take. (rusty-s3 signs the query only, and a signed URL is one more secret that could end up in a log.)

mod put_object;
mod signature;
mod target;

pub(crate) use put_object::{PutOutcome, put_object};
pub(crate) use target::S3Target;
