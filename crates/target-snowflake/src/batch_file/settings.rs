//! Where batch files go, how large they get, and the threads that compress them.

use std::path::PathBuf;

/// How batch files are written.
#[derive(Debug, Clone)]
pub struct BatchFileSettings {
    /// The directory for temporary files; must exist.
    pub directory: PathBuf,
    /// A file is finished and the next begun once its compressed size reaches this.
    pub file_size_limit_bytes: u64,
    /// The gzip level, 1 (fast) to 9 (small).
    pub compression_level: u32,
}

impl Default for BatchFileSettings {
    fn default() -> Self {
        Self {
            directory: std::env::temp_dir(),
            file_size_limit_bytes: 128 * 1024 * 1024,
            compression_level: 1,
        }
    }
}

/// The compressor threads, shared by all files of all streams, so that many open files cost no threads of their own.
#[derive(Debug, Clone, Default)]
pub struct CompressionPool {}

impl CompressionPool {
    /// A pool of so many threads (at least one); `None`: one per processor, at most four.
    pub fn start(_threads: Option<usize>) -> Self {
        Self {}
    }
}
