//! Client-side encryption of staged files: each file gets a key and a vector of its own, and the file's key travels
//! with it, wrapped by the stage's key. Source: what the official drivers store, decrypted and compared.

use aws_lc_rs::cipher::{AES_128, AES_256, Algorithm, PaddedBlockEncryptingKey, UnboundCipherKey};
use aws_lc_rs::rand;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde::Serialize;

use crate::error::{Error, ErrorKind};
use crate::upload::cipher::{BLOCK_BYTES, FileCipher};
use crate::wire::EncryptionMaterial;

const DOING: &str = "PUT";

/// The stage's key, good for every file of one PUT.
pub(crate) struct StageKey {
    key: Vec<u8>,
    algorithm: &'static Algorithm,
    description: String,
}

/// `x-amz-matdesc`: which key of the stage wrapped the file's key. All values are texts.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct KeyDescription<'a> {
    query_id: &'a str,
    smk_id: &'a str,
    key_size: &'a str,
}

/// What is stored beside an encrypted file.
pub(crate) struct WrappedFileKey {
    /// Base64 of the file's key, encrypted with the stage's.
    pub(crate) key: String,
    /// Base64 of the initialisation vector.
    pub(crate) vector: String,
    /// JSON that names the stage's key.
    pub(crate) description: String,
}

impl StageKey {
    /// `None` when the stage does not want client-side encryption. Encryption that was promised and has no key is a
    /// failure: the files would lie there in plain.
    pub(crate) fn from_wire(
        material: Option<EncryptionMaterial>,
        is_promised: Option<bool>,
    ) -> Result<Option<Self>, Error> {
        let material = material.unwrap_or_default();
        // Empty texts are how some servers say that there is none.
        let given = |text: Option<String>| text.filter(|text| !text.is_empty());
        let (master_key, query_id) = (given(material.query_stage_master_key), given(material.query_id));
        if master_key.is_none() && query_id.is_none() && is_promised != Some(true) {
            return Ok(None);
        }
        let (Some(master_key), Some(query_id), Some(smk_id)) = (master_key, query_id, material.smk_id) else {
            return Err(Error::new(
                ErrorKind::Protocol,
                "PUT: the stage wants encrypted files but no key came with it",
            )
            .with_hint("nothing was uploaded, because it would have been stored unencrypted"));
        };
        let key = BASE64_STANDARD.decode(master_key.as_bytes()).unwrap_or_default();
        let description = KeyDescription {
            query_id: &query_id,
            smk_id: &smk_id,
            key_size: &(key.len() * 8).to_string(),
        };
        let description = serde_json::to_string(&description)
            .map_err(|_| Error::protocol(DOING, "the description of the stage's key cannot be written"))?;
        let unusable = || Error::protocol(DOING, "the stage's key is neither of 128 nor of 256 bits");
        StageKey::new(key, description).map(Some).ok_or_else(unusable)
    }

    /// `None` unless the key has 128 or 256 bits.
    pub(crate) fn new(key: Vec<u8>, description: String) -> Option<Self> {
        let algorithm = match key.len() {
            16 => &AES_128,
            32 => &AES_256,
            _ => return None,
        };
        Some(StageKey {
            key,
            algorithm,
            description,
        })
    }

    /// A fresh key and vector for one file.
    pub(crate) fn seal(&self) -> Result<SealedFile, Error> {
        let mut file_key = vec![0; self.key.len()];
        let mut vector = [0; BLOCK_BYTES];
        rand::fill(&mut file_key).map_err(failed)?;
        rand::fill(&mut vector).map_err(failed)?;
        let wrapping = UnboundCipherKey::new(self.algorithm, &self.key).map_err(failed)?;
        let wrapping = PaddedBlockEncryptingKey::ecb_pkcs7(wrapping).map_err(failed)?;
        let mut wrapped = file_key.clone();
        wrapping.encrypt(&mut wrapped).map_err(failed)?;
        let wrapped = WrappedFileKey {
            key: BASE64_STANDARD.encode(&wrapped),
            vector: BASE64_STANDARD.encode(vector),
            description: self.description.clone(),
        };
        Ok(SealedFile {
            algorithm: self.algorithm,
            file_key,
            vector,
            wrapped,
        })
    }
}

/// The key and vector of one file. For as long as one object is being made, however often a part of it is sent again
/// and whatever new credentials come meanwhile.
pub(crate) struct SealedFile {
    algorithm: &'static Algorithm,
    file_key: Vec<u8>,
    vector: [u8; BLOCK_BYTES],
    pub(crate) wrapped: WrappedFileKey,
}

impl SealedFile {
    /// For the file from its start.
    pub(crate) fn cipher(&self) -> Result<FileCipher, Error> {
        self.cipher_from(self.vector)
    }

    /// For what follows the block that is given as vector.
    pub(crate) fn cipher_from(&self, vector: [u8; BLOCK_BYTES]) -> Result<FileCipher, Error> {
        FileCipher::new(self.algorithm, &self.file_key, vector).map_err(failed)
    }

    pub(crate) fn vector(&self) -> [u8; BLOCK_BYTES] {
        self.vector
    }
}

fn failed(_: aws_lc_rs::error::Unspecified) -> Error {
    Error::protocol(DOING, "the encryption cannot be set up")
}

impl WrappedFileKey {
    /// The form in which Azure and Google Cloud Storage keep key and vector, in one value. All but those two are
    /// constants of the drivers, whatever the size of the key.
    pub(crate) fn envelope(&self) -> Result<String, Error> {
        const ALGORITHM: &str = "AES_CBC_256";
        let envelope = Envelope {
            encryption_mode: "FullBlob",
            wrapped_content_key: WrappedContentKey {
                key_id: "symmKey1",
                encrypted_key: &self.key,
                algorithm: ALGORITHM,
            },
            encryption_agent: EncryptionAgent {
                protocol: "1.0",
                encryption_algorithm: ALGORITHM,
            },
            content_encryption_vector: &self.vector,
            key_wrapping_metadata: KeyWrappingMetadata {
                encryption_library: concat!("snowflake-client ", env!("CARGO_PKG_VERSION")),
            },
        };
        serde_json::to_string(&envelope)
            .map_err(|_| Error::protocol(DOING, "the description of the file's key cannot be written"))
    }
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Envelope<'a> {
    encryption_mode: &'static str,
    wrapped_content_key: WrappedContentKey<'a>,
    encryption_agent: EncryptionAgent,
    #[serde(rename = "ContentEncryptionIV")]
    content_encryption_vector: &'a str,
    key_wrapping_metadata: KeyWrappingMetadata,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct WrappedContentKey<'a> {
    key_id: &'static str,
    encrypted_key: &'a str,
    algorithm: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct EncryptionAgent {
    protocol: &'static str,
    encryption_algorithm: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct KeyWrappingMetadata {
    encryption_library: &'static str,
}

#[cfg(test)]
pub(in crate::upload) mod tests;
