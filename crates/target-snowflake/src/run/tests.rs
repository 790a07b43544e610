//! The run against a loader that only remembers: what is loaded, in which order, and which STATE comes out when.

use std::collections::HashMap;
use std::io::{self, Read};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use connector_process::{Environment, ExitCode, Failure, Shutdown};

use super::run;
use crate::columns::StreamColumns;
use crate::config::Config;
use crate::load::{BatchLoader, Committed, LoadProblem};
use crate::stream_buffer::Batch;

/// Remembers rows per stream; fails or waits for the streams it is told to.
#[derive(Default)]
struct Memory {
    rows: Mutex<HashMap<String, u64>>,
    failing: Option<&'static str>,
    slow: Option<(&'static str, Duration)>,
    activated: Mutex<Vec<(String, i64, u64)>>,
}

impl Memory {
    fn rows(&self, stream: &str) -> u64 {
        self.rows.lock().unwrap().get(stream).copied().unwrap_or(0)
    }
}

impl BatchLoader for Memory {
    async fn prepare(&self, wanted: StreamColumns) -> Result<StreamColumns, LoadProblem> {
        Ok(wanted)
    }

    async fn load(&self, batch: &Batch, committed: Committed<'_>) -> Result<(), LoadProblem> {
        let stream = batch.columns.stream.as_str();
        if let Some((_, pause)) = self.slow.filter(|(slow, _)| *slow == stream) {
            tokio::time::sleep(pause).await;
        }
        if self.failing == Some(stream) {
            return Err(LoadProblem::of_stream(stream, "is made to fail"));
        }
        *self.rows.lock().unwrap().entry(stream.to_owned()).or_default() += batch.row_count;
        committed.tell();
        Ok(())
    }

    async fn activate_version(&self, columns: &StreamColumns, version: i64) -> Result<(), LoadProblem> {
        let rows_before = self.rows(&columns.stream);
        self.activated
            .lock()
            .unwrap()
            .push((columns.stream.clone(), version, rows_before));
        Ok(())
    }

    async fn close(&self) {}
}

/// An input that a test feeds while the run reads.
struct Fed {
    pieces: Receiver<Vec<u8>>,
    rest: Vec<u8>,
}

impl Read for Fed {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.rest.is_empty() {
            self.rest = self.pieces.recv().unwrap_or_default();
        }
        let length = self.rest.as_slice().read(buffer)?;
        self.rest.drain(..length);
        Ok(length)
    }
}

/// An output that a test reads while the run writes.
#[derive(Clone)]
struct Lines(Sender<String>);

impl io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8(bytes.to_vec()).unwrap();
        self.0
            .send(text.trim_end().to_owned())
            .map_err(|_| io::ErrorKind::BrokenPipe)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn config(settings: &[(&str, &str)]) -> Config {
    let mut pairs = vec![
        ("TARGET_SNOWFLAKE_ACCOUNT", "a"),
        ("TARGET_SNOWFLAKE_USER", "u"),
        ("TARGET_SNOWFLAKE_PASSWORD", "p"),
        ("TARGET_SNOWFLAKE_DATABASE", "d"),
    ];
    pairs.extend(settings);
    Config::load(&[], &Environment::from_pairs(pairs)).unwrap()
}

struct Started {
    feed: Option<Sender<Vec<u8>>>,
    states: Receiver<String>,
    thread: std::thread::JoinHandle<Result<(), Failure>>,
}

fn start(memory: &Arc<Memory>, settings: &[(&str, &str)]) -> Started {
    let (feed, pieces) = channel();
    let (states_sender, states) = channel();
    let (config, memory) = (config(settings), Arc::clone(memory));
    let thread = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .unwrap();
        let input = Fed {
            pieces,
            rest: Vec::new(),
        };
        run(config, memory, &runtime, input, Lines(states_sender), Shutdown::never())
    });
    Started {
        feed: Some(feed),
        states,
        thread,
    }
}

impl Started {
    fn feed(&self, text: &str) {
        self.feed.as_ref().unwrap().send(text.as_bytes().to_vec()).unwrap();
    }

    fn end(mut self) -> (Result<(), Failure>, Vec<String>) {
        self.feed = None;
        let outcome = self.thread.join().unwrap();
        (outcome, self.states.try_iter().collect())
    }
}

fn schema(stream: &str) -> String {
    format!(
        r#"{{"type":"SCHEMA","stream":"{stream}","schema":{{"properties":{{"id":{{"type":"integer"}}}}}},"key_properties":["id"]}}"#
    ) + "\n"
}

