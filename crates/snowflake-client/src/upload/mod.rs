//! Files onto a stage: PUT asks the server where to and with which key, the rest is ours.
//! The server's own file names are never opened: what is sent is what the caller named.

mod cipher;
mod encryption;
mod file_body;
mod local_directory;
mod s3;
mod send_files;
mod stage_target;
mod upload_file;

pub use upload_file::{UploadFile, UploadedFile};

pub(crate) use send_files::upload;
