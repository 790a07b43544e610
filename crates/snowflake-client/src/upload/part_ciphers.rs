//! Parts of one encrypted file, sent independently: the cipher of each part starts with the last block of the part
//! before. So the file is encrypted once ahead of the sending, and only those blocks are kept; the memory for it does
//! not grow with the file, and a part that is sent again has the same bytes.

use std::fs::File;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::vec::IntoIter;

use crate::upload::UploadFile;
use crate::upload::cipher::{BLOCK_BYTES, FileCipher};
use crate::upload::encryption::SealedFile;
use crate::upload::file_body::{opened_at, read_plain};
use crate::upload::parts::Part;

/// A part and the vector that its cipher starts with.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PartToSend {
    pub(crate) part: Part,
    /// Absent when the file is not encrypted.
    pub(crate) vector: Option<[u8; BLOCK_BYTES]>,
}

/// Finds the vectors, one part ahead of the other.
pub(crate) struct PartCiphers {
    parts: IntoIter<Part>,
    chain: Option<Chain>,
}

struct Chain {
    path: PathBuf,
    file: Option<File>,
    cipher: FileCipher,
    vector: [u8; BLOCK_BYTES],
}

impl PartCiphers {
    pub(crate) fn new(
        file: &UploadFile,
        parts: Vec<Part>,
        sealed: Option<&Arc<SealedFile>>,
    ) -> Result<Self, crate::error::Error> {
        let chain = match sealed {
            Some(sealed) => Some(Chain {
                path: file.path.clone(),
                file: None,
                cipher: sealed.cipher()?,
                vector: sealed.vector(),
            }),
            None => None,
        };
        Ok(PartCiphers {
            parts: parts.into_iter(),
            chain,
        })
    }

    /// The next part to send; shaped for `try_unfold`.
    pub(crate) async fn next(mut self) -> io::Result<Option<(PartToSend, Self)>> {
        let Some(part) = self.parts.next() else {
            return Ok(None);
        };
        let vector = self.chain.as_ref().map(|chain| chain.vector);
        if !part.is_last
            && let Some(chain) = self.chain.take()
        {
            let passed = tokio::task::spawn_blocking(move || chain.pass(part)).await;
            self.chain = Some(passed.map_err(io::Error::other)??);
        }
        Ok(Some((PartToSend { part, vector }, self)))
    }
}

impl Chain {
    /// Encrypts a part for the sake of its last block.
    fn pass(mut self, part: Part) -> io::Result<Self> {
        let mut file = match self.file.take() {
            Some(file) => file,
            None => opened_at(&self.path, part.offset_bytes)?,
        };
        let mut left_bytes = part.length_bytes;
        let mut encrypted = Vec::new();
        while left_bytes > 0 {
            let plain = read_plain(&mut file, left_bytes)?;
            left_bytes -= plain.len() as u64;
            encrypted.clear();
            let failed = |_| io::Error::other("the file cannot be encrypted");
            self.cipher.update(&plain, &mut encrypted).map_err(failed)?;
        }
        // Pieces and parts end with a block, so the last piece ends with the last block of the part.
        let last_block = encrypted.last_chunk::<BLOCK_BYTES>();
        self.vector = *last_block.ok_or_else(|| io::Error::other("a part is not made of whole blocks"))?;
        self.file = Some(file);
        Ok(self)
    }
}

#[cfg(test)]
mod tests;
