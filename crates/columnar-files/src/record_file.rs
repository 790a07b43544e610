//! A file that is read record by record. Not for where files are and not for how they are packed.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};

use arrow_array::RecordBatch;
use parquet::arrow::arrow_reader::{ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder};

use crate::arrow_batches::ArrowBatches;
use crate::batch_text::BatchText;
use crate::contained::contained;
use crate::format::Format;
use crate::problem::Problem;

/// Rows of a Parquet file in memory at a time, beside the pages that they are in.
const ROWS_AT_ONCE: usize = 1_024;

/// An open file. Memory is bounded by the largest record batch of an Arrow file, and by the largest page of each column
/// of a Parquet file.
pub struct RecordFile {
    batches: Batches,
    batch: Option<BatchText>,
}

enum Batches {
    Parquet(ParquetRecordBatchReader),
    Arrow(Box<ArrowBatches>),
}

impl RecordFile {
    /// Reads what the file says of itself.
    ///
    /// # Errors
    /// When it is no such file, or damaged where it says what is in it.
    pub fn open(mut file: File, format: Format) -> Result<Self, Problem> {
        let batches = contained(|| match format {
            Format::Parquet => {
                check_parquet_marks(&mut file)?;
                let builder = ParquetRecordBatchReaderBuilder::try_new(file)?;
                Ok(Batches::Parquet(builder.with_batch_size(ROWS_AT_ONCE).build()?))
            }
            Format::Arrow => Ok(Batches::Arrow(Box::new(ArrowBatches::open(file)?))),
        })?;
        Ok(Self { batches, batch: None })
    }

    /// Reads all of the file, so that what is wrong further on is known before any of its records is used.
    ///
    /// # Errors
    /// As [`Self::open`] and [`Self::next_record`].
    pub fn check(file: File, format: Format) -> Result<(), Problem> {
        let mut opened = Self::open(file, format)?;
        while opened.next_batch()?.is_some() {}
        Ok(())
    }

    /// Appends the next record's JSON object to `out`. False at the end.
    ///
    /// # Errors
    /// When the file is damaged or cannot be read; then there is nothing more to be had from it.
    pub fn next_record(&mut self, out: &mut Vec<u8>) -> Result<bool, Problem> {
        loop {
            if let Some(batch) = &mut self.batch
                && batch.write_next(out)
            {
                return Ok(true);
            }
            self.batch = match self.next_batch()? {
                Some(batch) => Some(BatchText::of_batch(&batch)?),
                None => return Ok(false),
            };
        }
    }

    fn next_batch(&mut self) -> Result<Option<RecordBatch>, Problem> {
        contained(|| match &mut self.batches {
            Batches::Parquet(reader) => Ok(reader.next().transpose()?),
            Batches::Arrow(batches) => batches.next_batch(),
        })
    }
}

/// A file that is cut short has no mark at its end; the reader's own word for that is the same as for damage.
fn check_parquet_marks(file: &mut File) -> Result<(), Problem> {
    let not_one = |_| Problem::NotOne(Format::Parquet);
    let mut mark = [0; 4];
    for position in [SeekFrom::Start(0), SeekFrom::End(-4)] {
        file.seek(position)
            .and_then(|_| file.read_exact(&mut mark))
            .map_err(not_one)?;
        match &mark {
            b"PAR1" => {}
            b"PARE" => return Err(Problem::Unsupported("encryption")),
            _ => return Err(Problem::NotOne(Format::Parquet)),
        }
    }
    Ok(())
}
