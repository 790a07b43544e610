//! The kinds of files. Not for what is in them.

use std::fmt;

/// A kind of file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Apache Parquet, with any codec inside but LZO.
    Parquet,
    /// Arrow's IPC file (`ARROW1` at both ends), or the same messages as a stream.
    Arrow,
}

impl fmt::Display for Format {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Parquet => "Parquet",
            Self::Arrow => "Arrow",
        })
    }
}