fn record(stream: &str, id: u64) -> String {
    format!(r#"{{"type":"RECORD","stream":"{stream}","record":{{"id":{id}}}}}"#) + "\n"
}

fn state(value: &str) -> String {
    format!(r#"{{"type":"STATE","value":"{value}"}}"#) + "\n"
}

fn run_all(memory: &Arc<Memory>, settings: &[(&str, &str)], input: &str) -> (Result<(), Failure>, Vec<String>) {
    let started = start(memory, settings);
    started.feed(input);
    started.end()
}

#[test]
fn everything_is_loaded_and_the_last_state_comes_out() {
    let memory = Arc::default();
    let input = [
        schema("a"),
        record("a", 1),
        state("s1"),
        "\n".to_owned(),
        record("a", 2),
        state("s2"),
    ]
    .concat();
    let (outcome, states) = run_all(&memory, &[], &input);
    outcome.unwrap();
    assert_eq!(
        (memory.rows("a"), states.last().map(String::as_str)),
        (2, Some("\"s2\""))
    );
}

#[test]
fn a_state_without_records_comes_out_and_none_is_made_up() {
    let memory = Arc::default();
    assert_eq!(run_all(&memory, &[], &(state("only") + &state("only"))).1, ["\"only\""]);
    assert_eq!(run_all(&memory, &[], &(schema("a") + &record("a", 1))).1, [""; 0]);
}

#[test]
fn states_come_out_byte_for_byte_once_in_a_row_and_empty_ones_never() {
    let values = [
        r#"{"b":1,"a":[1.50,1e400,"\u00e9é"]}"#,
        "{}",
        r#"{"b":1,"a":[1.50,1e400,"\u00e9é"]}"#,
        r#"{ "b": 1 }"#,
        "null",
        "[ ]",
        r#""""#,
        "{ \t }",
        r#"{"bookmarks":{}}"#,
        "0",
        "false",
        r#"" ""#,
        "[{}]",
        r#"{"bookmarks":{}}"#,
    ];
    let lines: String = values
        .iter()
        .map(|value| format!(r#"{{"type":"STATE","value": {value} }}"#) + "\n")
        .collect();
    let expected = [
        values[0], values[3], values[8], values[9], values[10], values[11], values[12], values[13],
    ];
    assert_eq!(run_all(&Arc::default(), &[], &lines).1, expected);
    let with_rows = schema("a") + &record("a", 1) + &lines;
    assert_eq!(
        run_all(&Arc::default(), &[], &with_rows).1,
        [values[13]],
        "one commit, the last of them"
    );
}

#[test]
fn one_full_batch_loads_all_streams_when_that_is_asked_for() {
    for (flushes_all, rows) in [("true", 1), ("false", 0)] {
        let memory = Arc::default();
        let settings = [
            ("TARGET_SNOWFLAKE_BATCH_SIZE_ROWS", "2"),
            ("TARGET_SNOWFLAKE_FLUSH_ALL_STREAMS", flushes_all),
        ];
        let started = start(&memory, &settings);
        let input = schema("a") + &schema("b") + &record("b", 1) + &record("a", 1) + &record("a", 2) + &state("all");
        started.feed(&input);
        if rows == 1 {
            assert_eq!(started.states.recv_timeout(Duration::from_secs(5)).unwrap(), "\"all\"");
        } else {
            let loaded = || memory.rows("a") == 2;
            while !loaded() {
                std::thread::sleep(Duration::from_millis(1));
            }
        }
        assert_eq!((memory.rows("a"), memory.rows("b")), (2, rows));
        started.end().0.unwrap();
    }
}

#[test]
fn a_state_waits_for_the_slower_stream() {
    let memory = Arc::new(Memory {
        slow: Some(("b", Duration::from_millis(200))),
        ..Memory::default()
    });
    let settings = [("TARGET_SNOWFLAKE_BATCH_SIZE_ROWS", "1")];
    let started = start(&memory, &settings);
    started.feed(
        &[
            schema("a"),
            schema("b"),
            record("a", 1),
            state("a"),
            record("b", 1),
            state("both"),
        ]
        .concat(),
    );
    assert_eq!(started.states.recv_timeout(Duration::from_secs(5)).unwrap(), "\"a\"");
    assert_eq!(memory.rows("b"), 0, "b is still loading");
    assert_eq!(started.states.recv_timeout(Duration::from_secs(5)).unwrap(), "\"both\"");
    assert_eq!(memory.rows("b"), 1);
    started.end().0.unwrap();
}

#[test]
fn the_timer_loads_while_the_input_is_silent_and_cut_in_a_line() {
    let memory = Arc::default();
    let started = start(&memory, &[("TARGET_SNOWFLAKE_BATCH_WAIT_LIMIT_SECONDS", "1")]);
    let next = record("a", 2);
    let begun = Instant::now();
    started.feed(&[schema("a"), record("a", 1), state("early"), next[..10].to_owned()].concat());
    assert_eq!(
        started.states.recv_timeout(Duration::from_secs(5)).unwrap(),
        "\"early\""
    );
    assert!(begun.elapsed() >= Duration::from_millis(900));
    started.feed(&next[10..]);
    started.feed(&state("late"));
    assert_eq!(started.end().1, ["\"late\""]);
    assert_eq!(memory.rows("a"), 2);
}

#[test]
fn a_failing_stream_does_not_take_the_others_with_it() {
    let memory = Arc::new(Memory {
        failing: Some("bad"),
        ..Memory::default()
    });
    let started = start(&memory, &[("TARGET_SNOWFLAKE_BATCH_SIZE_ROWS", "2")]);
    let records = |stream: &str| record(stream, 1) + &record(stream, 2);
    started.feed(&[schema("good"), schema("bad"), records("good"), state("safe")].concat());
    assert_eq!(started.states.recv_timeout(Duration::from_secs(5)).unwrap(), "\"safe\"");
    started.feed(&[record("good", 3), records("bad"), state("never")].concat());
    let (outcome, states) = started.end();
    let failure = outcome.unwrap_err();
    assert_eq!(
        (failure.code, failure.message.as_str()),
        (ExitCode::Failed, "stream \"bad\": is made to fail")
    );
    assert_eq!((memory.rows("good"), states), (3, Vec::new()));
}

#[test]
fn what_stands_before_a_bad_line_is_loaded_and_the_line_named() {
    for (bad, told) in [
        ("{oops\n".to_owned(), "line 4: not valid JSON"),
        (
            record("unknown", 1),
            "line 4: RECORD of stream \"unknown\" before its SCHEMA",
        ),
        (
            r#"{"type":"RECORD","stream":"a","record":{"id":"x"}}"#.to_owned() + "\n",
            "line 4: stream \"a\": key \"id\"",
        ),
        (
            r#"{"type":"SCHEMA","stream":"x-a","schema":{"properties":{}}}"#.to_owned() + "\n",
            "line 4: streams \"a\" and \"x-a\"",
        ),
    ] {
        let memory = Arc::default();
        let input = [schema("a"), record("a", 1), state("safe"), bad, state("never")].concat();
        let (outcome, states) = run_all(&memory, &[("TARGET_SNOWFLAKE_DEFAULT_TARGET_SCHEMA", "s")], &input);
        let failure = outcome.unwrap_err();
        assert_eq!(failure.code, ExitCode::Input, "{failure}");
        assert!(failure.message.starts_with(told), "{failure}");
        assert_eq!(
            (memory.rows("a"), states),
            (1, vec!["\"safe\"".to_owned()]),
            "{failure}"
        );
    }
}

#[test]
fn a_closed_output_fails_the_run() {
    let memory = Arc::default();
    let Started { feed, states, thread } = start(&memory, &[]);
    drop(states);
    feed.unwrap().send(state("x").into_bytes()).unwrap();
    let failure = thread.join().unwrap().unwrap_err();
    assert_eq!(failure.code, ExitCode::Failed);
    assert!(failure.message.contains("cannot write STATE to stdout"), "{failure}");
}

#[test]
fn rows_whose_state_nobody_hears_of_are_not_loaded() {
    let memory = Arc::new(Memory {
        slow: Some(("a", Duration::from_millis(200))),
        ..Memory::default()
    });
    let Started { feed, states, thread } = start(&memory, &[("TARGET_SNOWFLAKE_BATCH_SIZE_ROWS", "2")]);
    drop(states);
    let a_is_full = record("a", 1) + &record("a", 2);
    let input = [schema("a"), schema("b"), a_is_full, state("x"), record("b", 1)].concat();
    feed.as_ref().unwrap().send(input.into_bytes()).unwrap();
    let failure = thread.join().unwrap().unwrap_err();
    assert!(failure.message.contains("stdout"), "{failure}");
    assert_eq!((memory.rows("a"), memory.rows("b")), (2, 0));
}

#[test]
fn a_version_is_activated_once_and_after_the_rows_before_it() {
    let memory = Arc::default();
    let activate = r#"{"type":"ACTIVATE_VERSION","stream":"a","version":7}"#.to_owned() + "\n";
    let input = [
        activate.clone(),
        schema("a"),
        record("a", 1),
        activate.clone(),
        activate,
        state("end"),
    ]
    .concat();
    let (outcome, states) = run_all(&memory, &[], &input);
    outcome.unwrap();
    assert_eq!(*memory.activated.lock().unwrap(), [("a".to_owned(), 7, 1)]);
    assert_eq!(states, ["\"end\""]);
}
