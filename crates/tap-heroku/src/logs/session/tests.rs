//! Tests of one app's window: what is new comes out once, what may be missing is said.

use serde_json::json;

use super::*;
use crate::logs::emitter::{DYNO_METRICS, LOG_GAPS, LOG_LINES, ROUTER_REQUESTS};
use crate::logs::settings::LogSettings;
use crate::logs::testing::{SharedBuffer, column, output, records};

struct Session {
    output: Output<SharedBuffer>,
    buffer: SharedBuffer,
    state: State,
    app: LogApp,
    settings: LogSettings,
}

impl Session {
    fn new() -> Session {
        let (output, buffer) = output();
        let app = LogApp {
            id: "0a1b".to_owned(),
            name: "shop".to_owned(),
            is_fir: false,
        };
        Session {
            output,
            buffer,
            state: State::default(),
            app,
            settings: LogSettings::default(),
        }
    }

    /// Takes a window as a run at `read_at` would, and gives the messages of it.
    fn take(&mut self, read_at: &str, window: &SessionWindow) -> Vec<Value> {
        let mut emitter = Emitter::new(&self.settings, &self.output);
        // Through text, as between two runs.
        self.state = State::from_json(&self.state.to_value().to_string()).unwrap();
        let read_at = read_at.parse().unwrap();
        take_window(
            &mut self.output,
            &mut self.state,
            &mut emitter,
            &self.app,
            window,
            read_at,
        )
        .unwrap();
        self.output.flush().unwrap();
        self.buffer.take()
    }

    fn take_lines(&mut self, read_at: &str, lines: std::ops::Range<usize>) -> Vec<Value> {
        self.take(read_at, &SessionWindow::from_text(&lines.map(line).collect::<String>()))
    }
}

fn line(number: usize) -> String {
    format!("2026-01-02T03:04:05.{number:06}+00:00 app[web.1]: line {number}\n")
}

const NOON: &str = "2026-01-02T12:00:00Z";
const ONE: &str = "2026-01-02T13:00:00Z";

#[test]
fn the_second_window_brings_only_what_is_new() {
    let mut session = Session::new();
    let first = session.take_lines(NOON, 0..40);
    assert_eq!(records(&first, LOG_LINES).len(), 40);
    assert_eq!(records(&first, LOG_LINES)[7]["app_id"], "0a1b");
    let second = session.take_lines(ONE, 5..45);
    assert_eq!(
        column(&second, LOG_LINES, "message"),
        (40..45).map(|number| format!("line {number}")).collect::<Vec<_>>()
    );
    assert_eq!(column(&second, LOG_LINES, "sequence"), ["41", "42", "43", "44", "45"]);
    assert!(records(&second, LOG_GAPS).is_empty());
    assert!(session.take_lines(ONE, 5..45).is_empty());
    // An older answer of the server brings nothing and loses nothing.
    assert!(session.take_lines(ONE, 0..30).is_empty());
    assert_eq!(records(&session.take_lines(ONE, 10..46), LOG_LINES).len(), 1);
}

#[test]
fn an_app_that_was_renamed_is_read_on() {
    let mut session = Session::new();
    session.take_lines(NOON, 0..20);
    session.app.name = "store".to_owned();
    let second = session.take_lines(ONE, 0..21);
    assert_eq!(column(&second, LOG_LINES, "app_name"), ["store"]);
    assert!(records(&second, LOG_GAPS).is_empty());
    session.app.name = "market".to_owned();
    assert!(records(&session.take_lines(ONE, 0..21), LOG_LINES).is_empty());
}

#[test]
fn equal_lines_stay_apart_and_read_again_they_have_the_same_ids() {
    let tick = "2026-01-02T03:04:05+00:00 app[heroku-redis]: beat\n";
    let window = |count: usize| SessionWindow::from_text(&(line(1) + &tick.repeat(count)));
    let mut session = Session::new();
    let mut ids = column(&session.take(NOON, &window(2)), LOG_LINES, "id");
    ids.extend(column(&session.take(ONE, &window(5)), LOG_LINES, "id"));
    assert_eq!(ids.len(), 6);
    let again = column(&Session::new().take(ONE, &window(5)), LOG_LINES, "id");
    assert_eq!(again, ids);
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 6);
}

