//! A relay between program and server that breaks one connection off: when the first byte of the nth answer comes, both
//! sides are reset, so that the server has done its work and nobody hears of it. Works on bytes, so for TLS, too: then the
//! program uses it as its proxy.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

pub(crate) struct CuttingRelay {
    port: u16,
    answers: Arc<AtomicUsize>,
}

impl CuttingRelay {
    /// Breaks the nth answer, from 1. `server` is a port of this machine; without it connections go where the program's
    /// CONNECT request says.
    pub(crate) fn start(nth: usize, server: Option<u16>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        let answers = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&answers);
        std::thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let counted = Arc::clone(&counted);
                std::thread::spawn(move || relay(client, server, &counted, nth));
            }
        });
        Self { port, answers }
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// How many answers have begun.
    pub(crate) fn answers(&self) -> usize {
        self.answers.load(Ordering::SeqCst)
    }
}

/// One connection; ends with either side.
fn relay(client: TcpStream, server: Option<u16>, answers: &AtomicUsize, nth: usize) -> Option<()> {
    let server = match server {
        Some(port) => TcpStream::connect(("127.0.0.1", port)).ok()?,
        None => connect_as_asked(&client)?,
    };
    let (mut from_client, mut to_server) = (client.try_clone().ok()?, server.try_clone().ok()?);
    let is_asked = Arc::new(AtomicUsize::new(0));
    let asked = Arc::clone(&is_asked);
    std::thread::spawn(move || {
        let mut buffer = vec![0; 64 * 1024];
        while let Ok(length @ 1..) = from_client.read(&mut buffer) {
            asked.store(1, Ordering::SeqCst);
            if to_server.write_all(&buffer[..length]).is_err() {
                break;
            }
        }
        let _gone = (from_client.shutdown(Shutdown::Both), to_server.shutdown(Shutdown::Both));
    });
    let (mut from_server, mut to_client) = (server, client);
    let mut buffer = vec![0; 64 * 1024];
    while let Ok(length @ 1..) = from_server.read(&mut buffer) {
        // The first bytes after something was asked are the beginning of an answer.
        if is_asked.swap(0, Ordering::SeqCst) == 1 && answers.fetch_add(1, Ordering::SeqCst) + 1 == nth {
            break;
        }
        if to_client.write_all(&buffer[..length]).is_err() {
            break;
        }
    }
    let _gone = (from_server.shutdown(Shutdown::Both), to_client.shutdown(Shutdown::Both));
    Some(())
}

/// `CONNECT host:port`, as programs ask a proxy.
fn connect_as_asked(client: &TcpStream) -> Option<TcpStream> {
    let mut reader = BufReader::new(client.try_clone().ok()?);
    let mut first = String::new();
    reader.read_line(&mut first).ok()?;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok().filter(|length| *length > 0)?;
        if line.trim().is_empty() {
            break;
        }
    }
    let server = TcpStream::connect(first.split(' ').nth(1)?).ok()?;
    (&*client).write_all(b"HTTP/1.1 200 OK\r\n\r\n").ok()?;
    Some(server)
}
