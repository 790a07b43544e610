//! A tiny blocking HTTP/1.1 client for loopback servers, so that tests see raw status, headers and bytes.
//! Not for the programs: no TLS, no redirects, no retry, one connection per call.

use std::io::{Error, ErrorKind, Read, Result, Write};
use std::net::TcpStream;
use std::time::Duration;

const TIMEOUT: Duration = Duration::from_secs(60);

/// What a server answered.
#[derive(Debug, Clone)]
pub struct HttpReply {
    /// HTTP status.
    pub status: u16,
    /// Headers in order, names in lower case.
    pub headers: Vec<(String, String)>,
    /// Body without transfer coding; gzip is unpacked.
    pub body: Vec<u8>,
}

impl HttpReply {
    /// An answer without headers.
    #[must_use]
    pub fn new(status: u16, body: &str) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: body.as_bytes().to_vec(),
        }
    }

    /// The first header of that name (lower case).
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }

    /// The body as text; bytes that are not UTF-8 are replaced.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON; null when it is not JSON.
    #[must_use]
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }
}

/// Sends one request to an `http://` URL and reads the whole answer.
///
/// # Errors
/// Connection problems, a cut body, an answer that is no HTTP.
pub fn exchange(method: &str, url: &str, headers: &[(&str, &str)], body: &[u8]) -> Result<HttpReply> {
    let broken = |what: &str| Error::new(ErrorKind::InvalidData, what.to_owned());
    let rest = url.strip_prefix("http://").ok_or_else(|| broken("not an http URL"))?;
    let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
    let mut stream = TcpStream::connect(authority)?;
    stream.set_read_timeout(Some(TIMEOUT))?;
    let mut head = format!("{method} /{path} HTTP/1.1\r\nConnection: close\r\n");
    if !headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("host")) {
        head.push_str(&format!("Host: {authority}\r\n"));
    }
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str(&format!("Content-Length: {}\r\n\r\n", body.len()));
    // In one piece: a server that answers without reading a late body would reset the connection.
    let mut request = head.into_bytes();
    request.extend_from_slice(body);
    stream.write_all(&request)?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    parse(&answer)
}

fn parse(answer: &[u8]) -> Result<HttpReply> {
    let cut = || Error::new(ErrorKind::UnexpectedEof, "the answer was cut");
    let split = answer
        .windows(4)
        .position(|window| window == b"\r\n\r\n")
        .ok_or_else(cut)?;
    let (head, body) = answer.split_at(split);
    let body = body.get(4..).unwrap_or_default();
    let head = String::from_utf8_lossy(head);
    let mut lines = head.split("\r\n");
    let status_line = lines.next().unwrap_or_default();
    let status = status_line
        .split(' ')
        .nth(1)
        .and_then(|status| status.parse().ok())
        .ok_or_else(cut)?;
    let headers: Vec<(String, String)> = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
        .collect();
    let mut reply = HttpReply {
        status,
        headers,
        body: Vec::new(),
    };
    let length = reply
        .header("content-length")
        .and_then(|length| length.parse::<usize>().ok());
    reply.body = match (reply.header("transfer-encoding"), length) {
        (Some("chunked"), _) => unchunk(body).ok_or_else(cut)?,
        (_, Some(length)) if status != 304 => body.get(..length).ok_or_else(cut)?.to_vec(),
        _ => body.to_vec(),
    };
    if reply.header("content-encoding") == Some("gzip") {
        let mut unpacked = Vec::new();
        flate2::read::GzDecoder::new(reply.body.as_slice()).read_to_end(&mut unpacked)?;
        reply.body = unpacked;
    }
    Ok(reply)
}

fn unchunk(mut body: &[u8]) -> Option<Vec<u8>> {
    let mut whole = Vec::new();
    loop {
        let line_end = body.windows(2).position(|window| window == b"\r\n")?;
        let size_text = std::str::from_utf8(body.get(..line_end)?).ok()?;
        let size_bytes = usize::from_str_radix(size_text.split(';').next()?.trim(), 16).ok()?;
        body = body.get(line_end + 2..)?;
        if size_bytes == 0 {
            return Some(whole);
        }
        whole.extend_from_slice(body.get(..size_bytes)?);
        body = body.get(size_bytes + 2..)?;
    }
}
