//! One batch file while it is written and after. Not for several files of a batch: `stream_buffer` has those.

use std::collections::VecDeque;
use std::fmt;
use std::fs::File;
use std::io::{self, Write};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, TryRecvError};

use aws_lc_rs::digest;
use gzp::FormatSpec;
use gzp::check::Check;
use gzp::deflate::Gzip;
use tempfile::{NamedTempFile, TempPath};
use uuid::Uuid;

use super::compression_pool::CompressionPool;
use super::gzip_block::{BLOCK_SIZE_BYTES, Checksum, CompressedBlock, footer, header};
use super::problem::BatchFileProblem;
use super::settings::BatchFileSettings;

/// A finished gzip file; deleted when dropped.
#[derive(Debug)]
pub struct BatchFile {
    path: TempPath,
    /// A unique name for the stage: `<uuid>_<rows>.csv.gz`. Names rise with time; the count of rows is for a person, or a
    /// server without a warehouse, who looks at the stage.
    pub name: String,
    /// Rows in the file.
    pub row_count: u64,
    /// Its size, compressed.
    pub size_bytes: u64,
    /// SHA-256 of the compressed bytes.
    pub sha256: [u8; 32],
    /// Whether the stage has it.
    is_staged: AtomicBool,
}

impl BatchFile {
    /// Where the file is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Notes that the stage has the file, so that it need not be sent again.
    pub fn set_staged(&self) {
        self.is_staged.store(true, Ordering::Release);
    }

    /// Whether the stage has the file.
    pub fn is_staged(&self) -> bool {
        self.is_staged.load(Ordering::Acquire)
    }
}

/// Collects rows and compresses them block by block into one gzip file (a single member).
///
/// Write a row to the end of [`Self::rows`], then call [`Self::end_row`]. The file is created with the first full block.
pub struct BatchFileWriter {
    rows: Vec<u8>,
    row_count: u64,
    in_flight: VecDeque<Receiver<io::Result<CompressedBlock>>>,
    file: Option<OpenFile>,
    level: u32,
}

impl BatchFileWriter {
    /// A writer without rows.
    pub fn new(settings: &BatchFileSettings) -> Self {
        Self {
            rows: Vec::new(),
            row_count: 0,
            in_flight: VecDeque::new(),
            file: None,
            level: settings.compression_level,
        }
    }

    /// The rows that are not yet on their way to a compressor: only to be appended to.
    pub fn rows(&mut self) -> &mut Vec<u8> {
        &mut self.rows
    }

    /// Says that one whole row was appended. Blocks while the compressors are behind.
    ///
    /// # Errors
    /// The file cannot be created or written.
    pub fn end_row(&mut self, settings: &BatchFileSettings, pool: &CompressionPool) -> Result<(), BatchFileProblem> {
        self.row_count += 1;
        if self.rows.len() < BLOCK_SIZE_BYTES {
            return Ok(());
        }
        self.send_block(settings, pool)
    }

    /// Rows so far.
    pub fn row_count(&self) -> u64 {
        self.row_count
    }

    /// Compressed bytes so far; up to some blocks behind the rows.
    pub fn compressed_size_bytes(&self) -> u64 {
        self.file.as_ref().map_or(0, |file| file.size_bytes)
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
        if !self.rows.is_empty() {
            self.send_block(settings, pool)?;
        }
        let mut file = match self.file.take() {
            Some(file) => file,
            None => OpenFile::create(settings)?,
        };
        while let Some(answer) = self.in_flight.pop_front() {
            file.append(receive(&answer)?)?;
        }
        file.finish(self.row_count)
    }

    /// Hands the collected rows to the compressors and writes what they have finished, in order.
    fn send_block(&mut self, settings: &BatchFileSettings, pool: &CompressionPool) -> Result<(), BatchFileProblem> {
        let mut file = match self.file.take() {
            Some(file) => file,
            None => OpenFile::create(settings)?,
        };
        let rows = std::mem::replace(&mut self.rows, pool.buffer());
        if rows.len() <= 2 * BLOCK_SIZE_BYTES {
            self.in_flight.push_back(pool.compress(rows, self.level));
        } else {
            for piece in rows.chunks(BLOCK_SIZE_BYTES) {
                self.in_flight.push_back(pool.compress(piece.to_vec(), self.level));
                self.write_finished(&mut file, pool.blocks_in_flight())?;
            }
        }
        self.write_finished(&mut file, pool.blocks_in_flight())?;
        self.file = Some(file);
        Ok(())
    }

    /// Writes the blocks that are ready, and waits for some while more than `limit` are under way.
    fn write_finished(&mut self, file: &mut OpenFile, limit: usize) -> Result<(), BatchFileProblem> {
        while let Some(answer) = self.in_flight.front() {
            let block = if self.in_flight.len() > limit {
                receive(answer)?
            } else {
                match answer.try_recv() {
                    Ok(block) => block.map_err(|source| BatchFileProblem::Compress { source })?,
                    Err(TryRecvError::Empty) => return Ok(()),
                    Err(TryRecvError::Disconnected) => return Err(no_compressor()),
                }
            };
            self.in_flight.pop_front();
            file.append(block)?;
        }
        Ok(())
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

fn receive(answer: &Receiver<io::Result<CompressedBlock>>) -> Result<CompressedBlock, BatchFileProblem> {
    answer
        .recv()
        .map_err(|_| no_compressor())?
        .map_err(|source| BatchFileProblem::Compress { source })
}

fn no_compressor() -> BatchFileProblem {
    BatchFileProblem::Compress {
        source: io::Error::other("a compressor thread has ended"),
    }
}

/// The file on disk: appended to, hashed on the way.
struct OpenFile {
    file: File,
    path: TempPath,
    digest: digest::Context,
    checksum: Checksum,
    size_bytes: u64,
}

impl OpenFile {
    fn create(settings: &BatchFileSettings) -> Result<Self, BatchFileProblem> {
        let (file, path) = NamedTempFile::with_prefix_in("target-snowflake-", &settings.directory)
            .map_err(|source| BatchFileProblem::Create {
                directory: settings.directory.clone(),
                source,
            })?
            .into_parts();
        let mut open = Self {
            file,
            path,
            digest: digest::Context::new(&digest::SHA256),
            checksum: Gzip::create_check(),
            size_bytes: 0,
        };
        open.write(&header(settings.compression_level))?;
        Ok(open)
    }

    fn append(&mut self, block: CompressedBlock) -> Result<(), BatchFileProblem> {
        self.checksum.combine(&block.checksum);
        self.write(&block.bytes)
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), BatchFileProblem> {
        self.file.write_all(bytes).map_err(|source| BatchFileProblem::Write {
            path: self.path.to_path_buf(),
            source,
        })?;
        self.digest.update(bytes);
        self.size_bytes += bytes.len() as u64;
        Ok(())
    }

    fn finish(mut self, row_count: u64) -> Result<BatchFile, BatchFileProblem> {
        let footer = footer(&self.checksum);
        self.write(&footer)?;
        let mut sha256 = [0; 32];
        sha256
            .iter_mut()
            .zip(self.digest.finish().as_ref())
            .for_each(|(to, from)| *to = *from);
        let name = format!("{}_{row_count}.csv.gz", Uuid::now_v7().simple());
        Ok(BatchFile {
            path: self.path,
            name,
            row_count,
            size_bytes: self.size_bytes,
            sha256,
            is_staged: AtomicBool::new(false),
        })
    }
}

#[cfg(test)]
mod tests;
