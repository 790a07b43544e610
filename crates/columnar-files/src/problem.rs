//! Why a file cannot be read on. Messages hold nothing of the file.

use std::io;

use arrow_schema::ArrowError;
use parquet::errors::ParquetError;

use crate::format::Format;

/// Why a file cannot be read, or not to its end.
#[derive(Debug, thiserror::Error)]
pub enum Problem {
    /// Another kind of file, or one whose end is missing.
    #[error("it is no {0} file, or its end is missing")]
    NotOne(Format),
    /// What is in it contradicts itself, or ends too early.
    #[error("it is damaged")]
    Damaged,
    /// It uses something of its format that is not read here.
    #[error("it uses {0}, which cannot be read")]
    Unsupported(&'static str),
    /// The file itself could not be read.
    #[error("{0}")]
    Io(#[source] io::Error),
}

impl From<io::Error> for Problem {
    fn from(problem: io::Error) -> Self {
        match problem.kind() {
            // Where the file's own lengths lead past its end.
            io::ErrorKind::UnexpectedEof | io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput => Self::Damaged,
            _ => Self::Io(problem),
        }
    }
}

impl From<ArrowError> for Problem {
    fn from(problem: ArrowError) -> Self {
        match problem {
            ArrowError::IoError(_, problem) => problem.into(),
            ArrowError::NotYetImplemented(_) => Self::Unsupported("a type of column"),
            ArrowError::ExternalError(problem) => match problem.downcast::<ParquetError>() {
                Ok(problem) => (*problem).into(),
                Err(_) => Self::Damaged,
            },
            _ => Self::Damaged,
        }
    }
}

impl From<ParquetError> for Problem {
    fn from(problem: ParquetError) -> Self {
        match problem {
            ParquetError::NYI(_) => Self::Unsupported("a codec, an encryption or a type of column"),
            ParquetError::External(problem) => match problem.downcast::<io::Error>() {
                Ok(problem) => (*problem).into(),
                Err(_) => Self::Damaged,
            },
            _ => Self::Damaged,
        }
    }
}
