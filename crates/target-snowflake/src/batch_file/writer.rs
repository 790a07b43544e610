//! One batch file while it is written: rows to pieces, pieces to the compressors, what comes back to the file.
//! Not for several files of a batch: `stream_buffer` has those.

use std::fmt;
use std::sync::Arc;

use super::compression_pool::{CompressionPool, Job, PIECE_SIZE_BYTES};
use super::file::{BatchFile, OpenFile};
use super::problem::BatchFileProblem;
use super::settings::BatchFileSettings;
use super::shared_file::SharedFile;
use super::whole_stream::WholeStream;

/// Collects rows and compresses them piece by piece into one file (one gzip member, one zstd frame, …).
///
/// Write a row to the end of [`Self::rows`], then call [`Self::end_row`]. The file is created with the first full piece, and
/// is gone when the writer is dropped without [`Self::finish`].
pub struct BatchFileWriter {
    rows: Vec<u8>,
    row_count: u64,
    file: Option<Arc<SharedFile>>,
    /// Pieces that went to the compressors.
    piece_count: u64,
}

impl BatchFileWriter {
    /// A writer without rows.
    pub fn new() -> Self {
        Self {
            rows: Vec::new(),
            row_count: 0,
            file: None,
            piece_count: 0,
        }
    }

    /// The rows that are not yet on their way to a compressor: only to be appended to.
    pub fn rows(&mut self) -> &mut Vec<u8> {
        &mut self.rows
    }

    /// Says that one whole row was appended. Blocks while the compressors are behind.
    ///
    /// # Errors
    /// The file cannot be created, or something before could not be written.
    pub fn end_row(&mut self, settings: &BatchFileSettings, pool: &CompressionPool) -> Result<(), BatchFileProblem> {
        self.row_count += 1;
        if self.rows.len() < PIECE_SIZE_BYTES {
            return Ok(());
        }
        self.send_rows(settings, pool).map(|_| ())
    }

    /// Rows so far.
    pub fn row_count(&self) -> u64 {
        self.row_count
    }

    /// Compressed bytes so far; up to some pieces behind the rows.
    pub fn compressed_size_bytes(&self) -> u64 {
        self.file.as_ref().map_or(0, |file| file.size_bytes())
    }

    /// Compresses what is left and closes the file.
    ///
    /// # Errors
    /// The file cannot be created or written.
    pub fn finish(
        mut self,
        settings: &BatchFileSettings,
        pool: &CompressionPool,
    ) -> Result<BatchFile, BatchFileProblem> {
        let file = self.send_rows(settings, pool)?;
        while !file.has_all(self.piece_count) && pool.help() {}
        file.finish(self.piece_count)?.finish(self.row_count)
    }

    /// Hands the collected rows to the compressors.
    fn send_rows(
        &mut self,
        settings: &BatchFileSettings,
        pool: &CompressionPool,
    ) -> Result<Arc<SharedFile>, BatchFileProblem> {
        let file = match &self.file {
            Some(file) => Arc::clone(file),
            None => Arc::clone(self.file.insert(Arc::new(begin(settings)?))),
        };
        if let Some(problem) = file.take_problem() {
            return Err(problem);
        }
        let rows = std::mem::replace(&mut self.rows, pool.buffer());
        if rows.len() <= 2 * PIECE_SIZE_BYTES {
            self.send_piece(&file, rows, settings, pool);
        } else {
            for piece in rows.chunks(PIECE_SIZE_BYTES) {
                self.send_piece(&file, piece.to_vec(), settings, pool);
            }
        }
        Ok(file)
    }

    fn send_piece(
        &mut self,
        file: &Arc<SharedFile>,
        rows: Vec<u8>,
        settings: &BatchFileSettings,
        pool: &CompressionPool,
    ) {
        if rows.is_empty() {
            return;
        }
        let number = self.piece_count;
        self.piece_count += 1;
        pool.compress(Job {
            file: Arc::clone(file),
            number,
            rows,
            packing: settings.packing,
        });
    }
}

impl Default for BatchFileWriter {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for BatchFileWriter {
    fn drop(&mut self) {
        if let Some(file) = &self.file {
            file.give_up();
        }
    }
}

impl fmt::Debug for BatchFileWriter {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Never the rows: they are the user's data.
        formatter
            .debug_struct("BatchFileWriter")
            .field("row_count", &self.row_count)
            .finish_non_exhaustive()
    }
}

fn begin(settings: &BatchFileSettings) -> Result<SharedFile, BatchFileProblem> {
    let file = OpenFile::create(settings)?;
    let stream = settings
        .packing
        .is_one_stream()
        .then(|| WholeStream::begin(settings.packing));
    let stream = stream
        .transpose()
        .map_err(|source| BatchFileProblem::Compress { source })?;
    Ok(SharedFile::new(file, stream))
}

#[cfg(test)]
mod tests;
