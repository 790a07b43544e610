//! AWS signature version 4 of a request without body to the root of a service. Pure: time and key are given.
//! Not for storage, whose rules for paths and bodies differ: that is `upload/s3`.

use std::fmt::Write;

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::hmac;

/// A request to be signed.
pub(crate) struct Signing<'a> {
    pub(crate) method: &'a str,
    /// Sorted and encoded.
    pub(crate) query: &'a str,
    /// Sorted, names in lower case; `host` and `x-amz-date` are among them.
    pub(crate) headers: &'a [(String, String)],
    /// The value of `x-amz-date`: `20150830T123600Z`.
    pub(crate) time: &'a str,
    pub(crate) region: &'a str,
    pub(crate) service: &'a str,
    pub(crate) key_id: &'a str,
    pub(crate) secret_key: &'a str,
}

impl Signing<'_> {
    /// The value of the `Authorization` header.
    pub(crate) fn authorization(&self) -> String {
        let day = self.time.get(..8).unwrap_or_default();
        let scope = format!("{day}/{}/{}/aws4_request", self.region, self.service);
        let names: Vec<&str> = self.headers.iter().map(|(name, _)| name.as_str()).collect();
        let names = names.join(";");
        let mut request = format!("{}\n/\n{}\n", self.method, self.query);
        for (name, value) in self.headers {
            request.push_str(&format!("{name}:{}\n", value.trim()));
        }
        request.push_str(&format!("\n{names}\n{}", hexadecimal(digest(&SHA256, b"").as_ref())));
        let hash = hexadecimal(digest(&SHA256, request.as_bytes()).as_ref());
        let text = format!("AWS4-HMAC-SHA256\n{}\n{scope}\n{hash}", self.time);
        let mut key = format!("AWS4{}", self.secret_key).into_bytes();
        for part in [day, self.region, self.service, "aws4_request"] {
            key = keyed(&key, part);
        }
        let signature = hexadecimal(&keyed(&key, &text));
        format!(
            "AWS4-HMAC-SHA256 Credential={}/{scope}, SignedHeaders={names}, Signature={signature}",
            self.key_id
        )
    }
}

fn keyed(key: &[u8], text: &str) -> Vec<u8> {
    let key = hmac::Key::new(hmac::HMAC_SHA256, key);
    hmac::sign(&key, text.as_bytes()).as_ref().to_vec()
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

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
                query,
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
