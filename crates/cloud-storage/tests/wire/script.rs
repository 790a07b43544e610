//! A server that answers request after request as it is told, each on a connection of its own.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use cloud_storage::{AwsKeys, Location, Storage, StorageAccess, StorageEnvironment};

/// A request as it came.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    /// Method and target.
    pub(crate) line: String,
    /// Names in lower case.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body_bytes: usize,
}

impl Request {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(header, _)| header == name);
        found.map(|(_, value)| value.as_str())
    }
}

/// What is answered: a status with a body, or nothing and the connection ends.
pub(crate) enum Answer {
    Status(u16, &'static str),
    /// With headers beside those that every answer has.
    With(u16, &'static str, &'static str),
    Break,
}

pub(crate) const STORED: Answer = Answer::With(200, "", "etag: \"e\"");

/// The running server.
pub(crate) struct Script {
    port: u16,
    seen: Arc<Mutex<Vec<Request>>>,
}

impl Script {
    /// Answers in this order; what comes after the last answer fails the test with a status that nobody expects.
    pub(crate) fn of(answers: impl IntoIterator<Item = Answer>) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&seen);
        let mut answers: Vec<Answer> = answers.into_iter().collect();
        answers.reverse();
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let request = read(&stream);
                log.lock().expect("no thread panicked").push(request);
                answer(stream, answers.pop().unwrap_or(Answer::Status(418, "")));
            }
        });
        Script { port, seen }
    }

    /// The bucket `bucket` of this server.
    pub(crate) async fn storage(&self, change: impl FnOnce(&mut StorageAccess)) -> Storage {
        let mut access = StorageAccess::found_by(StorageEnvironment::default());
        access.endpoint_url = Some(format!("http://127.0.0.1:{}", self.port));
        access.shortest_pause = Duration::from_millis(1);
        access.amazon.keys = Some(AwsKeys {
            key_id: "AKIA".to_owned(),
            secret_key: "very-secret".to_owned(),
            session_token: Some("session-token".to_owned()),
        });
        change(&mut access);
        let location = Location::parse("s3://bucket").expect("a location");
        Storage::open(&location, &access).await.expect("a storage")
    }

    pub(crate) fn seen(&self) -> Vec<Request> {
        self.seen.lock().expect("no thread panicked").clone()
    }

    pub(crate) fn lines(&self) -> Vec<String> {
        self.seen().into_iter().map(|request| request.line).collect()
    }
}

fn read(stream: &TcpStream) -> Request {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line).expect("a request line");
    let mut headers = Vec::new();
    loop {
        let mut header = String::new();
        reader.read_line(&mut header).expect("a header");
        let Some((name, value)) = header.trim_end().split_once(": ") else {
            break;
        };
        headers.push((name.to_ascii_lowercase(), value.to_owned()));
    }
    let length = headers.iter().find(|(name, _)| name == "content-length");
    let length: u64 = length.map_or(0, |(_, text)| text.parse().expect("a length"));
    let body_bytes = std::io::copy(&mut reader.take(length), &mut std::io::sink()).expect("a body");
    let words: Vec<&str> = line.split(' ').take(2).collect();
    Request {
        line: words.join(" "),
        headers,
        body_bytes: usize::try_from(body_bytes).expect("a short body"),
    }
}

fn answer(mut stream: TcpStream, answer: Answer) {
    let (status, body, header) = match answer {
        Answer::Break => return,
        Answer::Status(status, body) => (status, body, "x-nothing: 1"),
        Answer::With(status, body, header) => (status, body, header),
    };
    let length = if header.contains("content-length") {
        String::new()
    } else {
        format!("content-length: {}\r\n", body.len())
    };
    let text = format!("HTTP/1.1 {status} Said\r\nconnection: close\r\n{length}{header}\r\n\r\n{body}");
    let _client_may_be_gone = stream.write_all(text.as_bytes());
}
