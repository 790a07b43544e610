//! Stands for the services that give a workload its identity: Azure's managed identity, Entra's token exchange, Google's
//! metadata service. Each gives a token that the local Snowflake server takes, to whoever asks as that service wants it.
#![expect(clippy::panic, reason = "a test that cannot start its services is over")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};

use serde_json::json;

use crate::test_identities::{SNOWFLAKE_AUDIENCE, SNOWFLAKE_AZURE_RESOURCE, identity_token};

/// What Azure's service wants to see in `X-IDENTITY-HEADER`.
pub const IDENTITY_HEADER: &str = "identity-header-secret";
/// What Kubernetes wrote into the pod's file.
pub const POD_TOKEN: &str = "pod-token-of-kubernetes";
/// The pod's tenant.
pub const TENANT: &str = "tenant-1";

/// The services, on one port until the test program ends.
#[derive(Debug)]
pub struct MetadataServices {
    port: u16,
}

impl MetadataServices {
    /// Starts them.
    ///
    /// # Panics
    /// When there is no free port.
    #[must_use]
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap_or_else(|problem| panic!("no port: {problem}"));
        let port = listener.local_addr().map_or(0, |address| address.port());
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                // Who asks and goes away again needs no answer.
                let _gone = answer(&stream);
            }
        });
        Self { port }
    }

    /// `127.0.0.1:PORT`.
    #[must_use]
    pub fn host(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// `http://127.0.0.1:PORT` and this path.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.host())
    }
}

struct Asked {
    line: String,
    headers: String,
    body: String,
}

fn read(stream: &TcpStream) -> std::io::Result<Asked> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line)?;
    let mut headers = String::new();
    while !headers.ends_with("\r\n\r\n") && headers != "\r\n" {
        if reader.read_line(&mut headers)? == 0 {
            break;
        }
    }
    let headers = headers.to_ascii_lowercase();
    let length = headers
        .lines()
        .find_map(|line| line.strip_prefix("content-length:")?.trim().parse().ok());
    let mut body = vec![0; length.unwrap_or_default()];
    reader.read_exact(&mut body)?;
    Ok(Asked {
        line,
        headers,
        body: String::from_utf8_lossy(&body).into_owned(),
    })
}

fn answer(mut stream: &TcpStream) -> std::io::Result<()> {
    let asked = read(stream)?;
    let has_header = |name: &str, value: &str| {
        asked
            .headers
            .contains(&format!("{name}: {}\r\n", value.to_ascii_lowercase()))
    };
    let is_of_a_function =
        asked.line.starts_with("GET /msi/token?") && has_header("x-identity-header", IDENTITY_HEADER);
    let is_of_a_pod = asked.line.starts_with(&format!("POST /{TENANT}/oauth2/v2.0/token "))
        && asked.body.contains(&format!("client_assertion={POD_TOKEN}"));
    let content = if is_of_a_function || is_of_a_pod {
        Some(json!({ "access_token": identity_token(SNOWFLAKE_AZURE_RESOURCE) }).to_string())
    } else if asked.line.contains("/service-accounts/default/identity?") && has_header("metadata-flavor", "google") {
        Some(identity_token(SNOWFLAKE_AUDIENCE))
    } else {
        None
    };
    let (status, body) = content.map_or(("404 Not Found", String::new()), |body| ("200 OK", body));
    let length = body.len();
    let reply = format!("HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}");
    stream.write_all(reply.as_bytes())
}
