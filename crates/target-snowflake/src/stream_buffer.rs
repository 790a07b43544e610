//! One stream's open batch: records go in, finished batch files come out. Holds no rows in memory beyond some blocks.
//! Not for deciding when to flush: the run loop does, from the counts given here.

use std::sync::Arc;
use std::time::Instant;

use singer_protocol::RecordText;
use snowflake_client::Compression;

use crate::batch_file::{BatchFile, BatchFileProblem, BatchFileSettings, BatchFileWriter, CompressionPool};
use crate::bookmark_range::BookmarkTracker;
use crate::columns::{Column, ColumnSource, StreamColumns};
use crate::metadata_columns::RowMetadata;
use crate::record_check::RecordCheck;
use crate::record_row::{RecordProblem, RowEncoder, RowNote};

/// Why a record did not get into the buffer.
#[derive(Debug, thiserror::Error)]
pub enum BufferProblem {
    /// The record is at fault; the buffer is as before and goes on.
    #[error(transparent)]
    Record(#[from] RecordProblem),
    /// The file is at fault; the batch is lost and must be read again.
    #[error(transparent)]
    File(#[from] BatchFileProblem),
}

/// A finished batch of one stream, ready to be staged and loaded. Its files are deleted when it is dropped.
#[derive(Debug)]
pub struct Batch {
    /// The columns its rows were written with.
    pub columns: Arc<StreamColumns>,
    /// The files, in order of arrival; at least one.
    pub files: Vec<Arc<BatchFile>>,
    /// Rows in all files.
    pub row_count: u64,
    /// The sequence number of the last record in it.
    pub last_sequence: u64,
    /// What all its rows have in columns that the files lack: positions of columns, and text that the columns' casts read.
    pub values_of_batch: Vec<(usize, String)>,
}

impl Batch {
    /// How its files are compressed: all in the same way.
    pub fn compression(&self) -> Compression {
        self.files.first().map(|file| file.compression).unwrap_or_default()
    }
}

/// The open batch of one stream.
#[derive(Debug)]
pub struct StreamBuffer {
    columns: Arc<StreamColumns>,
    settings: Arc<BatchFileSettings>,
    pool: CompressionPool,
    encoder: RowEncoder,
    writer: BatchFileWriter,
    finished: Vec<Arc<BatchFile>>,
    /// Of those, how many [`Self::next_finished`] has given.
    given_count: usize,
    finished_bytes: u64,
    row_count: u64,
    last_sequence: u64,
    values_of_batch: Vec<(usize, String)>,
    begun: Option<Instant>,
    /// Only for files that are archived.
    bookmarks: Option<BookmarkTracker>,
}

impl StreamBuffer {
    /// An empty buffer. Nothing is created on disk before the first block of rows is full, or [`Self::take`].
    pub fn new(columns: Arc<StreamColumns>, settings: Arc<BatchFileSettings>, pool: CompressionPool) -> Self {
        Self {
            encoder: RowEncoder::new(Arc::clone(&columns)),
            writer: BatchFileWriter::new(),
            columns,
            settings,
            pool,
            finished: Vec::new(),
            given_count: 0,
            finished_bytes: 0,
            row_count: 0,
            last_sequence: 0,
            values_of_batch: Vec::new(),
            begun: None,
            bookmarks: None,
        }
    }

    /// Notes on each file from where to where this property goes, when there is a column of it.
    pub fn set_bookmark(&mut self, property: Option<&str>) {
        self.bookmarks = property.and_then(|property| {
            let is_it = |column: &Column| column.source == ColumnSource::Property && column.property == property;
            let column = self.columns.columns.iter().position(is_it)?;
            Some(BookmarkTracker::new(property, column))
        });
    }

    /// Refuses records from now on that are not what the schema says.
    pub fn set_check(&mut self, check: Option<Arc<RecordCheck>>) {
        self.encoder.set_check(check);
    }

    /// The columns that rows are written with.
    pub fn columns(&self) -> &Arc<StreamColumns> {
        &self.columns
    }

    /// Adds a record. `sequence` is its number in the stream, rising: it becomes the row number, which decides between
    /// rows of the same key. Blocks while the compressors are behind.
    ///
    /// # Errors
    /// See [`BufferProblem`]. After a record's problem the buffer can be used on; after a file's it cannot.
    pub fn push(
        &mut self,
        record: RecordText<'_>,
        metadata: &RowMetadata<'_>,
        sequence: u64,
    ) -> Result<(), BufferProblem> {
        if self.begun.is_none() {
            self.values_of_batch = self.encoder.begin_batch(metadata)?;
        }
        self.encoder.encode(record, metadata, sequence, self.writer.rows())?;
        if let Some(bookmarks) = &mut self.bookmarks
            && let Some((value, shape)) = self.encoder.value_of(bookmarks.column, &record)
        {
            bookmarks.see(value, shape);
        }
        if self.begun.is_none() {
            self.begun = Some(Instant::now());
        }
        self.row_count += 1;
        self.last_sequence = sequence;
        self.writer.end_row(&self.settings, &self.pool)?;
        if self.writer.compressed_size_bytes() >= self.settings.file_size_bytes(self.finished_bytes) {
            self.finish_file()?;
        }
        Ok(())
    }

    /// A finished file of the open batch that was not given yet, so that it can be staged while the rest is read. It stays
    /// part of the batch.
    pub fn next_finished(&mut self) -> Option<Arc<BatchFile>> {
        let file = self.finished.get(self.given_count)?;
        self.given_count += 1;
        Some(Arc::clone(file))
    }

    /// Rows since the last [`Self::take`].
    pub fn row_count(&self) -> u64 {
        self.row_count
    }

    /// Compressed bytes since the last [`Self::take`]; up to some blocks behind.
    pub fn compressed_bytes(&self) -> u64 {
        self.finished_bytes + self.writer.compressed_size_bytes()
    }

    /// When the first record since the last [`Self::take`] came.
    pub fn begun(&self) -> Option<Instant> {
        self.begun
    }

    /// Finishes the open file and hands everything over; `None` when no record came since the last time.
    ///
    /// # Errors
    /// The open file cannot be written; its rows are lost and must be read again.
    pub fn take(&mut self) -> Result<Option<Batch>, BatchFileProblem> {
        if self.writer.row_count() > 0 {
            self.finish_file()?;
        }
        self.begun = None;
        self.finished_bytes = 0;
        self.given_count = 0;
        let row_count = std::mem::take(&mut self.row_count);
        let files = std::mem::take(&mut self.finished);
        Ok((row_count > 0).then(|| Batch {
            columns: Arc::clone(&self.columns),
            files,
            row_count,
            last_sequence: self.last_sequence,
            values_of_batch: std::mem::take(&mut self.values_of_batch),
        }))
    }

    /// What there is to tell the user since the last call, each thing once per stream: see [`RowNote`].
    pub fn take_notes(&mut self) -> Vec<RowNote> {
        self.encoder.take_notes()
    }

    fn finish_file(&mut self) -> Result<(), BatchFileProblem> {
        let writer = std::mem::take(&mut self.writer);
        let mut file = writer.finish(&self.settings, &self.pool)?;
        file.bookmarks = self.bookmarks.as_mut().and_then(BookmarkTracker::take);
        self.finished_bytes += file.size_bytes;
        self.finished.push(Arc::new(file));
        Ok(())
    }
}

#[cfg(test)]
mod tests;
