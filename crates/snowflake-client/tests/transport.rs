//! Authorities of the user's own, and proxies of the environment. Each case is a process, because variables are.
#![cfg(test)]

use std::process::Command;
use std::sync::{Arc, Mutex};

use snowflake_client::{ClientConfig, Credentials, ErrorKind, Secret, Session};
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

const DATA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data");

/// Logs in as its variables say and prints what came of it.
#[tokio::test]
#[ignore = "the other tests run it as a process of its own"]
async fn child() {
    let variable = |name: &str| std::env::var(name).ok();
    let mut config = ClientConfig::new("acct", "u", Credentials::Password(Secret::new("p")));
    config.host = variable("CHILD_HOST");
    config.port = variable("CHILD_PORT").map(|port| port.parse().unwrap());
    config.ca_bundle_path = variable("CHILD_CA_BUNDLE").map(Into::into);
    config.time_limits.backoff = (std::time::Duration::from_millis(1), std::time::Duration::from_millis(2));
    match Session::log_in(&config).await {
        Ok(session) => eprintln!("child: session {}", session.session_info().session_id),
        Err(failure) => eprintln!("child: {:?} {failure}", failure.kind()),
    }
}

/// What [`child`] says.
async fn run_child(variables: &[(&str, &str)]) -> String {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "child", "--ignored", "--nocapture"]);
    for name in [
        "HTTPS_PROXY",
        "https_proxy",
        "HTTP_PROXY",
        "http_proxy",
        "ALL_PROXY",
        "NO_PROXY",
        "no_proxy",
        "SSL_CERT_FILE",
    ] {
        command.env_remove(name);
    }
    command.envs(variables.iter().copied());
    let output = tokio::task::spawn_blocking(move || command.output().unwrap())
        .await
        .unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    let line = said.lines().find_map(|line| line.strip_prefix("child: "));
    line.unwrap_or_else(|| panic!("{said}")).to_owned()
}

/// A Snowflake that lets everybody in, behind TLS.
async fn tls_server() -> u16 {
    let certificates = CertificateDer::pem_file_iter(format!("{DATA}/server.pem")).unwrap();
    let key = PrivateKeyDer::from_pem_file(format!("{DATA}/server.key")).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(certificates.map(Result::unwrap).collect(), key)
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                if let Ok(stream) = acceptor.accept(stream).await {
                    answer(stream).await;
                }
            });
        }
    });
    port
}

async fn answer(stream: impl AsyncRead + AsyncWrite + Unpin) {
    let mut stream = BufReader::new(stream);
    let mut length = 0;
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await.unwrap_or(0) == 0 {
            return;
        }
        if let Some(text) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = text.trim().parse().unwrap();
        }
        if line.trim().is_empty() {
            break;
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.unwrap();
    let reply = r#"{"data": {"token": "t", "masterToken": "m", "sessionId": 7}, "success": true}"#;
    let head = format!(
        "HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        reply.len()
    );
    stream.write_all(format!("{head}{reply}").as_bytes()).await.unwrap();
    let _ = stream.shutdown().await;
}

#[tokio::test]
async fn an_unknown_authority_is_refused_until_a_bundle_or_the_environment_names_it() {
    let port = tls_server().await.to_string();
    let here = [("CHILD_HOST", "127.0.0.1"), ("CHILD_PORT", port.as_str())];
    let bundle = format!("{DATA}/ca.pem");
    let with = |variable: &'static str| [here.as_slice(), &[(variable, bundle.as_str())]].concat();
    let refused = run_child(&here).await;
    assert!(
        refused.starts_with("Network log-in: POST https://127.0.0.1:"),
        "{refused}"
    );
    assert!(refused.contains("UnknownIssuer"), "{refused}");
    assert_eq!(run_child(&with("CHILD_CA_BUNDLE")).await, "session 7");
    assert_eq!(run_child(&with("SSL_CERT_FILE")).await, "session 7");
}

#[tokio::test]
async fn a_bundle_that_is_none_is_told() {
    let mut config = ClientConfig::new("acct", "u", Credentials::Password(Secret::new("p")));
    let mut lines = Vec::new();
    for file in [
        "/no/such/bundle.pem",
        concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/rsa_public.fingerprint"),
    ] {
        config.ca_bundle_path = Some(file.into());
        let failure = Session::log_in(&config).await.unwrap_err();
        assert_eq!(failure.kind(), ErrorKind::Configuration);
        lines.push(failure.to_string().replace(DATA, "DATA"));
    }
    assert_eq!(
        lines,
        [
            "the CA bundle /no/such/bundle.pem cannot be read: entity not found",
            "the CA bundle DATA/rsa_public.fingerprint holds no certificates in PEM form",
        ]
    );
}

/// A proxy that leads everything to one port and remembers what it was asked.
async fn proxy(target: u16) -> (u16, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let asked = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&asked);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let log = Arc::clone(&log);
            tokio::spawn(async move {
                let mut stream = BufReader::new(stream);
                let mut head = String::new();
                while !head.ends_with("\r\n\r\n") && stream.read_line(&mut head).await.unwrap_or(0) > 0 {}
                log.lock().unwrap().push(head);
                stream.write_all(b"HTTP/1.1 200 Connected\r\n\r\n").await.unwrap();
                let mut server = TcpStream::connect(("127.0.0.1", target)).await.unwrap();
                let _ = tokio::io::copy_bidirectional(&mut stream, &mut server).await;
            });
        }
    });
    (port, asked)
}

#[tokio::test]
async fn the_proxy_of_the_environment_leads_to_snowflake_unless_it_is_excepted() {
    let (port, asked) = proxy(tls_server().await).await;
    let address = format!("http://someone:proxy-password@127.0.0.1:{port}");
    let bundle = format!("{DATA}/ca.pem");
    let variables = [("CHILD_CA_BUNDLE", bundle.as_str()), ("HTTPS_PROXY", address.as_str())];
    assert_eq!(run_child(&variables).await, "session 7");
    let head = asked.lock().unwrap().join("");
    assert!(head.starts_with("CONNECT acct.snowflakecomputing.com:443 "), "{head}");
    assert!(
        head.to_ascii_lowercase().contains("proxy-authorization: basic "),
        "{head}"
    );
    asked.lock().unwrap().clear();

    // Neither what the user excepts nor this machine is reached through it; port 9 answers nobody.
    let excepted = [
        ("HTTPS_PROXY", address.as_str()),
        ("NO_PROXY", "localhost,acct.invalid"),
        ("CHILD_HOST", "acct.invalid"),
        ("CHILD_PORT", "9"),
    ];
    let here = [
        ("HTTPS_PROXY", address.as_str()),
        ("CHILD_HOST", "127.0.0.1"),
        ("CHILD_PORT", "9"),
    ];
    for variables in [excepted.as_slice(), here.as_slice()] {
        let said = run_child(variables).await;
        assert!(said.starts_with("Network "), "{said}");
        assert!(!said.contains("proxy-password"), "{said}");
    }
    assert!(asked.lock().unwrap().is_empty());
}
