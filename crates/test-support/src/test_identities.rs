//! Proofs of identity that tests make themselves: tokens signed by the test key, codes of an authenticator app. The local
//! Snowflake server is told of both, see [`crate::log_in_kinds`].
#![expect(
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot make its proof is over"
)]

use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

use aws_lc_rs::hmac;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeyPair;
use aws_lc_rs::signature::RSA_PKCS1_SHA256;
use base64::Engine;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use serde_json::json;

use crate::local_snowflake::workspace_root;

/// Whom the tokens of OIDC providers and of Google are for.
pub const SNOWFLAKE_AUDIENCE: &str = "snowflakecomputing.com";
/// Whom the tokens of Azure are for.
pub const SNOWFLAKE_AZURE_RESOURCE: &str = "api://fd3f753b-eed3-462c-b6a7-a4b5bb650aad";
/// Whose the tokens are.
pub const SUBJECT: &str = "job:1";
/// Base32 of the secret that RFC 6238 tests with.
pub const TOTP_SECRET: &str = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";

/// A file of the keys that tests use.
#[must_use]
pub fn test_key(name: &str) -> PathBuf {
    workspace_root().join("crates/snowflake-client/tests/data").join(name)
}

/// A token of a provider for somebody, signed by `rsa_plain.p8` and good for some minutes.
///
/// # Panics
/// When the test key cannot be used.
#[must_use]
pub fn identity_token(audience: &str) -> String {
    let path = test_key("rsa_plain.p8");
    let pem = std::fs::read_to_string(&path).unwrap_or_else(|problem| panic!("{}: {problem}", path.display()));
    let body: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
    let der = BASE64_STANDARD.decode(body).unwrap_or_default();
    let key = KeyPair::from_pkcs8(&der).unwrap_or_else(|problem| panic!("{}: {problem}", path.display()));
    let expires = seconds_since_1970() + 600;
    let claims = json!({ "iss": "https://issuer.example.com", "sub": SUBJECT, "aud": audience, "exp": expires });
    let encode = |part: String| BASE64_URL_SAFE_NO_PAD.encode(part);
    let header = json!({ "alg": "RS256" }).to_string();
    let signed = format!("{}.{}", encode(header), encode(claims.to_string()));
    let mut signature = vec![0; key.public_modulus_len()];
    let outcome = key.sign(
        &RSA_PKCS1_SHA256,
        &SystemRandom::new(),
        signed.as_bytes(),
        &mut signature,
    );
    outcome.unwrap_or_else(|problem| panic!("the token cannot be signed: {problem}"));
    format!("{signed}.{}", BASE64_URL_SAFE_NO_PAD.encode(signature))
}

/// The six digits that an authenticator app with [`TOTP_SECRET`] shows now.
#[must_use]
pub fn one_time_code() -> String {
    let step = seconds_since_1970() / 30;
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, b"12345678901234567890");
    let tag = hmac::sign(&key, &step.to_be_bytes());
    let bytes = tag.as_ref();
    let offset = usize::from(bytes[bytes.len() - 1] & 15);
    let number = bytes[offset..offset + 4]
        .iter()
        .fold(0_u32, |number, byte| (number << 8) | u32::from(*byte));
    format!("{:06}", (number & 0x7fff_ffff) % 1_000_000)
}

fn seconds_since_1970() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |time| time.as_secs())
}
