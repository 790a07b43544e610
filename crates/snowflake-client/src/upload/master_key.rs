//! Client-side encryption of files that the caller stores itself, where an external stage with a MASTER_KEY reads them.
//! The same envelope as on Snowflake's own stages, with the user's key. Not for sending: these files go past PUT.

use std::fs::File;
use std::io::{self, Read};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;

use crate::error::Error;
use crate::upload::cipher::FileCipher;
use crate::upload::encryption::StageKey;
use crate::upload::file_body::PIECE_BYTES;

/// The key of `ENCRYPTION = (TYPE = 'AWS_CSE' MASTER_KEY = '…')`.
pub struct MasterKey(StageKey);

impl std::fmt::Debug for MasterKey {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("[master key]")
    }
}

impl MasterKey {
    /// From base64, as Snowflake takes it. `None` unless it has 128 or 256 bits.
    pub fn from_base64(text: &str) -> Option<Self> {
        let key = BASE64_STANDARD.decode(text.trim()).ok()?;
        // Amazon's description of the key: there is none.
        StageKey::new(key, "{}".to_owned()).map(MasterKey)
    }

    /// Encrypts a file while it is read, with a key of its own.
    ///
    /// # Errors
    /// When the encryption cannot be set up, which no input brings about.
    pub fn encrypt(&self, file: File, size_bytes: u64) -> Result<EncryptedFile, Error> {
        let sealed = self.0.seal()?;
        let content = EncryptedContent {
            file,
            cipher: Some(sealed.cipher()?),
            encrypted: Vec::new(),
            given_bytes: 0,
        };
        Ok(EncryptedFile {
            size_bytes: FileCipher::encrypted_size_bytes(size_bytes),
            content: Box::new(content),
            metadata: vec![
                ("x-amz-key".to_owned(), sealed.wrapped.key),
                ("x-amz-iv".to_owned(), sealed.wrapped.vector),
                ("x-amz-matdesc".to_owned(), sealed.wrapped.description),
            ],
        })
    }
}

/// A file on its way into an S3 bucket.
pub struct EncryptedFile {
    /// How long the encrypted form is.
    pub size_bytes: u64,
    /// The encrypted form.
    pub content: Box<dyn Read + Send>,
    /// What must be stored beside it as S3 metadata, or nobody can decrypt it.
    pub metadata: Vec<(String, String)>,
}

struct EncryptedContent {
    file: File,
    /// Gone when the padding was written.
    cipher: Option<FileCipher>,
    encrypted: Vec<u8>,
    /// Of `encrypted`.
    given_bytes: usize,
}

impl Read for EncryptedContent {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        while self.given_bytes == self.encrypted.len() {
            if self.cipher.is_none() {
                return Ok(0);
            }
            self.encrypt_piece()?;
        }
        let waiting = self.encrypted.get(self.given_bytes..).unwrap_or_default();
        let count = waiting.len().min(room.len());
        if let (Some(to), Some(from)) = (room.get_mut(..count), waiting.get(..count)) {
            to.copy_from_slice(from);
        }
        self.given_bytes += count;
        Ok(count)
    }
}

impl EncryptedContent {
    fn encrypt_piece(&mut self) -> io::Result<()> {
        let failed = |_| io::Error::other("the file cannot be encrypted");
        let mut plain = Vec::with_capacity(PIECE_BYTES);
        self.file.by_ref().take(PIECE_BYTES as u64).read_to_end(&mut plain)?;
        self.encrypted.clear();
        self.given_bytes = 0;
        if plain.is_empty() {
            if let Some(cipher) = self.cipher.take() {
                cipher.finish(&mut self.encrypted).map_err(failed)?;
            }
        } else if let Some(cipher) = &mut self.cipher {
            cipher.update(&plain, &mut self.encrypted).map_err(failed)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;
    use crate::upload::encryption::WrappedFileKey;
    use crate::upload::encryption::tests::decrypted;

    #[test]
    fn what_is_read_decrypts_to_the_file() {
        for (key_bytes, sizes) in [
            (16, [0, 1, 15, 16]),
            (32, [17, PIECE_BYTES, PIECE_BYTES + 1, 3 * PIECE_BYTES]),
        ] {
            let master_key = vec![7; key_bytes];
            let key = MasterKey::from_base64(&BASE64_STANDARD.encode(&master_key)).unwrap();
            for size in sizes {
                let plain: Vec<u8> = (0..size).map(|index| (index % 251) as u8).collect();
                let mut file = tempfile::tempfile().unwrap();
                file.write_all(&plain).unwrap();
                std::io::Seek::rewind(&mut file).unwrap();
                let mut encrypted = key.encrypt(file, size as u64).unwrap();
                let mut stored = Vec::new();
                encrypted.content.read_to_end(&mut stored).unwrap();
                assert_eq!(stored.len() as u64, encrypted.size_bytes);
                let names: Vec<&str> = encrypted.metadata.iter().map(|(name, _)| name.as_str()).collect();
                assert_eq!(names, ["x-amz-key", "x-amz-iv", "x-amz-matdesc"]);
                let [key, vector, description] = [0, 1, 2].map(|index| encrypted.metadata[index].1.clone());
                assert_eq!(description, "{}");
                let wrapped = WrappedFileKey {
                    key,
                    vector,
                    description,
                };
                assert_eq!(decrypted(&master_key, &wrapped, &stored), plain, "{size} bytes");
            }
        }
    }

    #[test]
    fn only_keys_that_aes_takes_are_keys() {
        for text in ["", "c2hvcnQ=", "not base64!", &BASE64_STANDARD.encode([0; 24])] {
            assert!(MasterKey::from_base64(text).is_none(), "{text}");
        }
    }
}
