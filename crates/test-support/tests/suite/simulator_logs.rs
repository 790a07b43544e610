//! Log sessions of the simulator: the signed URL, history, filters, both forms of the stream, following.

use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use test_support::heroku_simulator::{
    API_TOKEN, AppScenario, FaultAction, FaultRule, Generation, HerokuSimulator, Scenario,
};
use test_support::http_exchange::{HttpReply, exchange};

fn simulator() -> HerokuSimulator {
    let quiet = |name: &str| AppScenario {
        log_lines: 0,
        ..AppScenario::named(name)
    };
    let fir = AppScenario {
        generation: Generation::Fir,
        ..quiet("meadow")
    };
    HerokuSimulator::start(Scenario::with_apps(vec![quiet("kiosk"), fir]))
}

fn numbered(range: std::ops::Range<u32>) -> Vec<String> {
    range
        .map(|number| {
            format!(
                "2026-11-02T09:00:00.{number:06}+00:00 app[web.{}]: line {number}",
                number % 2 + 1
            )
        })
        .collect()
}

fn create(simulator: &HerokuSimulator, app: &str, options: &Value) -> HttpReply {
    let bearer = format!("Bearer {API_TOKEN}");
    let headers = [
        ("Accept", "application/vnd.heroku+json; version=3"),
        ("User-Agent", "simulator-tests"),
        ("Content-Type", "application/json"),
        ("Authorization", bearer.as_str()),
    ];
    exchange(
        "POST",
        &format!("{}/apps/{app}/log-sessions", simulator.url()),
        &headers,
        options.to_string().as_bytes(),
    )
    .unwrap()
}

fn stream_url(simulator: &HerokuSimulator, app: &str, options: &Value) -> String {
    let reply = create(simulator, app, options);
    assert_eq!(reply.status, 201, "{}", reply.text());
    reply.json()["logplex_url"].as_str().unwrap().to_owned()
}

fn read(simulator: &HerokuSimulator, app: &str, options: &Value) -> HttpReply {
    exchange("GET", &stream_url(simulator, app, options), &[], b"").unwrap()
}

#[test]
fn history_is_the_last_lines_in_order_of_arrival() {
    let simulator = simulator();
    simulator.append_lines("kiosk", numbered(0..20).into_iter().rev());
    let reply = read(&simulator, "kiosk", &json!({"lines": 1500}));
    let expected: Vec<String> = numbered(0..20).into_iter().rev().collect();
    assert_eq!(reply.text().lines().collect::<Vec<_>>(), expected);
    assert_eq!(reply.header("content-type"), Some("text/plain"));
    // Heroku's list is read inclusively: one line more than asked for.
    assert_eq!(
        read(&simulator, "kiosk", &json!({"lines": 5})).text().lines().count(),
        6
    );
}

#[test]
fn filters_apply_to_the_lines_that_were_taken() {
    let simulator = simulator();
    simulator.append_lines("kiosk", numbered(0..20));
    let text = read(
        &simulator,
        "kiosk",
        &json!({"lines": 9, "dyno_name": "web.1", "source": "app"}),
    )
    .text();
    assert_eq!(text.lines().count(), 5);
    assert!(text.lines().all(|line| line.contains("app[web.1]")));
    assert_eq!(
        read(&simulator, "kiosk", &json!({"lines": 9, "source": "heroku"})).text(),
        ""
    );
    assert_eq!(create(&simulator, "kiosk", &json!({"line": 9})).status, 422);
    assert_eq!(create(&simulator, "kiosk", &json!({"lines": "9"})).status, 422);
}

#[test]
fn an_event_stream_frames_every_message_and_keeps_its_newlines() {
    let simulator = simulator();
    simulator.append_lines(
        "kiosk",
        [
            "2026-11-02T09:00:00Z app[web.1]: first\n  second",
            "2026-11-02T09:00:01Z app[web.1]: ",
        ],
    );
    let url = stream_url(&simulator, "kiosk", &json!({"lines": 10}));
    let reply = exchange("GET", &url, &[("Accept", "text/event-stream")], b"").unwrap();
    assert_eq!(reply.header("content-type"), Some("text/event-stream"));
    assert_eq!(
        reply.text(),
        ":\n\nid: 1\ndata: 2026-11-02T09:00:00Z app[web.1]: first\ndata:   second\n\nid: 2\ndata: 2026-11-02T09:00:01Z app[web.1]: \n\n"
    );
}

