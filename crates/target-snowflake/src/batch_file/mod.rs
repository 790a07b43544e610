//! Compressed files in a directory for temporary files: rows go in, finished files with size and SHA-256 come out.
//! Not for what a row is, and not for uploading.

mod compression_pool;
mod file;
mod job_queue;
mod packing;
mod pieces;
mod problem;
mod settings;
mod shared_file;
mod whole_stream;
mod writer;

pub use compression_pool::CompressionPool;
pub use file::BatchFile;
pub use packing::Packing;
pub use problem::BatchFileProblem;
pub use settings::BatchFileSettings;
pub use writer::BatchFileWriter;
