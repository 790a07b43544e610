//! How the files of a BATCH message are written, by its `encoding`. How they are packed is seen by their first bytes: what
//! the message says of it is known to be left out.

use columnar_files::Format;
use singer_protocol::BatchEncoding;

/// What is in the files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Encoding {
    /// A record in each line.
    Lines,
    /// Records in columns.
    Columns(Format),
}

impl Encoding {
    /// Reads the member `encoding` of a message.
    ///
    /// # Errors
    /// What of it is not known.
    pub(crate) fn of_message(encoding: &BatchEncoding) -> Result<Self, String> {
        let found = match encoding.format.to_ascii_lowercase().as_str() {
            "jsonl" => Self::Lines,
            "parquet" => Self::Columns(Format::Parquet),
            "arrow" => Self::Columns(Format::Arrow),
            _ => return Err(format!("BATCH files of format {:?} cannot be read", encoding.format)),
        };
        match encoding.compression.as_deref() {
            None | Some("gzip" | "zstd" | "none" | "") => Ok(found),
            Some(other) => Err(format!("BATCH files with compression {other:?} cannot be read")),
        }
    }
}
