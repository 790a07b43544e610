//! Gzip files in a directory for temporary files: rows go in, finished files with size and SHA-256 come out.
//! Not for what a row is, and not for uploading.

mod problem;
mod settings;
mod writer;

pub use problem::BatchFileProblem;
pub use settings::{BatchFileSettings, CompressionPool};
pub use writer::{BatchFile, BatchFileWriter};
