//! A tiny blocking HTTP/1.1 server on loopback whose answers are a function: for services that a few lines can stand for.
//! One request per connection. Not for faults in the bytes.
#![expect(clippy::panic, reason = "a test that cannot start its services is over")]

use std::io::{BufRead, BufReader, Read, Result, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::Arc;

use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::{ServerConfig, ServerConnection, StreamOwned};

use crate::http_exchange::HttpReply;
use crate::test_identities::test_key;

/// A server, on a port of its own until the test program ends.
#[derive(Debug)]
pub struct SmallServer {
    port: u16,
    scheme: &'static str,
}

/// What somebody asked.
#[derive(Debug)]
pub struct Asked {
    /// The method, in capitals.
    pub method: String,
    /// Path and query.
    pub target: String,
    /// Headers in order, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl Asked {
    /// Whether it has this header (lower case) with this value.
    #[must_use]
    pub fn has_header(&self, name: &str, value: &str) -> bool {
        self.headers.iter().any(|(known, said)| known == name && said == value)
    }

    /// Whether the body, as text, has this in it.
    #[must_use]
    pub fn body_has(&self, text: &str) -> bool {
        String::from_utf8_lossy(&self.body).contains(text)
    }
}

impl SmallServer {
    /// Starts it. Where `answer` has none, the answer is 404.
    ///
    /// # Panics
    /// When there is no free port.
    #[must_use]
    pub fn start(answer: impl Fn(&Asked) -> Option<HttpReply> + Send + Sync + 'static) -> Self {
        Self::listen("http", move |stream| serve(stream, &answer))
    }

    /// The same behind TLS, for clients that trust [`authority`].
    ///
    /// # Panics
    /// As [`start`](Self::start), and when the test certificate cannot be used.
    #[must_use]
    pub fn start_tls(answer: impl Fn(&Asked) -> Option<HttpReply> + Send + Sync + 'static) -> Self {
        let config = Arc::new(tls_config());
        Self::listen("https", move |stream| {
            let connection = ServerConnection::new(Arc::clone(&config)).map_err(std::io::Error::other)?;
            serve(StreamOwned::new(connection, stream), &answer)
        })
    }

    fn listen(scheme: &'static str, serve: impl Fn(TcpStream) -> Result<()> + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap_or_else(|problem| panic!("no port: {problem}"));
        let port = listener.local_addr().map_or(0, |address| address.port());
        let serve = Arc::new(serve);
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let serve = Arc::clone(&serve);
                // Who asks and goes away again needs no answer.
                std::thread::spawn(move || {
                    let _gone = serve(stream);
                });
            }
        });
        Self { port, scheme }
    }

    /// `127.0.0.1:PORT`.
    #[must_use]
    pub fn host(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// `http(s)://127.0.0.1:PORT` and this path.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        format!("{}://{}{path}", self.scheme, self.host())
    }
}

/// The file of the authority that signed the certificate of servers with TLS.
#[must_use]
pub fn authority() -> PathBuf {
    test_key("ca.pem")
}

fn tls_config() -> ServerConfig {
    let unusable = |problem: &dyn std::fmt::Display| -> ! { panic!("the test certificate: {problem}") };
    let certificates = CertificateDer::pem_file_iter(test_key("server.pem")).and_then(Iterator::collect);
    let certificates = certificates.unwrap_or_else(|problem| unusable(&problem));
    let key = PrivateKeyDer::from_pem_file(test_key("server.key")).unwrap_or_else(|problem| unusable(&problem));
    let builder = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()));
    let config = builder
        .with_safe_default_protocol_versions()
        .and_then(|builder| builder.with_no_client_auth().with_single_cert(certificates, key));
    config.unwrap_or_else(|problem| unusable(&problem))
}

fn serve(stream: impl Read + Write, answer: &impl Fn(&Asked) -> Option<HttpReply>) -> Result<()> {
    let mut reader = BufReader::new(stream);
    let asked = read(&mut reader)?;
    let reply = answer(&asked).unwrap_or_else(|| HttpReply::new(404, ""));
    let mut bytes = format!("HTTP/1.1 {} -\r\nConnection: close\r\n", reply.status).into_bytes();
    // The body was taken out of its coding; its length is said anew.
    let coding = ["transfer-encoding", "content-encoding", "content-length", "connection"];
    for (name, value) in &reply.headers {
        if !coding.contains(&name.as_str()) {
            bytes.extend_from_slice(format!("{name}: {value}\r\n").as_bytes());
        }
    }
    bytes.extend_from_slice(format!("Content-Length: {}\r\n\r\n", reply.body.len()).as_bytes());
    bytes.extend_from_slice(&reply.body);
    reader.get_mut().write_all(&bytes)?;
    reader.get_mut().flush()
}

fn read(reader: &mut BufReader<impl Read + Write>) -> Result<Asked> {
    let mut line = String::new();
    reader.read_line(&mut line)?;
    let mut words = line.split(' ').map(str::to_owned);
    let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let Some((name, value)) = line.split_once(':') else {
            break;
        };
        headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    let mut asked = Asked {
        method,
        target,
        headers,
        body: Vec::new(),
    };
    if asked.has_header("expect", "100-continue") {
        reader.get_mut().write_all(b"HTTP/1.1 100 Continue\r\n\r\n")?;
    }
    let length = asked.headers.iter().find(|(name, _)| name == "content-length");
    asked.body = vec![0; length.and_then(|(_, value)| value.parse().ok()).unwrap_or_default()];
    reader.read_exact(&mut asked.body)?;
    Ok(asked)
}
