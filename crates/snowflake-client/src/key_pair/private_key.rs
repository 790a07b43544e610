//! Reads a private key: PKCS#8 plain or encrypted (PBES2) and plain PKCS#1, in any wrapping. Never prints any of it.

use aws_lc_rs::encoding::{AsDer, PublicKeyX509Der};
use aws_lc_rs::rsa::KeyPair;
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_SHA256};
use aws_lc_rs::{digest, rand};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use pkcs8::{EncryptedPrivateKeyInfoRef, SecretDocument};

use crate::config::PrivateKeySource;
use crate::error::{Error, ErrorKind};
use crate::key_pair::key_text::{begins_as_pem, key_document, looks_like_a_path};
use crate::secret::Secret;

/// What turns any RSA key that openssl can read into the form that everybody can.
const CONVERT: &str = "convert it with: openssl pkcs8 -topk8 -in OLD_KEY -out rsa_key.p8 -v2 aes256";
const MAKE: &str = "make one with: openssl genrsa 2048 | openssl pkcs8 -topk8 -nocrypt -out rsa_key.p8";

/// A key that can sign, with the fingerprint by which Snowflake knows its public half.
pub(crate) struct PrivateKey {
    key_pair: KeyPair,
    fingerprint: String,
}

impl PrivateKey {
    /// Reads and, if need be, decrypts the key. Reads a small file, so it may be called from async code.
    pub(crate) fn read(source: &PrivateKeySource, passphrase: Option<&Secret>) -> Result<Self, Error> {
        match source {
            PrivateKeySource::Pem(text) => Self::from_bytes(text.expose().as_bytes(), passphrase),
            PrivateKeySource::Path(path) => {
                let bytes = std::fs::read(path).map_err(|failure| {
                    let reason = failure.kind();
                    configuration(format!(
                        "the private key file {} cannot be read: {reason}",
                        path.display()
                    ))
                })?;
                Self::from_bytes(&bytes, passphrase)
            }
        }
    }

    fn from_bytes(bytes: &[u8], passphrase: Option<&Secret>) -> Result<Self, Error> {
        let unknown = || {
            let (what, hint) = if begins_as_pem(bytes) {
                ("is a PEM text that was cut or changed", CONVERT)
            } else if looks_like_a_path(bytes) {
                (
                    "looks like a path, and there is no such file",
                    "check the path, and that this user may read the file",
                )
            } else {
                ("is neither PEM nor base64 of DER", CONVERT)
            };
            configuration(format!("the private key {what}")).with_hint(hint)
        };
        let document = key_document(bytes).ok_or_else(unknown)?;
        if let Some(label) = &document.label {
            check_label(label)?;
        }
        if document.has_headers {
            return Err(old_encryption());
        }
        let der = document.der.as_slice();
        // What the label says and DER does not is seen by trying.
        let key_pair = KeyPair::from_pkcs8(der).or_else(|_| KeyPair::from_der(der));
        let key_pair = match key_pair {
            Ok(key_pair) => key_pair,
            Err(_) => match EncryptedPrivateKeyInfoRef::try_from(der) {
                Ok(encrypted) => {
                    let plain = decrypted(&encrypted, passphrase)?;
                    KeyPair::from_pkcs8(plain.as_bytes()).map_err(|_| not_rsa())?
                }
                // PBES1 (openssl's -v1) fails to parse: its algorithms are broken and not offered.
                Err(_) if document.label.as_deref() == Some("ENCRYPTED PRIVATE KEY") => return Err(old_encryption()),
                Err(_) => return Err(not_rsa()),
            },
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

/// Kinds of PEM that are no RSA private key, each with what to do about it.
fn check_label(label: &str) -> Result<(), Error> {
    let (what, hint) = match label {
        "PRIVATE KEY" | "RSA PRIVATE KEY" | "ENCRYPTED PRIVATE KEY" => return Ok(()),
        "PUBLIC KEY" | "RSA PUBLIC KEY" | "CERTIFICATE" => (
            "is a public key: the private half of the pair is needed",
            "the private key is the file that went into: openssl rsa -in rsa_key.p8 -pubout",
        ),
        "OPENSSH PRIVATE KEY" => (
            "is in OpenSSH's own form",
            "convert a copy of it with: ssh-keygen -p -m PKCS8 -f COPY, then openssl pkcs8 -topk8 -in COPY -out rsa_key.p8",
        ),
        "EC PRIVATE KEY" | "DSA PRIVATE KEY" => ("is not an RSA key", MAKE),
        _ => ("is a PEM text of something else", CONVERT),
    };
    Err(configuration(format!("the private key {what}")).with_hint(hint))
}

fn not_rsa() -> Error {
    configuration("the private key is not an RSA key of at least 2048 bits".to_owned()).with_hint(MAKE)
}

fn old_encryption() -> Error {
    configuration("the private key is encrypted in a way that is not supported".to_owned()).with_hint(CONVERT)
}

fn decrypted(encrypted: &EncryptedPrivateKeyInfoRef<'_>, passphrase: Option<&Secret>) -> Result<SecretDocument, Error> {
    let Some(passphrase) = passphrase else {
        return Err(
            configuration("the private key is encrypted and no passphrase is set".to_owned())
                .with_hint("set private_key_passphrase"),
        );
    };
    if encrypted.encryption_algorithm.pbes2().is_none() {
        return Err(old_encryption());
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
