//! One batch file while it is written: rows to pieces, pieces to the compressors, what comes back to the file.
//! Not for several files of a batch: `stream_buffer` has those.

use std::collections::VecDeque;
use std::fmt;
use std::io;
use std::sync::mpsc::{Receiver, TryRecvError};

use super::compression_pool::{Compressed, CompressionPool, PIECE_SIZE_BYTES, Way};
use super::file::{BatchFile, OpenFile};
use super::packing::Packing;
use super::problem::BatchFileProblem;
use super::settings::BatchFileSettings;
use super::whole_stream::WholeStream;

/// Collects rows and compresses them piece by piece into one file (one gzip member, one zstd frame, …).
///
/// Write a row to the end of [`Self::rows`], then call [`Self::end_row`]. The file is created with the first full piece.
pub struct BatchFileWriter {
    rows: Vec<u8>,
    row_count: u64,
    in_flight: VecDeque<Receiver<io::Result<Compressed>>>,
    /// The file's own compressor, for formats that have one, while no piece is in flight.
    stream: Option<WholeStream>,
    file: Option<OpenFile>,
    packing: Packing,
}

impl BatchFileWriter {
    /// A writer without rows.
    pub fn new(settings: &BatchFileSettings) -> Self {
        Self {
            rows: Vec::new(),
            row_count: 0,
            in_flight: VecDeque::new(),
            stream: None,
            file: None,
            packing: settings.packing,
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
        if self.rows.len() < PIECE_SIZE_BYTES {
            return Ok(());
        }
        self.send_rows(settings, pool)
    }

    /// Rows so far.
    pub fn row_count(&self) -> u64 {
        self.row_count
    }

    /// Compressed bytes so far; up to some pieces behind the rows.
    pub fn compressed_size_bytes(&self) -> u64 {
        self.file.as_ref().map_or(0, OpenFile::size_bytes)
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
            self.send_rows(settings, pool)?;
        }
        let mut file = match self.file.take() {
            Some(file) => file,
            None => OpenFile::create(settings)?,
        };
        self.write_finished(&mut file, 0)?;
        if let Some(stream) = self.stream.take() {
            file.write(&stream.finish().map_err(not_compressed)?)?;
        }
        file.finish(self.row_count)
    }

    /// Hands the collected rows to the compressors and writes what they have finished, in order.
    fn send_rows(&mut self, settings: &BatchFileSettings, pool: &CompressionPool) -> Result<(), BatchFileProblem> {
        let mut file = match self.file.take() {
            Some(file) => file,
            None => OpenFile::create(settings)?,
        };
        let rows = std::mem::replace(&mut self.rows, pool.buffer());
        if self.packing.is_one_stream() {
            self.write_finished(&mut file, 0)?;
            let stream = match self.stream.take() {
                Some(stream) => stream,
                None => WholeStream::begin(self.packing).map_err(not_compressed)?,
            };
            self.in_flight.push_back(pool.compress(rows, Way::Stream(stream)));
        } else if rows.len() <= 2 * PIECE_SIZE_BYTES {
            self.in_flight.push_back(pool.compress(rows, Way::Piece(self.packing)));
        } else {
            for piece in rows.chunks(PIECE_SIZE_BYTES) {
                self.in_flight
                    .push_back(pool.compress(piece.to_vec(), Way::Piece(self.packing)));
                self.write_finished(&mut file, pool.pieces_in_flight())?;
            }
        }
        self.write_finished(&mut file, pool.pieces_in_flight())?;
        self.file = Some(file);
        Ok(())
    }

    /// Writes the pieces that are ready, and waits for some while more than `limit` are under way.
    fn write_finished(&mut self, file: &mut OpenFile, limit: usize) -> Result<(), BatchFileProblem> {
        while let Some(answer) = self.in_flight.front() {
            let compressed = if self.in_flight.len() > limit {
                answer.recv().map_err(|_| no_compressor())?
            } else {
                match answer.try_recv() {
                    Ok(compressed) => compressed,
                    Err(TryRecvError::Empty) => return Ok(()),
                    Err(TryRecvError::Disconnected) => return Err(no_compressor()),
                }
            };
            self.in_flight.pop_front();
            match compressed.map_err(not_compressed)? {
                Compressed::Piece(piece) => file.append(piece)?,
                Compressed::Stream(bytes, stream) => {
                    self.stream = Some(stream);
                    file.write(&bytes)?;
                }
            }
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

fn no_compressor() -> BatchFileProblem {
    not_compressed(io::Error::other("a compressor thread has ended"))
}

fn not_compressed(source: io::Error) -> BatchFileProblem {
    BatchFileProblem::Compress { source }
}

#[cfg(test)]
mod tests;
