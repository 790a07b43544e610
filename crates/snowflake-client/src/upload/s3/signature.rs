//! AWS signature version 4 in the `Authorization` header. Pure: time and key are given.

use std::fmt::Write;

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::hmac;

/// A request to be signed.
pub(crate) struct Signing<'a> {
    pub(crate) method: &'a str,
    /// Encoded.
    pub(crate) path: &'a str,
    /// Encoded, sorted by name, each with `=`.
    pub(crate) query: &'a str,
    /// Names in lower case; `host`, `x-amz-date` and `x-amz-content-sha256` are among them.
    pub(crate) headers: &'a [(String, String)],
    /// The value of `x-amz-content-sha256`.
    pub(crate) payload_hash: &'a str,
    /// The value of `x-amz-date`: `20130524T000000Z`.
    pub(crate) time: &'a str,
    pub(crate) region: &'a str,
    pub(crate) key_id: &'a str,
    pub(crate) secret_key: &'a str,
}

impl Signing<'_> {
    /// The value of the `Authorization` header.
    pub(crate) fn authorization(&self) -> String {
        let mut headers: Vec<&(String, String)> = self.headers.iter().collect();
        headers.sort();
        let names = headers
            .iter()
            .map(|(name, _)| name.as_str())
            .collect::<Vec<_>>()
            .join(";");
        let lines: String = headers
            .iter()
            .map(|(name, value)| format!("{name}:{}\n", value.trim()))
            .collect();
        let request = format!(
            "{}\n{}\n{}\n{lines}\n{names}\n{}",
            self.method, self.path, self.query, self.payload_hash
        );
        let day = self.time.get(..8).unwrap_or_default();
        let scope = format!("{day}/{}/s3/aws4_request", self.region);
        let to_sign = format!(
            "AWS4-HMAC-SHA256\n{}\n{scope}\n{}",
            self.time,
            hexadecimal(digest(&SHA256, request.as_bytes()).as_ref())
        );
        let mut key = format!("AWS4{}", self.secret_key).into_bytes();
        for part in [day, self.region, "s3", "aws4_request", &to_sign] {
            key = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &key), part.as_bytes())
                .as_ref()
                .to_vec();
        }
        let credential = format!("{}/{scope}", self.key_id);
        let signature = hexadecimal(&key);
        format!("AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders={names}, Signature={signature}")
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes
        .iter()
        .fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
            // Writing to a String cannot fail.
            let _ = write!(text, "{byte:02x}");
            text
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::upload::place::encoded_path;

    /// The PUT example of Amazon's own documentation of header signing.
    #[test]
    fn the_documented_example_has_the_documented_signature() {
        let hash = "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072";
        let time = "20130524T000000Z";
        let headers = [
            ("host", "examplebucket.s3.amazonaws.com"),
            ("date", "Fri, 24 May 2013 00:00:00 GMT"),
            ("x-amz-date", time),
            ("x-amz-storage-class", "REDUCED_REDUNDANCY"),
            ("x-amz-content-sha256", hash),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()));
        let signing = Signing {
            method: "PUT",
            path: &encoded_path("/test$file.text"),
            query: "",
            headers: &headers,
            payload_hash: hash,
            time,
            region: "us-east-1",
            key_id: "AKIAIOSFODNN7EXAMPLE",
            secret_key: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        };
        assert_eq!(
            signing.authorization(),
            "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, \
             SignedHeaders=date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class, \
             Signature=98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd"
        );
    }
}
