//! Why a batch file could not be written.

use std::io;
use std::path::PathBuf;

/// A batch file that could not be written: mostly a full disk or a missing directory.
#[derive(Debug, thiserror::Error)]
pub enum BatchFileProblem {
    /// The file could not be created.
    #[error("cannot create a temporary file in {}", directory.display())]
    Create {
        /// Where it should have been.
        directory: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The file could not be written to.
    #[error("cannot write the temporary file {}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The compressor refused, which no input should bring about.
    #[error("cannot compress a batch")]
    Compress {
        /// What the compressor said.
        source: io::Error,
    },
}
