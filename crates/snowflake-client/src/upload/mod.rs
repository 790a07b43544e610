//! Files onto a stage: PUT asks the server where to and with which key, the rest is ours.
//! The server's own file names are never opened: what is sent is what the caller named.

mod azure;
mod cipher;
mod compression;
mod encryption;
mod file_body;
mod gcs;
mod judgement;
mod local_directory;
mod master_key;
mod part_ciphers;
mod parts;
mod place;
mod s3;
mod send_files;
mod send_in_parts;
mod shared_target;
mod stage_target;
mod storage_request;
mod transfer;
mod upload_file;

pub use compression::Compression;
pub use master_key::{EncryptedFile, MasterKey};
pub use upload_file::{UploadFile, UploadedFile};

pub(crate) use send_files::upload;
