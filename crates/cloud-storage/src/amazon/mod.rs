//! S3 and what speaks like it: the bucket's address and region, and who may use it.

mod credentials;
mod profile_credentials;
mod profile_files;
mod store;

pub(crate) use store::open;
