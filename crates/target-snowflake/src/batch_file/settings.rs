//! Where batch files go and how large they get.

use std::path::PathBuf;

/// How batch files are written.
#[derive(Debug, Clone)]
pub struct BatchFileSettings {
    /// The directory for temporary files; must exist.
    pub directory: PathBuf,
    /// A file is finished and the next begun once its compressed size reaches this. Snowflake loads files of 100 to
    /// 250 MB best, so 128 MiB is the default.
    pub file_size_limit_bytes: u64,
    /// The gzip level, 2 (fast) to 9 (small); 1 is taken as 2. The default 3 was measured: see `benches/README.md`.
    pub compression_level: u32,
}

impl Default for BatchFileSettings {
    fn default() -> Self {
        Self {
            directory: std::env::temp_dir(),
            file_size_limit_bytes: 128 * 1024 * 1024,
            compression_level: 3,
        }
    }
}
