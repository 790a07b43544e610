//! AES-CBC with PKCS#7 padding over pieces of any size. Knows neither files nor stages.

use aws_lc_rs::cipher::{Algorithm, EncryptionContext, StreamingEncryptingKey, UnboundCipherKey};
use aws_lc_rs::error::Unspecified;
use aws_lc_rs::iv::FixedLength;

/// Of AES, whatever the size of the key.
pub(crate) const BLOCK_BYTES: usize = 16;

/// Encrypts one file.
pub(crate) struct FileCipher(StreamingEncryptingKey);

impl FileCipher {
    pub(crate) fn new(
        algorithm: &'static Algorithm,
        key: &[u8],
        vector: [u8; BLOCK_BYTES],
    ) -> Result<Self, Unspecified> {
        let key = UnboundCipherKey::new(algorithm, key)?;
        let context = EncryptionContext::Iv128(FixedLength::from(vector));
        // "Less safe" is the choice of the vector by the caller: it is random, and new for every attempt.
        StreamingEncryptingKey::less_safe_cbc_pkcs7(key, context).map(FileCipher)
    }

    /// Length of the encrypted form: padding adds one to sixteen bytes.
    pub(crate) fn encrypted_size_bytes(plain_size_bytes: u64) -> u64 {
        let block = BLOCK_BYTES as u64;
        plain_size_bytes - plain_size_bytes % block + block
    }

    /// Appends what the next piece gives: whole blocks only, the rest is kept.
    pub(crate) fn update(&mut self, plain: &[u8], encrypted: &mut Vec<u8>) -> Result<(), Unspecified> {
        self.append(plain.len() + BLOCK_BYTES, encrypted, |cipher, room| {
            Ok(cipher.update(plain, room)?.written().len())
        })
    }

    /// Appends the last, padded block.
    pub(crate) fn finish(self, encrypted: &mut Vec<u8>) -> Result<(), Unspecified> {
        let mut room = [0; BLOCK_BYTES];
        let (_, update) = self.0.finish(&mut room)?;
        encrypted.extend_from_slice(update.written());
        Ok(())
    }

    fn append(
        &mut self,
        room_bytes: usize,
        encrypted: &mut Vec<u8>,
        write: impl FnOnce(&mut StreamingEncryptingKey, &mut [u8]) -> Result<usize, Unspecified>,
    ) -> Result<(), Unspecified> {
        let start = encrypted.len();
        encrypted.resize(start + room_bytes, 0);
        let room = encrypted.get_mut(start..).unwrap_or_default();
        let written = write(&mut self.0, room)?;
        encrypted.truncate(start + written);
        Ok(())
    }
}
