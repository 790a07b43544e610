//! Uploads to Google Cloud Storage, with an access token or to a presigned URL, always in one streamed request.
//! Not resumable ones: their parts go one after the other, so they are no faster, a presigned URL does not allow them,
//! and single requests are what Snowflake's older drivers send, so what its tokens are known to allow.

mod answer;
mod put_object;
mod target;

pub(crate) use answer::judge;
pub(crate) use put_object::put_object;
pub(crate) use target::GcsTarget;
