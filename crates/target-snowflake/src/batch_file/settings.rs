//! Where batch files go and how large they get.

use std::path::PathBuf;

use super::packing::Packing;

/// How batch files are written.
#[derive(Debug, Clone)]
pub struct BatchFileSettings {
    /// The directory for temporary files; must exist.
    pub directory: PathBuf,
    /// A file is finished and the next begun once its compressed size reaches this, or earlier: see
    /// [`Self::file_size_bytes`]. Snowflake loads files of 100 to 250 MB best, so 128 MiB is the default.
    pub file_size_limit_bytes: u64,
    /// How they are compressed. The default was measured: see `benches/README.md`.
    pub packing: Packing,
}

/// The first files of a batch have this size, compressed: some 30,000 rows.
const FIRST_FILE_SIZE_BYTES: u64 = 4 * 1024 * 1024;

impl BatchFileSettings {
    /// At what compressed size the next file of a batch ends whose files have so many bytes together. Files begin small
    /// and grow with the batch: they are uploaded while the rest is read, and a warehouse reads several at a time (the
    /// smallest one eight).
    pub fn file_size_bytes(&self, batch_bytes: u64) -> u64 {
        (batch_bytes / 4)
            .max(FIRST_FILE_SIZE_BYTES)
            .min(self.file_size_limit_bytes)
    }
}

impl Default for BatchFileSettings {
    fn default() -> Self {
        Self {
            directory: std::env::temp_dir(),
            file_size_limit_bytes: 128 * 1024 * 1024,
            packing: Packing::default(),
        }
    }
}
