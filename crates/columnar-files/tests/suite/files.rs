//! Files for tests: a batch written in each format, and all records of a file.

use std::fs::File;
use std::io::{Seek, Write};

use arrow_array::RecordBatch;
use arrow_ipc::CompressionType;
use arrow_ipc::writer::{FileWriter, IpcWriteOptions, StreamWriter};
use columnar_files::{Format, Problem, RecordFile};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, Encoding};
use parquet::file::properties::WriterProperties;

/// A way to write a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    ArrowFile(Option<CompressionType>),
    ArrowStream,
    Parquet(Compression, Option<Encoding>),
}

impl Way {
    pub(crate) fn format(self) -> Format {
        match self {
            Self::Parquet(..) => Format::Parquet,
            Self::ArrowFile(_) | Self::ArrowStream => Format::Arrow,
        }
    }

    /// The file's bytes; the batch twice, so that a file has more than one.
    pub(crate) fn write(self, batch: &RecordBatch) -> Vec<u8> {
        let schema = batch.schema();
        let mut bytes = Vec::new();
        match self {
            Self::ArrowFile(compression) => {
                let options = IpcWriteOptions::default()
                    .try_with_compression(compression)
                    .expect("a codec");
                let mut writer = FileWriter::try_new_with_options(&mut bytes, &schema, options).expect("a writer");
                writer.write(batch).expect("a batch");
                writer.write(batch).expect("a batch");
                writer.finish().expect("an end");
            }
            Self::ArrowStream => {
                let mut writer = StreamWriter::try_new(&mut bytes, &schema).expect("a writer");
                writer.write(batch).expect("a batch");
                writer.write(batch).expect("a batch");
                writer.finish().expect("an end");
            }
            Self::Parquet(compression, encoding) => {
                let mut properties = WriterProperties::builder().set_compression(compression);
                if let Some(encoding) = encoding {
                    properties = properties.set_dictionary_enabled(false).set_encoding(encoding);
                }
                let mut writer = ArrowWriter::try_new(&mut bytes, schema, Some(properties.build())).expect("a writer");
                writer.write(batch).expect("a batch");
                writer.flush().expect("a row group");
                writer.write(batch).expect("a batch");
                writer.close().expect("an end");
            }
        }
        bytes
    }
}

fn file_of(bytes: &[u8]) -> File {
    let mut file = tempfile::tempfile().expect("a temporary file");
    file.write_all(bytes).expect("room");
    file.rewind().expect("a file");
    file
}

/// Every record of a file, each the JSON it came as.
pub(crate) fn records(bytes: &[u8], format: Format) -> Result<Vec<String>, Problem> {
    RecordFile::check(file_of(bytes), format)?;
    let mut file = RecordFile::open(file_of(bytes), format)?;
    let mut records = Vec::new();
    let mut text = Vec::new();
    while file.next_record(&mut text)? {
        records.push(String::from_utf8(std::mem::take(&mut text)).expect("UTF-8"));
    }
    Ok(records)
}
