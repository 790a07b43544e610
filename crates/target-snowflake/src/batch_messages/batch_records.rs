//! The records of one file of a BATCH message, whatever they are written as. A file of columns is read twice, so that none of
//! its rows is loaded when it is damaged further on.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek};
use std::path::Path;

use columnar_files::{Problem, RecordFile};
use flate2::bufread::MultiGzDecoder;

use super::encoding::Encoding;

const BUFFER_BYTES: usize = 1 << 16;
const GZIP: [u8; 2] = [0x1F, 0x8B];
const ZSTANDARD: [u8; 4] = [0x28, 0xB5, 0x2F, 0xFD];

/// An open file.
pub(crate) enum BatchRecords {
    Lines { reader: Box<dyn BufRead>, number: u64 },
    Columns { file: Box<RecordFile>, number: u64 },
}

/// Why a file gives no more records.
#[derive(Debug)]
pub(crate) enum BatchFileFault {
    /// It cannot be read: it is not there, or the disk fails.
    Unreadable(io::Error),
    /// The storage that it is in does not give it.
    Storage(cloud_storage::Error),
    /// This machine cannot keep what it needs of it.
    NoRoom(io::Error),
    /// What is in it is wrong: `it is damaged`.
    Content(String),
}

impl From<io::Error> for BatchFileFault {
    fn from(problem: io::Error) -> Self {
        match problem.kind() {
            // Of the decompressor: what it reads is no gzip, or ends too early.
            io::ErrorKind::UnexpectedEof | io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput => {
                Self::Content("it is damaged, or its end is missing".to_owned())
            }
            _ => Self::Unreadable(problem),
        }
    }
}

impl From<Problem> for BatchFileFault {
    fn from(problem: Problem) -> Self {
        match problem {
            Problem::Io(problem) => Self::Unreadable(problem),
            problem => Self::Content(problem.to_string()),
        }
    }
}

impl BatchRecords {
    /// Reads an open file; `directory` is for files that must be unpacked first.
    pub(crate) fn open(file: File, encoding: Encoding, directory: &Path) -> Result<Self, BatchFileFault> {
        let mut reader = BufReader::with_capacity(BUFFER_BYTES, file);
        let unpacking = unpacking(&mut reader)?;
        match (encoding, unpacking) {
            (Encoding::Lines, unpacking) => {
                let reader: Box<dyn BufRead> = match unpacking {
                    Unpacking::Gzip => Box::new(BufReader::with_capacity(BUFFER_BYTES, MultiGzDecoder::new(reader))),
                    Unpacking::Zstandard => Box::new(BufReader::with_capacity(
                        BUFFER_BYTES,
                        zstd::Decoder::with_buffer(reader)?,
                    )),
                    Unpacking::None => Box::new(reader),
                };
                Ok(Self::Lines { reader, number: 0 })
            }
            (Encoding::Columns(format), unpacking) => {
                let mut file = match unpacking {
                    Unpacking::Gzip => unpacked(MultiGzDecoder::new(reader), directory)?,
                    Unpacking::Zstandard => unpacked(zstd::Decoder::with_buffer(reader)?, directory)?,
                    Unpacking::None => reader.into_inner(),
                };
                file.rewind()?;
                RecordFile::check(file.try_clone()?, format)?;
                file.rewind()?;
                let file = Box::new(RecordFile::open(file, format)?);
                Ok(Self::Columns { file, number: 0 })
            }
        }
    }

    /// Reads the next record's text into `text`; false at the end.
    pub(crate) fn next(&mut self, text: &mut Vec<u8>) -> Result<bool, BatchFileFault> {
        text.clear();
        match self {
            Self::Columns { file, number } => {
                *number += 1;
                Ok(file.next_record(text)?)
            }
            Self::Lines { reader, number } => {
                while text.trim_ascii().is_empty() {
                    text.clear();
                    if reader.read_until(b'\n', text)? == 0 {
                        return Ok(false);
                    }
                    *number += 1;
                }
                Ok(true)
            }
        }
    }

    /// Where the last record is: `line 7`.
    pub(crate) fn place(&self) -> String {
        match self {
            Self::Lines { number, .. } => format!("line {number}"),
            Self::Columns { number, .. } => format!("row {number}"),
        }
    }
}

/// How a file is packed as a whole.
#[derive(Debug, Clone, Copy)]
enum Unpacking {
    None,
    Gzip,
    Zstandard,
}

/// Tells it by the first bytes.
fn unpacking(reader: &mut impl BufRead) -> io::Result<Unpacking> {
    let begin = reader.fill_buf()?;
    Ok(if begin.starts_with(&GZIP) {
        Unpacking::Gzip
    } else if begin.starts_with(&ZSTANDARD) {
        Unpacking::Zstandard
    } else {
        Unpacking::None
    })
}

/// The content as a file of its own, that is gone with its handle.
fn unpacked(mut content: impl Read, directory: &Path) -> Result<File, BatchFileFault> {
    let mut file = tempfile::tempfile_in(directory).map_err(BatchFileFault::NoRoom)?;
    io::copy(&mut content, &mut file)?;
    Ok(file)
}
