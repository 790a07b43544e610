//! Files onto a stage: PUT asks the server where to and with which key, the rest is ours.

mod upload_file;

pub use upload_file::{UploadFile, UploadedFile};
