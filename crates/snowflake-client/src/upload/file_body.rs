//! A local file as a request body: read in pieces, encrypted on the way if need be, of exactly known length.

use std::io;
use std::path::PathBuf;

use bytes::Bytes;
use futures_util::stream::{self, Stream};
use tokio::fs::File;
use tokio::io::AsyncReadExt;

use crate::error::{Error, ErrorKind};
use crate::upload::UploadFile;
use crate::upload::cipher::FileCipher;

/// Read at once: large enough for the disk, small enough to keep several uploads in little memory.
const PIECE_BYTES: usize = 256 * 1024;

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

/// The bytes to send, and how many they are.
pub(crate) fn file_body(
    file: &UploadFile,
    cipher: Option<FileCipher>,
) -> (impl Stream<Item = io::Result<Bytes>> + Send + use<>, u64) {
    let length = match cipher {
        Some(_) => FileCipher::encrypted_size_bytes(file.size_bytes),
        None => file.size_bytes,
    };
    let reading = Reading {
        path: file.path.clone(),
        file: None,
        left_bytes: file.size_bytes,
        cipher,
        is_done: false,
    };
    (stream::try_unfold(reading, Reading::next), length)
}

struct Reading {
    path: PathBuf,
    file: Option<File>,
    left_bytes: u64,
    cipher: Option<FileCipher>,
    is_done: bool,
}

impl Reading {
    /// The next piece; the file is opened with the first.
    async fn next(mut self) -> io::Result<Option<(Bytes, Self)>> {
        if self.is_done {
            return Ok(None);
        }
        let mut file = match self.file.take() {
            Some(file) => file,
            None => File::open(&self.path).await?,
        };
        let mut plain = Vec::with_capacity(PIECE_BYTES);
        (&mut file).take(PIECE_BYTES as u64).read_to_end(&mut plain).await?;
        let read_bytes = plain.len() as u64;
        let changed = || io::Error::other("the file changed while it was sent");
        self.left_bytes = self.left_bytes.checked_sub(read_bytes).ok_or_else(changed)?;
        if read_bytes == 0 && self.left_bytes > 0 {
            return Err(changed());
        }
        if self.left_bytes == 0 {
            // Before the last piece leaves: afterwards the storage has all it was promised and keeps it.
            if file.read(&mut [0]).await? > 0 {
                return Err(changed());
            }
            self.is_done = true;
        }
        let piece = self
            .encrypted(plain)
            .map_err(|_| io::Error::other("the file cannot be encrypted"))?;
        self.file = Some(file);
        Ok(Some((piece, self)))
    }

    fn encrypted(&mut self, plain: Vec<u8>) -> Result<Bytes, aws_lc_rs::error::Unspecified> {
        let Some(cipher) = &mut self.cipher else {
            return Ok(Bytes::from(plain));
        };
        let mut piece = Vec::with_capacity(plain.len() + 32);
        cipher.update(&plain, &mut piece)?;
        if self.is_done
            && let Some(cipher) = self.cipher.take()
        {
            cipher.finish(&mut piece)?;
        }
        Ok(Bytes::from(piece))
    }
}

#[cfg(test)]
mod tests;