#[test]
fn a_window_that_was_outrun_is_a_gap() {
    let mut session = Session::new();
    session.take_lines(NOON, 0..1500);
    let second = session.take_lines(ONE, 2000..3500);
    assert_eq!(records(&second, LOG_LINES).len(), 1500);
    let gap = records(&second, LOG_GAPS)[0].clone();
    assert_eq!(gap["reason"], "window_outrun");
    assert_eq!(gap["from_timestamp"], "2026-01-02T03:04:05.001499Z");
    assert_eq!(gap["to_timestamp"], "2026-01-02T03:04:05.002000Z");
    assert_eq!((gap["app_name"].as_str(), gap.get("lost_lines")), (Some("shop"), None));
    assert_eq!(records(&session.take_lines(ONE, 2001..3501), LOG_GAPS).len(), 0);
}

#[test]
fn other_breaks_are_named() {
    let reason = |kept: std::ops::Range<usize>, read_at: &str, then: std::ops::Range<usize>| {
        let mut session = Session::new();
        session.take_lines(NOON, kept);
        column(&session.take_lines(read_at, then), LOG_GAPS, "reason")
    };
    assert_eq!(reason(0..20, ONE, 500..600), ["history_discarded"]);
    assert_eq!(reason(0..20, "2026-01-10T12:00:00Z", 500..600), ["history_expired"]);
    assert_eq!(reason(0..20, "2026-01-10T12:00:00Z", 0..0), ["history_expired"]);
    assert!(reason(0..20, ONE, 0..0).is_empty());
    assert!(reason(0..20, "2026-01-10T12:00:00Z", 10..30).is_empty());
    assert_eq!(reason(0..1500, ONE, 1498..2998), ["overlap_uncertain"]);
    assert!(reason(0..0, ONE, 0..1500).is_empty());
    let mut session = Session::new();
    session.take_lines(NOON, 0..20);
    let mut window = SessionWindow::from_text(&(10..30).map(line).collect::<String>());
    window.is_discarded = true;
    assert_eq!(
        column(&session.take(ONE, &window), LOG_GAPS, "reason"),
        ["history_discarded"]
    );
}

#[test]
fn a_reported_loss_is_a_gap_also_when_its_line_is_not_wanted() {
    let mut session = Session::new();
    let options = json!({"sources": ["app"]});
    session.settings = LogSettings::new(&[], options.as_object().unwrap()).unwrap();
    let report = "2026-01-02T03:05:00+00:00 heroku[logplex]: Error L11 (Tail buffer overflow): 17 messages dropped since 2026-01-02T03:04:00+00:00.\n";
    let messages = session.take(NOON, &SessionWindow::from_text(&(line(1) + report)));
    assert_eq!(column(&messages, LOG_LINES, "message"), ["line 1"]);
    let gap = records(&messages, LOG_GAPS)[0].clone();
    assert_eq!(
        (&gap["reason"], &gap["code"], &gap["lost_lines"]),
        (&json!("reported"), &json!("L11"), &json!(17))
    );
    assert_eq!(
        (&gap["from_timestamp"], &gap["to_timestamp"]),
        (
            &json!("2026-01-02T03:04:00.000000Z"),
            &json!("2026-01-02T03:05:00.000000Z")
        )
    );
}

#[test]
fn the_rest_of_an_entry_that_scrolled_away_does_not_hide_the_overlap() {
    let mut session = Session::new();
    let trace = line(0) + "  at a\n  at b\n";
    session.take(
        NOON,
        &SessionWindow::from_text(&(trace + &(1..10).map(line).collect::<String>())),
    );
    let cut = "  at b\n".to_owned() + &(1..12).map(line).collect::<String>();
    assert_eq!(
        column(
            &session.take(ONE, &SessionWindow::from_text(&cut)),
            LOG_LINES,
            "message"
        ),
        ["line 10", "line 11"]
    );
}

