//! Waits on this machine for the browser to bring the token: just enough HTTP for one page's GET or POST.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use url::form_urlencoded;

use crate::error::{Error, ErrorKind};
use crate::secret::Secret;

/// Longest request read; tokens have some thousand characters.
const LONGEST_BYTES: usize = 1 << 20;
const THANKS: &str = "You are logged in. This page can be closed.";

/// A port that only this machine reaches.
pub(crate) struct BrowserListener {
    listener: TcpListener,
    port: u16,
}

/// One request, as far as it matters.
struct Request {
    method: String,
    target: String,
    origin: Option<String>,
    body: Vec<u8>,
}

impl BrowserListener {
    pub(crate) async fn start() -> Result<Self, Error> {
        let problem = |failure: std::io::Error| {
            Error::new(
                ErrorKind::Configuration,
                format!("log-in: cannot listen for the browser: {}", failure.kind()),
            )
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.map_err(problem)?;
        let port = listener.local_addr().map_err(problem)?.port();
        Ok(BrowserListener { listener, port })
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// The token of the first request that has one. `origin` is Snowflake's: other pages may not bring tokens.
    pub(crate) async fn token(&self, origin: &str) -> Result<Secret, Error> {
        loop {
            let accepted = self.listener.accept().await;
            let (mut stream, _) = accepted.map_err(|failure| {
                let what = format!("log-in: cannot listen for the browser: {}", failure.kind());
                Error::new(ErrorKind::Configuration, what)
            })?;
            // A connection that says nothing must not keep the browser's own from being heard.
            let limit = std::time::Duration::from_secs(5);
            let Ok(Some(request)) = tokio::time::timeout(limit, read(&mut stream)).await else {
                continue;
            };
            let is_foreign = request.origin.as_deref().is_some_and(|found| found != origin);
            if is_foreign {
                answer(&mut stream, "403 Forbidden", "", "").await;
                continue;
            }
            let allowed = format!(
                "Access-Control-Allow-Origin: {origin}\r\nAccess-Control-Allow-Methods: POST\r\n\
                 Access-Control-Allow-Headers: Content-Type\r\n"
            );
            match request.token() {
                Some(token) => {
                    answer(&mut stream, "200 OK", &allowed, THANKS).await;
                    return Ok(token);
                }
                None if request.method == "OPTIONS" => answer(&mut stream, "200 OK", &allowed, "").await,
                None => answer(&mut stream, "404 Not Found", "", "").await,
            }
        }
    }
}

impl Request {
    fn token(&self) -> Option<Secret> {
        let of_pairs = |text: &[u8]| {
            form_urlencoded::parse(text)
                .find(|(name, _)| name == "token")
                .map(|(_, token)| token.into_owned())
        };
        let token = match self.method.as_str() {
            "GET" => of_pairs(self.target.split_once('?')?.1.as_bytes()),
            "POST" => match serde_json::from_slice::<serde_json::Value>(&self.body) {
                Ok(body) => body.get("token")?.as_str().map(str::to_owned),
                Err(_) => of_pairs(&self.body),
            },
            _ => None,
        };
        token.filter(|token| !token.is_empty()).map(Secret::new)
    }
}

async fn read(stream: &mut TcpStream) -> Option<Request> {
    let mut bytes = Vec::new();
    let end_of_head = loop {
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break end;
        }
        if bytes.len() > LONGEST_BYTES || stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    };
    let head = String::from_utf8(bytes.get(..end_of_head)?.to_vec()).ok()?;
    let header = |wanted: &str| {
        let mut lines = head.lines().skip(1).filter_map(|line| line.split_once(':'));
        let found = lines.find(|(name, _)| name.trim().eq_ignore_ascii_case(wanted));
        found.map(|(_, value)| value.trim().to_owned())
    };
    let length: usize = header("content-length").and_then(|text| text.parse().ok()).unwrap_or(0);
    let mut body = bytes.split_off(end_of_head + 4);
    while body.len() < length {
        if length > LONGEST_BYTES || stream.read_buf(&mut body).await.ok()? == 0 {
            return None;
        }
    }
    let mut words = head.lines().next()?.split(' ');
    Some(Request {
        method: words.next()?.to_owned(),
        target: words.next()?.to_owned(),
        origin: header("origin"),
        body,
    })
}

async fn answer(stream: &mut TcpStream, status: &str, headers: &str, text: &str) {
    let length = text.len();
    let reply = format!(
        "HTTP/1.1 {status}\r\n{headers}Content-Type: text/plain\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{text}"
    );
    // A browser that does not wait for the page has brought its token all the same.
    if stream.write_all(reply.as_bytes()).await.is_ok() {
        let _ = stream.shutdown().await;
    }
}
