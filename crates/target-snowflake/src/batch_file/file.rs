//! A batch file on disk: while it is appended to, and when it is finished. Not for what is in it.

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use aws_lc_rs::digest;
use gzp::FormatSpec;
use gzp::check::Check;
use gzp::deflate::Gzip;
use snowflake_client::Compression;
use tempfile::{NamedTempFile, TempPath};
use uuid::Uuid;

use super::packing::Packing;
use super::pieces::{Checksum, Piece, footer, header};
use super::problem::BatchFileProblem;
use super::settings::BatchFileSettings;
use crate::bookmark_range::BookmarkRange;

/// A finished file; deleted when dropped.
#[derive(Debug)]
pub struct BatchFile {
    path: TempPath,
    /// A unique name for the stage: `<uuid>_<rows>.csv.gz`, or with the other format's suffix. Names rise with time; the count
    /// of rows is for a person, or a server without a warehouse, who looks at the stage.
    pub name: String,
    /// Rows in the file.
    pub row_count: u64,
    /// Its size, compressed.
    pub size_bytes: u64,
    /// SHA-256 of the compressed bytes.
    pub sha256: [u8; 32],
    /// How it is compressed.
    pub compression: Compression,
    /// The range of the stream's bookmark in it, for files that are archived. Who writes the file does not know it.
    pub bookmarks: Option<BookmarkRange>,
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

/// The file on disk: appended to, hashed on the way.
pub(super) struct OpenFile {
    packing: Packing,
    file: File,
    path: TempPath,
    digest: digest::Context,
    checksum: Checksum,
    size_bytes: u64,
}

impl OpenFile {
    /// Creates the file and writes what stands in front.
    pub(super) fn create(settings: &BatchFileSettings) -> Result<Self, BatchFileProblem> {
        let (file, path) = NamedTempFile::with_prefix_in("target-snowflake-", &settings.directory)
            .map_err(|source| BatchFileProblem::Create {
                directory: settings.directory.clone(),
                source,
            })?
            .into_parts();
        let mut open = Self {
            packing: settings.packing,
            file,
            path,
            digest: digest::Context::new(&digest::SHA256),
            checksum: Gzip::create_check(),
            size_bytes: 0,
        };
        open.write(&header(settings.packing))?;
        Ok(open)
    }

    /// Compressed bytes so far.
    pub(super) fn size_bytes(&self) -> u64 {
        self.size_bytes
    }

    /// Appends a compressed piece.
    pub(super) fn append(&mut self, piece: Piece) -> Result<(), BatchFileProblem> {
        self.checksum.combine(&piece.checksum);
        self.write(&piece.bytes)
    }

    /// Appends bytes as they are.
    pub(super) fn write(&mut self, bytes: &[u8]) -> Result<(), BatchFileProblem> {
        self.file.write_all(bytes).map_err(|source| BatchFileProblem::Write {
            path: self.path.to_path_buf(),
            source,
        })?;
        self.digest.update(bytes);
        self.size_bytes += bytes.len() as u64;
        Ok(())
    }

    /// Writes what stands behind, and closes the file.
    pub(super) fn finish(mut self, row_count: u64) -> Result<BatchFile, BatchFileProblem> {
        let footer = footer(self.packing, &self.checksum);
        self.write(&footer)?;
        let mut sha256 = [0; 32];
        sha256
            .iter_mut()
            .zip(self.digest.finish().as_ref())
            .for_each(|(to, from)| *to = *from);
        let compression = self.packing.compression;
        let suffix = compression.suffix();
        let name = format!("{}_{row_count}.csv{suffix}", Uuid::now_v7().simple());
        Ok(BatchFile {
            compression,
            path: self.path,
            name,
            row_count,
            size_bytes: self.size_bytes,
            sha256,
            bookmarks: None,
            is_staged: AtomicBool::new(false),
        })
    }
}
