//! A local file, or a part of it, as a request body: read in pieces, encrypted on the way if need be, of exactly known
//! length. Reading and encrypting happen on the threads for blocking work, so parts sent together use several cores.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::PathBuf;

use bytes::Bytes;
use futures_util::stream::{self, Stream};

use crate::error::{Error, ErrorKind};
use crate::upload::UploadFile;
use crate::upload::cipher::FileCipher;
use crate::upload::parts::Part;

/// Read at once: large enough for the disk, small enough to keep several uploads in little memory.
pub(crate) const PIECE_BYTES: usize = 256 * 1024;

/// Checks that the file is there and as long as announced.
pub(crate) async fn check_file(file: &UploadFile) -> Result<(), Error> {
    let problem = match tokio::fs::metadata(&file.path).await {
        Ok(metadata) if !metadata.is_file() => "is not a file".to_owned(),
        Ok(metadata) if metadata.len() != file.size_bytes => {
            format!("has {} bytes and not {}", metadata.len(), file.size_bytes)
        }
        Ok(_) => return Ok(()),
        Err(failure) => format!("cannot be read: {}", failure.kind()),
    };
    Err(Error::new(
        ErrorKind::LocalFile,
        format!("file {} {problem}", file.path.display()),
    ))
}

/// The bytes to send, and how many they are. The cipher is set to the beginning of the part.
pub(crate) fn file_body(
    file: &UploadFile,
    part: Part,
    cipher: Option<FileCipher>,
) -> (impl Stream<Item = io::Result<Bytes>> + Send + use<>, u64) {
    let length = match cipher {
        Some(_) if part.is_last => FileCipher::encrypted_size_bytes(part.length_bytes),
        _ => part.length_bytes,
    };
    let reading = Reading {
        path: file.path.clone(),
        file: None,
        part,
        left_bytes: part.length_bytes,
        cipher,
        is_done: false,
    };
    (stream::try_unfold(reading, Reading::next), length)
}

struct Reading {
    path: PathBuf,
    file: Option<File>,
    part: Part,
    left_bytes: u64,
    cipher: Option<FileCipher>,
    is_done: bool,
}

impl Reading {
    async fn next(self) -> io::Result<Option<(Bytes, Self)>> {
        if self.is_done {
            return Ok(None);
        }
        let piece = tokio::task::spawn_blocking(move || self.read_piece());
        piece.await.map_err(io::Error::other)?.map(Some)
    }

    /// The next piece; the file is opened with the first.
    fn read_piece(mut self) -> io::Result<(Bytes, Self)> {
        let mut file = match self.file.take() {
            Some(file) => file,
            None => opened_at(&self.path, self.part.offset_bytes)?,
        };
        let plain = read_plain(&mut file, self.left_bytes)?;
        self.left_bytes -= plain.len() as u64;
        if self.left_bytes == 0 {
            // Before the last piece leaves: afterwards the storage has all it was promised and keeps it.
            if self.part.is_last && file.read(&mut [0])? > 0 {
                return Err(changed());
            }
            self.is_done = true;
        }
        let piece = self
            .encrypted(plain)
            .map_err(|_| io::Error::other("the file cannot be encrypted"))?;
        self.file = Some(file);
        Ok((piece, self))
    }

    fn encrypted(&mut self, plain: Vec<u8>) -> Result<Bytes, aws_lc_rs::error::Unspecified> {
        let Some(cipher) = &mut self.cipher else {
            return Ok(Bytes::from(plain));
        };
        let mut piece = Vec::with_capacity(plain.len() + 32);
        cipher.update(&plain, &mut piece)?;
        if self.is_done
            && self.part.is_last
            && let Some(cipher) = self.cipher.take()
        {
            cipher.finish(&mut piece)?;
        }
        Ok(Bytes::from(piece))
    }
}

/// The file, set to this position.
pub(crate) fn opened_at(path: &std::path::Path, offset_bytes: u64) -> io::Result<File> {
    let mut file = File::open(path)?;
    file.seek(SeekFrom::Start(offset_bytes))?;
    Ok(file)
}

/// Up to a piece of what is left; a file that ends before is a failure.
pub(crate) fn read_plain(file: &mut File, left_bytes: u64) -> io::Result<Vec<u8>> {
    let wanted = left_bytes.min(PIECE_BYTES as u64);
    let mut plain = Vec::with_capacity(PIECE_BYTES);
    file.take(wanted).read_to_end(&mut plain)?;
    if (plain.len() as u64) < wanted {
        return Err(changed());
    }
    Ok(plain)
}

fn changed() -> io::Error {
    io::Error::other("the file changed while it was sent")
}

#[cfg(test)]
pub(in crate::upload) mod tests;
