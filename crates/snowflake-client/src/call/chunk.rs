//! `GET` of one part of a larger result, from storage: other hosts, so the session token never goes along.

use std::collections::BTreeMap;
use std::io::Read;

use flate2::read::MultiGzDecoder;
use http_retry::{Attempt, RetryPolicy, usual_judge};
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use url::Url;

use crate::call::Endpoint;
use crate::config::is_loopback;
use crate::error::{Error, ErrorKind};

type Rows = Vec<Vec<Option<String>>>;

/// The headers that storage wants for chunks: given by the server, or made from its key.
pub(crate) fn chunk_headers(given: Option<&BTreeMap<String, String>>, key: Option<&str>) -> HeaderMap {
    let mut headers = HeaderMap::new();
    let mut insert = |name: &str, value: &str| {
        if let (Ok(name), Ok(mut value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            value.set_sensitive(true);
            headers.insert(name, value);
        }
    };
    match (given, key) {
        (Some(given), _) if !given.is_empty() => given.iter().for_each(|(name, value)| insert(name, value)),
        (_, Some(key)) => {
            insert("x-amz-server-side-encryption-customer-algorithm", "AES256");
            insert("x-amz-server-side-encryption-customer-key", key);
        }
        (_, None) => {}
    }
    headers
}

/// Fetches and parses the rows of one chunk.
pub(crate) async fn fetch_chunk(
    endpoint: &Endpoint,
    doing: &str,
    url: &str,
    headers: &HeaderMap,
) -> Result<Rows, Error> {
    let url = Url::parse(url).map_err(|_| Error::protocol(doing, "the address of a result chunk is not a URL"))?;
    if url.scheme() != "https" && !is_loopback(&url) {
        return Err(Error::protocol(doing, "a result chunk is offered without TLS"));
    }
    let policy: RetryPolicy = endpoint.policy();
    let build = |_: &Attempt| endpoint.client.get(url.clone()).headers(headers.clone());
    let reply = http_retry::send(&policy, build, usual_judge)
        .await
        .map_err(|failure| Error::network(doing, &failure))?;
    if reply.status.as_u16() != 200 {
        let status = reply.status.as_u16();
        return Err(Error::new(
            ErrorKind::Storage,
            format!("{doing}: a result chunk answers with status {status}"),
        ));
    }
    let rows = unpacked(reply.body, policy.reply_limit_bytes).and_then(|body| rows(&body));
    rows.ok_or_else(|| Error::protocol(doing, "a result chunk is not rows of JSON"))
}

/// Most chunks are gzip that says so in its header and is unpacked by then; some do not say so.
fn unpacked(body: Vec<u8>, limit_bytes: usize) -> Option<Vec<u8>> {
    if !body.starts_with(&[0x1f, 0x8b]) {
        return Some(body);
    }
    let mut plain = Vec::new();
    let limit = u64::try_from(limit_bytes).ok()?;
    MultiGzDecoder::new(body.as_slice())
        .take(limit)
        .read_to_end(&mut plain)
        .ok()?;
    // At the limit the rest is unknown, and a part of the rows is worse than none.
    (plain.len() < limit_bytes).then_some(plain)
}

/// The body is the rows with commas between them and no brackets around the whole.
fn rows(body: &[u8]) -> Option<Rows> {
    let bracketed = [b"[".as_slice(), body, b"]".as_slice()].concat();
    serde_json::from_slice(&bracketed).ok()
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    #[test]
    fn rows_come_without_outer_brackets_packed_or_not() {
        let body = b"[\"1\",null],\n[\"a\\\"b\",\"\"]";
        let expected = vec![
            vec![Some("1".to_owned()), None],
            vec![Some("a\"b".to_owned()), Some(String::new())],
        ];
        assert_eq!(rows(body), Some(expected.clone()));
        let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        packer.write_all(body).unwrap();
        let packed = packer.finish().unwrap();
        assert_eq!(
            unpacked(packed.clone(), 1000).and_then(|body| rows(&body)),
            Some(expected)
        );
        assert_eq!(unpacked(packed, 5), None);
        assert_eq!(rows(b""), Some(Vec::new()));
        assert_eq!(rows(b"[1"), None);
    }

    #[test]
    fn given_headers_win_over_the_key() {
        let given = BTreeMap::from([("x-a".to_owned(), "1".to_owned())]);
        assert_eq!(chunk_headers(Some(&given), Some("k")).len(), 1);
        let made = chunk_headers(Some(&BTreeMap::new()), Some("k"));
        assert_eq!(made["x-amz-server-side-encryption-customer-key"], "k");
    }
}
