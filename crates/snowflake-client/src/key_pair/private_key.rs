//! Reads a private key: PKCS#8 PEM plain or encrypted (PBES2), and plain PKCS#1 PEM. Never prints any of it.

use aws_lc_rs::encoding::{AsDer, PublicKeyX509Der};
use aws_lc_rs::rsa::KeyPair;
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_SHA256};
use aws_lc_rs::{digest, rand};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use pkcs8::{EncryptedPrivateKeyInfoRef, SecretDocument};

use crate::config::PrivateKeySource;
use crate::error::{Error, ErrorKind};
use crate::secret::Secret;

const CONVERT: &str = "convert it with: openssl pkcs8 -topk8 -in OLD_KEY -out rsa_key.p8 -v2 aes256";

/// A key that can sign, with the fingerprint by which Snowflake knows its public half.
pub(crate) struct PrivateKey {
    key_pair: KeyPair,
    fingerprint: String,
}

impl PrivateKey {
    /// Reads and, if need be, decrypts the key. Reads a small file, so it may be called from async code.
    pub(crate) fn read(source: &PrivateKeySource, passphrase: Option<&Secret>) -> Result<Self, Error> {
        let text = match source {
            PrivateKeySource::Pem(text) => text.clone(),
            PrivateKeySource::Path(path) => Secret::new(std::fs::read_to_string(path).map_err(|failure| {
                let reason = match failure.kind() {
                    std::io::ErrorKind::InvalidData => "is not PEM text".to_owned(),
                    kind => format!("cannot be read: {kind}"),
                };
                let failure = configuration(format!("the private key file {} {reason}", path.display()));
                if reason == "is not PEM text" {
                    failure.with_hint(CONVERT)
                } else {
                    failure
                }
            })?),
        };
        Self::from_pem(&text, passphrase)
    }

    fn from_pem(text: &Secret, passphrase: Option<&Secret>) -> Result<Self, Error> {
        // An environment variable or a one-line setting often holds `\n` as two characters.
        let pem = Secret::new(text.expose().replace("\\n", "\n").replace('\r', "").trim().to_owned() + "\n");
        let (label, document) = SecretDocument::from_pem(pem.expose())
            .map_err(|_| configuration("the private key is not a PEM text of PKCS#8".to_owned()).with_hint(CONVERT))?;
        let rejected = |_| {
            configuration("the private key is not an RSA key of at least 2048 bits".to_owned())
                .with_hint("make one with: openssl genrsa 2048 | openssl pkcs8 -topk8 -nocrypt -out rsa_key.p8")
        };
        let key_pair = match label {
            "PRIVATE KEY" => KeyPair::from_pkcs8(document.as_bytes()).map_err(rejected)?,
            "RSA PRIVATE KEY" => KeyPair::from_der(document.as_bytes()).map_err(rejected)?,
            "ENCRYPTED PRIVATE KEY" => {
                let plain = decrypted(&document, passphrase)?;
                KeyPair::from_pkcs8(plain.as_bytes()).map_err(rejected)?
            }
            _ => return Err(configuration("the private key is not a PEM text of PKCS#8".to_owned()).with_hint(CONVERT)),
        };
        let fingerprint = fingerprint(&key_pair)?;
        Ok(PrivateKey { key_pair, fingerprint })
    }

    /// `SHA256:` and the base64 of the digest of the public key, as `DESCRIBE USER` shows it.
    pub(crate) fn fingerprint(&self) -> &str {
        &self.fingerprint
    }

    /// RS256 signature.
    pub(crate) fn sign(&self, message: &[u8]) -> Result<Vec<u8>, Error> {
        let mut signature = vec![0; self.key_pair.public_modulus_len()];
        self.key_pair
            .sign(&RSA_PKCS1_SHA256, &rand::SystemRandom::new(), message, &mut signature)
            .map_err(|_| configuration("the private key cannot sign".to_owned()))?;
        Ok(signature)
    }
}

fn decrypted(document: &SecretDocument, passphrase: Option<&Secret>) -> Result<SecretDocument, Error> {
    let Some(passphrase) = passphrase else {
        return Err(
            configuration("the private key is encrypted and no passphrase is set".to_owned())
                .with_hint("set private_key_passphrase"),
        );
    };
    let encrypted = EncryptedPrivateKeyInfoRef::try_from(document.as_bytes()).map_err(|_| {
        // PBES1 (openssl's -v1) fails to parse: its algorithms are broken and not offered.
        configuration("the private key is encrypted in a way that is not supported".to_owned()).with_hint(CONVERT)
    })?;
    if encrypted.encryption_algorithm.pbes2().is_none() {
        return Err(
            configuration("the private key is encrypted in a way that is not supported".to_owned()).with_hint(CONVERT),
        );
    }
    encrypted.decrypt(passphrase.expose()).map_err(|_| {
        configuration("the private key cannot be decrypted: wrong passphrase or damaged key".to_owned())
            .with_hint("check private_key_passphrase with: openssl pkey -in rsa_key.p8 -noout")
    })
}

fn fingerprint(key_pair: &KeyPair) -> Result<String, Error> {
    let public: PublicKeyX509Der<'_> = key_pair
        .public_key()
        .as_der()
        .map_err(|_| configuration("the private key has no usable public half".to_owned()))?;
    let hash = digest::digest(&digest::SHA256, public.as_ref());
    Ok(format!("SHA256:{}", BASE64_STANDARD.encode(hash)))
}

fn configuration(what: String) -> Error {
    Error::new(ErrorKind::Configuration, what)
}

#[cfg(test)]
mod tests;
