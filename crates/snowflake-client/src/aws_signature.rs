//! AWS signature version 4 in the `Authorization` header, for storage and for proofs of identity. Pure: time and key are
//! given.

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
    /// Names in lower case; `host` and `x-amz-date` are among them, for storage `x-amz-content-sha256` too.
    pub(crate) headers: &'a [(String, String)],
    /// The body's SHA-256 in hexadecimal, or the word that `x-amz-content-sha256` has in its place.
    pub(crate) payload_hash: &'a str,
    /// The value of `x-amz-date`: `20130524T000000Z`.
    pub(crate) time: &'a str,
    pub(crate) region: &'a str,
    /// `s3`, `sts`.
    pub(crate) service: &'a str,
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
        let scope = format!("{day}/{}/{}/aws4_request", self.region, self.service);
        let to_sign = format!(
            "AWS4-HMAC-SHA256\n{}\n{scope}\n{}",
            self.time,
            hexadecimal(digest(&SHA256, request.as_bytes()).as_ref())
        );
        let mut key = format!("AWS4{}", self.secret_key).into_bytes();
        for part in [day, self.region, self.service, "aws4_request", &to_sign] {
            key = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &key), part.as_bytes())
                .as_ref()
                .to_vec();
        }
        let credential = format!("{}/{scope}", self.key_id);
        let signature = hexadecimal(&key);
        format!("AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders={names}, Signature={signature}")
    }
}

/// The SHA-256 of an empty body, in hexadecimal.
pub(crate) fn hash_of_nothing() -> String {
    hexadecimal(digest(&SHA256, b"").as_ref())
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
            path: "/test%24file.text",
            query: "",
            headers: &headers,
            payload_hash: hash,
            time,
            region: "us-east-1",
            service: "s3",
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

    /// `post-vanilla` and `get-vanilla-query-order-key` like cases of AWS's published signature tests.
    #[test]
    fn published_requests_get_their_published_signatures() {
        let headers = [
            ("host".to_owned(), "example.amazonaws.com".to_owned()),
            ("x-amz-date".to_owned(), "20150830T123600Z".to_owned()),
        ];
        let signed = |method, query| {
            Signing {
                method,
                path: "/",
                query,
                payload_hash: &hash_of_nothing(),
                headers: &headers,
                time: "20150830T123600Z",
                region: "us-east-1",
                service: "service",
                key_id: "AKIDEXAMPLE",
                secret_key: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
            }
            .authorization()
        };
        assert_eq!(
            signed("POST", ""),
            "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, \
             SignedHeaders=host;x-amz-date, Signature=5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"
        );
        assert!(signed("GET", "").ends_with("5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"));
        assert!(
            signed("POST", "Param1=value1")
                .ends_with("28038455d6de14eafc1f9222cf5aa6f1a96197d7deb8263271d420d138af7f11")
        );
    }
}
