//! A Snowflake and an S3 bucket that say yes to everything and keep nothing, at the least cost: what is measured is the
//! client beside it.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};

const READ_BYTES: usize = 1024 * 1024;

/// Prints the port and serves until it is killed.
pub(crate) fn serve() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = listener.local_addr().expect("an address").port();
    println!("{port}");
    for stream in listener.incoming() {
        let stream = stream.expect("a connection");
        std::thread::spawn(move || answer_all(&stream, port));
    }
}

/// Requests of one connection until it is closed.
fn answer_all(stream: &TcpStream, port: u16) {
    let mut reader = BufReader::with_capacity(READ_BYTES, stream);
    let mut buffer = vec![0; READ_BYTES];
    while let Some((request, length)) = head(&mut reader) {
        let mut left = length;
        while left > 0 {
            let wanted = buffer.len().min(left);
            let Some(room) = buffer.get_mut(..wanted) else { return };
            match reader.read(room) {
                Ok(count) if count > 0 => left -= count,
                _ => return,
            }
        }
        if answer(stream, &request, port).is_err() {
            return;
        }
    }
}

/// The request line and the length of the body.
fn head(reader: &mut impl BufRead) -> Option<(String, usize)> {
    let mut request = String::new();
    reader.read_line(&mut request).ok().filter(|count| *count > 0)?;
    let mut length = 0;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok().filter(|count| *count > 0)?;
        match line.trim().split_once(':') {
            Some((name, value)) if name.eq_ignore_ascii_case("content-length") => length = value.trim().parse().ok()?,
            Some(_) => {}
            None => return Some((request, length)),
        }
    }
}

fn answer(mut stream: &TcpStream, request: &str, port: u16) -> std::io::Result<()> {
    let body = if request.contains("login-request") {
        r#"{"data":{"token":"t","masterToken":"m","sessionId":1},"success":true}"#.to_owned()
    } else if request.contains("query-request") {
        format!(
            r#"{{"data":{{"stageInfo":{{"locationType":"S3","location":"bucket/bench/","region":"us-east-1",
            "endPoint":"http://127.0.0.1:{port}","isClientSideEncrypted":true,
            "creds":{{"AWS_KEY_ID":"k","AWS_SECRET_KEY":"s","AWS_TOKEN":"t"}}}},
            "encryptionMaterial":{{"queryStageMasterKey":"AAAAAAAAAAAAAAAAAAAAAA==","queryId":"q","smkId":"1"}},
            "parallel":4,"threshold":209715200}},"success":true}}"#
        )
    } else if request.contains("uploads") {
        "<InitiateMultipartUploadResult><UploadId>u</UploadId></InitiateMultipartUploadResult>".to_owned()
    } else if request.starts_with("POST") && request.contains("uploadId") {
        "<CompleteMultipartUploadResult><ETag>e</ETag></CompleteMultipartUploadResult>".to_owned()
    } else if request.contains("/session") {
        r#"{"data":null,"success":true}"#.to_owned()
    } else {
        String::new()
    };
    let length = body.len();
    let reply = format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\nETag: \"e\"\r\n\r\n{body}");
    stream.write_all(reply.as_bytes())
}