#[test]
fn the_url_is_signed_short_lived_on_another_port_and_takes_no_bearer() {
    let simulator = simulator();
    simulator.append_lines("kiosk", numbered(0..3));
    let url = stream_url(&simulator, "kiosk", &json!({"lines": 10}));
    assert!(!url.starts_with(simulator.url()));
    let bearer = format!("Bearer {API_TOKEN}");
    let refused = exchange("GET", &url, &[("Authorization", &bearer)], b"").unwrap();
    assert_eq!((refused.status, simulator.violations().len()), (400, 1));
    assert_eq!(
        exchange("GET", &url.replace("num=10", "num=11"), &[], b"")
            .unwrap()
            .status,
        403
    );
    simulator.add_fault(FaultRule::once(
        "POST",
        "/apps/*/log-sessions",
        FaultAction::ExpireLogUrl,
    ));
    assert_eq!(read(&simulator, "kiosk", &json!({})).status, 404);
    assert_eq!(read(&simulator, "kiosk", &json!({})).status, 200);
    assert!(
        simulator
            .requests()
            .iter()
            .all(|request| !request.query.contains("token"))
    );
}

#[test]
fn following_gives_history_then_new_lines_and_ends_when_the_server_says_so() {
    let simulator = simulator();
    simulator.append_lines("kiosk", numbered(0..2));
    let url = stream_url(&simulator, "kiosk", &json!({"lines": 10, "tail": true}));
    let mut lines = follow(&url, "text/plain");
    assert!(lines.next().unwrap().ends_with("line 0") && lines.next().unwrap().ends_with("line 1"));
    simulator.append_lines("kiosk", numbered(2..3));
    assert!(lines.next().unwrap().ends_with("line 2"));
    simulator.end_followers("kiosk");
    assert_eq!(lines.next(), None);
}

#[test]
fn a_stream_that_follows_can_be_cut_too() {
    let simulator = simulator();
    simulator.append_lines("kiosk", numbered(0..5));
    simulator.add_fault(FaultRule::once(
        "GET",
        "/stream",
        FaultAction::CutBody { after_bytes: 100 },
    ));
    let url = stream_url(&simulator, "kiosk", &json!({"lines": 10, "tail": true}));
    assert!(exchange("GET", &url, &[], b"").is_err());
}

#[test]
fn fir_has_no_history_and_no_delimiters_outside_an_event_stream() {
    let simulator = simulator();
    simulator.append_lines("meadow", numbered(0..2));
    let url = stream_url(&simulator, "meadow", &json!({}));
    assert!(url.contains("/streams/meadow?"));
    let mut events = follow(&url, "text/event-stream");
    simulator.append_lines("meadow", numbered(2..3));
    assert!(
        events
            .find(|line| line.starts_with("data: "))
            .unwrap()
            .ends_with("line 2")
    );
    let mut plain = follow(&url, "*/*");
    simulator.append_lines("meadow", numbered(3..5));
    simulator.end_followers("meadow");
    assert_eq!(plain.next().unwrap(), numbered(3..5).concat());
}

/// Opens a stream and, once its answer has begun, gives its data lines as they come, without chunk framing.
fn follow(url: &str, accept: &str) -> impl Iterator<Item = String> {
    let (authority, path) = url.strip_prefix("http://").unwrap().split_once('/').unwrap();
    let mut stream = TcpStream::connect(authority).unwrap();
    write!(
        stream,
        "GET /{path} HTTP/1.1\r\nHost: {authority}\r\nAccept: {accept}\r\nConnection: close\r\n\r\n"
    )
    .unwrap();
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    while line != "\r\n" {
        line.clear();
        assert!(reader.read_line(&mut line).unwrap() > 0, "closed within the head");
    }
    Dechunked {
        reader,
        waiting: String::new(),
    }
}

struct Dechunked {
    reader: BufReader<TcpStream>,
    waiting: String,
}

impl Iterator for Dechunked {
    type Item = String;

    fn next(&mut self) -> Option<String> {
        loop {
            if let Some((line, rest)) = self.waiting.split_once('\n') {
                let (line, rest) = (line.to_owned(), rest.to_owned());
                self.waiting = rest;
                return Some(line);
            }
            let mut size = String::new();
            self.reader.read_line(&mut size).unwrap();
            let size_bytes = usize::from_str_radix(size.trim(), 16).unwrap_or(0);
            if size_bytes == 0 {
                return (!self.waiting.is_empty()).then(|| std::mem::take(&mut self.waiting));
            }
            let mut chunk = vec![0; size_bytes + 2];
            std::io::Read::read_exact(&mut self.reader, &mut chunk).unwrap();
            self.waiting
                .push_str(std::str::from_utf8(&chunk[..size_bytes]).unwrap());
        }
    }
}
