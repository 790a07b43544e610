//! A relay between a program and a server that remembers every byte, to learn what secrets went by.
#![expect(
    clippy::expect_used,
    reason = "a test stops at the first surprise, also in its helpers"
)]

use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

type Seen = Arc<Mutex<Vec<Vec<u8>>>>;

/// Listens on a port of its own until the test process ends.
pub(crate) struct Relay {
    port: u16,
    seen: Seen,
}

impl Relay {
    /// A relay to a port of this machine.
    pub(crate) fn to(server_port: u16) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        let seen = Seen::default();
        let remembered = Arc::clone(&seen);
        std::thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                if let Ok(server) = TcpStream::connect(("127.0.0.1", server_port)) {
                    pump(&client, &server, &remembered);
                    pump(&server, &client, &remembered);
                }
            }
        });
        Self { port, seen }
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// The texts that went by in JSON under one of these names; each once, empty and very short ones left out.
    pub(crate) fn json_texts(&self, names: &[&str]) -> Vec<String> {
        let seen = self.seen.lock().expect("no thread panicked");
        let mut texts = BTreeSet::new();
        for stream in seen.iter() {
            let stream = String::from_utf8_lossy(stream);
            for name in names {
                let key = format!("\"{name}\"");
                for (place, _) in stream.match_indices(&key) {
                    let rest = stream.get(place + key.len()..).unwrap_or_default().trim_start();
                    let value = rest
                        .strip_prefix(':')
                        .map(str::trim_start)
                        .filter(|value| value.starts_with('"'));
                    let text = value.and_then(|value| {
                        serde_json::Deserializer::from_str(value)
                            .into_iter::<String>()
                            .next()?
                            .ok()
                    });
                    texts.extend(text.filter(|text| text.len() >= 6));
                }
            }
        }
        texts.into_iter().collect()
    }
}

impl Relay {
    /// The objects that went by in JSON under this name.
    pub(crate) fn json_objects(&self, name: &str) -> Vec<serde_json::Value> {
        let seen = self.seen.lock().expect("no thread panicked");
        let key = format!("\"{name}\":");
        let of_stream = |stream: &Vec<u8>| -> Vec<serde_json::Value> {
            let text = String::from_utf8_lossy(stream);
            let places = text.match_indices(&key).filter_map(|(place, _)| {
                let rest = text.get(place + key.len()..)?;
                serde_json::Deserializer::from_str(rest).into_iter().next()?.ok()
            });
            places.collect()
        };
        seen.iter().flat_map(of_stream).collect()
    }
}

/// Copies one direction on a thread of its own.
fn pump(from: &TcpStream, to: &TcpStream, seen: &Seen) {
    let (Ok(mut from), Ok(mut to)) = (from.try_clone(), to.try_clone()) else {
        return;
    };
    let seen = Arc::clone(seen);
    let number = {
        let mut streams = seen.lock().expect("no thread panicked");
        streams.push(Vec::new());
        streams.len() - 1
    };
    std::thread::spawn(move || {
        let mut buffer = vec![0; 64 * 1024];
        while let Ok(length) = from.read(&mut buffer) {
            let piece = buffer.get(..length).unwrap_or_default();
            if let Some(stream) = seen.lock().expect("no thread panicked").get_mut(number) {
                stream.extend_from_slice(piece);
            }
            if length == 0 || to.write_all(piece).is_err() {
                break;
            }
        }
        // Either side may have gone already.
        let _gone = (from.shutdown(Shutdown::Both), to.shutdown(Shutdown::Both));
    });
}