#[test]
fn typed_records_carry_the_id_of_their_line() {
    let mut session = Session::new();
    let text = "2026-01-02T03:05:00.5+00:00 heroku[router]: at=error code=H12 desc=\"Request timeout\" method=GET path=\"/a b\" host=h.example.org request_id=r1 fwd=\"192.0.2.1, 192.0.2.2\" dyno=web.1 connect= service=30000ms status=503 bytes=0 tls=true odd=1\n\
                2026-01-02T03:05:01+00:00 heroku[web.1]: source=web.1 dyno=heroku.12.uu sample#memory_total=180.43MB sample#memory_pgpgin=84pages sample#new=1.5x\n";
    let messages = session.take(NOON, &SessionWindow::from_text(text));
    let ids = column(&messages, LOG_LINES, "id");
    let request = records(&messages, ROUTER_REQUESTS)[0];
    let expected = json!({
        "id": ids[0], "app_id": "0a1b", "app_name": "shop", "timestamp": "2026-01-02T03:05:00.500000Z", "sequence": 1, "at": "error", "code": "H12",
        "description": "Request timeout", "method": "GET", "path": "/a b", "host": "h.example.org", "request_id": "r1",
        "fwd": ["192.0.2.1", "192.0.2.2"], "dyno": "web.1", "service_ms": 30000, "status": 503, "bytes": 0, "tls": true, "extra": {"odd": "1"}
    });
    assert_eq!(request, &expected);
    let expected = json!({
        "id": ids[1], "app_id": "0a1b", "app_name": "shop", "timestamp": "2026-01-02T03:05:01.000000Z", "sequence": 2, "dyno": "web.1", "process_type": "web",
        "instance": "heroku.12.uu", "instance_id": "uu", "memory_total_mb": 180.43, "memory_pgpgin_pages": 84.0,
        "extra": {"new": {"value": 1.5, "unit": "x"}}
    });
    assert_eq!(records(&messages, DYNO_METRICS)[0], &expected);
}

#[test]
fn a_fir_app_is_a_gap_in_every_run() {
    let mut session = Session::new();
    let mut rows = Vec::new();
    for read_at in [NOON, ONE] {
        let mut emitter = Emitter::new(&session.settings, &session.output);
        take_fir(
            &mut session.output,
            &mut session.state,
            &mut emitter,
            &session.app,
            read_at.parse().unwrap(),
        )
        .unwrap();
        session.output.flush().unwrap();
        rows.extend(records(&session.buffer.take(), LOG_GAPS).into_iter().cloned());
    }
    assert_eq!(
        (&rows[0]["reason"], rows[0].get("from_timestamp")),
        (&json!("fir_no_history"), None)
    );
    assert_eq!(
        (&rows[1]["from_timestamp"], &rows[1]["to_timestamp"]),
        (
            &json!("2026-01-02T12:00:00.000000Z"),
            &json!("2026-01-02T13:00:00.000000Z")
        )
    );
    assert_ne!(rows[0]["id"], rows[1]["id"]);
}

#[test]
fn keys_of_others_stay_in_the_state() {
    let mut session = Session::new();
    let partition = json!({"context": {"app_id": "0a1b"}, "theirs": 1});
    session.state =
        State::from_value(json!({"other": 2, "bookmarks": {"log_lines": {"x": 3, "partitions": [partition]}}}))
            .unwrap();
    session.take_lines(NOON, 0..3);
    let state = session.state.to_value();
    let stream = &state["bookmarks"]["log_lines"];
    assert_eq!(
        (&state["other"], &stream["x"], &stream["partitions"][0]["theirs"]),
        (&json!(2), &json!(3), &json!(1))
    );
    assert_eq!(stream["partitions"].as_array().unwrap().len(), 1);
    assert_eq!(
        stream["partitions"][0]["replication_key_value"],
        "2026-01-02T03:04:05.000002Z"
    );
}
