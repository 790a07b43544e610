//! The signed token (JWT) of one log-in attempt. Claims after the official drivers: issuer with the fingerprint,
//! subject, issued and expires; two minutes is what the newest of them gives it.

use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use jiff::Timestamp;
use serde::Serialize;

use crate::error::Error;
use crate::key_pair::PrivateKey;

const LIFETIME_SECONDS: u64 = 120;

/// Signs tokens for one user.
pub(crate) struct TokenSigner {
    key: PrivateKey,
    subject: String,
}

#[derive(Serialize)]
struct TokenHeader {
    alg: &'static str,
    typ: &'static str,
}

#[derive(Serialize)]
struct Claims<'a> {
    iss: String,
    sub: &'a str,
    iat: u64,
    exp: u64,
}

impl TokenSigner {
    /// `account` without region; both names are upper-cased as Snowflake compares them.
    pub(crate) fn new(key: PrivateKey, account: &str, user: &str) -> Self {
        let subject = format!("{}.{}", account.to_uppercase(), user.to_uppercase());
        TokenSigner { key, subject }
    }

    /// What Snowflake compares when it refuses a token; none of it is secret.
    pub(crate) fn description(&self) -> String {
        let now = Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ");
        format!(
            "the token was for {} with key {} at {now}",
            self.subject,
            self.key.fingerprint()
        )
    }

    /// A new token, issued now.
    pub(crate) fn sign(&self) -> Result<String, Error> {
        let now = seconds_since_1970();
        let claims = Claims {
            iss: format!("{}.{}", self.subject, self.key.fingerprint()),
            sub: &self.subject,
            iat: now,
            exp: now + LIFETIME_SECONDS,
        };
        let signed = format!(
            "{}.{}",
            encoded(&TokenHeader {
                alg: "RS256",
                typ: "JWT"
            })?,
            encoded(&claims)?
        );
        let signature = BASE64_URL_SAFE_NO_PAD.encode(self.key.sign(signed.as_bytes())?);
        Ok(format!("{signed}.{signature}"))
    }
}

fn encoded(part: &impl Serialize) -> Result<String, Error> {
    let json = serde_json::to_vec(part).map_err(|_| Error::protocol("log-in", "the token cannot be written"))?;
    Ok(BASE64_URL_SAFE_NO_PAD.encode(json))
}

fn seconds_since_1970() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default()
        .as_secs()
}
