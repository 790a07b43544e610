//! Tests of reading real files over several runs.

use std::fs::{self, OpenOptions};
use std::io::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::json;
use singer_protocol::State;
use tempfile::TempDir;

use super::*;
use crate::logs::emitter::{LOG_GAPS, LOG_LINES};
use crate::logs::testing::{column, configuration, run};

struct Directory {
    directory: TempDir,
    state: Value,
}

impl Directory {
    fn new() -> Directory {
        Directory {
            directory: tempfile::tempdir().unwrap(),
            state: json!({}),
        }
    }

    fn path(&self, name: &str) -> String {
        self.directory.path().join(name).to_str().unwrap().to_owned()
    }

    fn append(&self, name: &str, text: &str) {
        let mut file = OpenOptions::new()
            .create(true)
            .append(true)
            .open(self.path(name))
            .unwrap();
        file.write_all(text.as_bytes()).unwrap();
    }

    fn write_gzip(&self, name: &str, text: &str) {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(text.as_bytes()).unwrap();
        fs::write(self.path(name), encoder.finish().unwrap()).unwrap();
    }

    /// A run over these files with the state of the run before.
    fn read(&mut self, files: &[&str]) -> (Vec<Value>, Result<(), Failure>) {
        let files: Vec<String> = files.iter().map(|file| self.path(file)).collect();
        let configuration = configuration(&json!({"log_files": files, "logs": {"app": "shop"}}));
        let (mut run, buffer) = run(&configuration, State::from_value(self.state.clone()).unwrap());
        let mut emitter = Emitter::new(&configuration.logs, &run.output);
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let outcome = runtime.block_on(read_files(&mut run, &mut emitter, &Shutdown::never()));
        run.output.flush().unwrap();
        self.state = run.state.to_value();
        (buffer.take(), outcome)
    }

    fn messages(&mut self, files: &[&str]) -> Vec<String> {
        let (messages, outcome) = self.read(files);
        outcome.unwrap();
        column(&messages, LOG_LINES, "message")
    }

    fn gaps(&mut self, files: &[&str]) -> Vec<String> {
        column(&self.read(files).0, LOG_GAPS, "reason")
    }
}

fn line(number: usize) -> String {
    format!("2026-01-02T03:04:05.{number:06}+00:00 app[web.1]: line {number}\n")
}

fn lines(numbers: std::ops::Range<usize>) -> String {
    numbers.map(line).collect()
}

fn expected(numbers: std::ops::Range<usize>) -> Vec<String> {
    numbers.map(|number| format!("line {number}")).collect()
}

#[test]
fn a_file_that_grows_is_read_on() {
    let mut directory = Directory::new();
    directory.append(
        "a.log",
        &(lines(0..3) + "2026-01-02T03:04:05.000003+00:00 app[web.1]: li"),
    );
    let (messages, _) = directory.read(&["a.log"]);
    assert_eq!(column(&messages, LOG_LINES, "message"), expected(0..3));
    assert_eq!(column(&messages, LOG_LINES, "file_offset"), ["0", "52", "104"]);
    assert_eq!(
        column(&messages, LOG_LINES, "file_path"),
        vec![directory.path("a.log"); 3]
    );
    assert!(directory.messages(&["a.log"]).is_empty());
    directory.append("a.log", &("ne 3\n".to_owned() + &line(4)));
    assert_eq!(directory.messages(&["a.log"]), expected(3..5));
    assert!(directory.messages(&["*.log"]).is_empty());
}

#[test]
fn a_continuation_that_comes_later_replaces_its_entry() {
    let mut directory = Directory::new();
    directory.append("a.log", &lines(0..2));
    let first = column(&directory.read(&["a.log"]).0, LOG_LINES, "id");
    directory.append("a.log", &("  at a\n".to_owned() + &line(2)));
    let (messages, _) = directory.read(&["a.log"]);
    assert_eq!(column(&messages, LOG_LINES, "message"), ["line 1\n  at a", "line 2"]);
    assert_eq!(column(&messages, LOG_LINES, "id")[0], first[1]);
    assert_eq!(column(&messages, LOG_LINES, "sequence"), ["2", "3"]);
}

#[test]
fn equal_lines_keep_apart_over_runs() {
    let mut directory = Directory::new();
    let beat = "2026-01-02T03:04:05+00:00 app[heroku-redis]: beat\n";
    let mut ids = Vec::new();
    for _ in 0..3 {
        directory.append("a.log", &beat.repeat(2));
        ids.extend(column(&directory.read(&["a.log"]).0, LOG_LINES, "id"));
    }
    let again = column(
        &Directory {
            state: json!({}),
            ..directory
        }
        .read(&["a.log"])
        .0,
        LOG_LINES,
        "id",
    );
    assert_eq!(ids, again);
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 6);
}

#[test]
fn rotation_loses_nothing_and_says_so_if_it_does() {
    let mut directory = Directory::new();
    directory.append("a.log", &lines(0..3));
    directory.messages(&["a.log*"]);
    directory.append("a.log", &line(3));
    fs::rename(directory.path("a.log"), directory.path("a.log.1")).unwrap();
    directory.append("a.log", &lines(4..6));
    let (messages, _) = directory.read(&["a.log*"]);
    assert_eq!(column(&messages, LOG_LINES, "message"), ["line 4", "line 5", "line 3"]);
    assert_eq!(column(&messages, LOG_LINES, "sequence"), ["1", "2", "4"]);
    assert!(column(&messages, LOG_GAPS, "reason").is_empty());
    // The next rotation packs the old file, which nobody reads again; and the newest is replaced unseen.
    directory.write_gzip("a.log.2.gz", &lines(0..4));
    fs::rename(directory.path("a.log"), directory.path("gone")).unwrap();
    fs::remove_file(directory.path("a.log.1")).unwrap();
    directory.append("a.log", &lines(9..11));
    let (messages, _) = directory.read(&["a.log*"]);
    assert_eq!(column(&messages, LOG_LINES, "message"), expected(9..11));
    assert_eq!(column(&messages, LOG_GAPS, "reason"), ["file_replaced"]);
    assert!(directory.gaps(&["a.log*"]).is_empty());
}

#[test]
fn a_truncated_file_is_read_again_and_said() {
    let mut directory = Directory::new();
    directory.append("a.log", &lines(0..9));
    directory.messages(&["a.log"]);
    fs::write(directory.path("a.log"), lines(20..22)).unwrap();
    let (messages, _) = directory.read(&["a.log"]);
    assert_eq!(column(&messages, LOG_LINES, "message"), expected(20..22));
    assert_eq!(column(&messages, LOG_GAPS, "reason"), ["file_truncated"]);
}

#[test]
fn packed_files_are_read_once_and_to_the_last_byte() {
    let mut directory = Directory::new();
    directory.write_gzip("a.gz", lines(0..3).trim_end());
    assert_eq!(directory.messages(&["a.gz"]), expected(0..3));
    assert!(directory.messages(&["a.gz"]).is_empty());
    fs::rename(directory.path("a.gz"), directory.path("b.gz")).unwrap();
    assert!(directory.messages(&["*.gz"]).is_empty());
}

#[test]
fn a_utf16_file_is_refused_by_name() {
    let mut directory = Directory::new();
    fs::write(directory.path("a.log"), b"\xff\xfe2\x000\x00").unwrap();
    let (messages, outcome) = directory.read(&["a.log"]);
    assert!(column(&messages, LOG_LINES, "id").is_empty());
    let failure = outcome.unwrap_err();
    assert!(
        failure.code == ExitCode::Input && failure.message.contains("UTF-16"),
        "{failure}"
    );
}

#[test]
fn a_damaged_file_does_not_stop_the_others() {
    let mut directory = Directory::new();
    directory.write_gzip("a.gz", &lines(0..5000));
    let packed = fs::read(directory.path("a.gz")).unwrap();
    fs::write(directory.path("a.gz"), &packed[..packed.len() / 2]).unwrap();
    directory.append("b.log", &lines(0..2));
    let (messages, outcome) = directory.read(&["a.gz", "b.log", "none.log"]);
    assert!(column(&messages, LOG_LINES, "file_path").contains(&directory.path("b.log")));
    let failure = outcome.unwrap_err();
    assert!(failure.message.contains("none.log"), "{failure}");
    // Whole again, it is read on.
    fs::write(directory.path("a.gz"), &packed).unwrap();
    let (messages, outcome) = directory.read(&["a.gz", "b.log"]);
    outcome.unwrap();
    let found = column(&messages, LOG_LINES, "message");
    assert_eq!(found.last().unwrap(), "line 4999");
    assert!(found.len() < 5000 && found.len() > 100, "{}", found.len());
}

/// The ids that `log_lines` rows would be kept under, over several runs.
#[derive(Default)]
struct Rows(std::collections::BTreeSet<String>);

impl Rows {
    fn add(&mut self, messages: &[Value]) -> usize {
        self.0.extend(column(messages, LOG_LINES, "id"));
        self.0.len()
    }
}

fn numbered(count: usize, every: usize, prefix: &str) -> String {
    let text = |index: usize| match index % every {
        0 => format!("{prefix}done\n"),
        _ => format!("{prefix}row {index}\n"),
    };
    (0..count).map(text).collect()
}

#[test]
fn equal_lines_far_apart_are_all_rows() {
    let mut directory = Directory::new();
    let mut rows = Rows::default();
    directory.append("no_times.log", &numbered(10_001, 5000, ""));
    assert_eq!(rows.add(&directory.read(&["no_times.log"]).0), 10_001);
    // One second of a log whose times have no fraction, in two runs.
    let second = numbered(10_001, 5000, "2026-01-02T03:04:05Z app[web.1]: ");
    let (first, rest) = second.split_at(second.len() / 3);
    directory.append("one_second.log", first);
    rows.add(&directory.read(&["*.log"]).0);
    directory.append("one_second.log", rest);
    assert_eq!(rows.add(&directory.read(&["*.log"]).0), 20_002);
}

#[test]
fn lines_without_times_belong_to_their_file() {
    let mut directory = Directory::new();
    let mut rows = Rows::default();
    let head = format!("{}\n", "opened ".repeat(20));
    directory.append("a.log", &format!("{head}one\n"));
    directory.append("b.log", &format!("{head}two\n"));
    assert_eq!(rows.add(&directory.read(&["*.log"]).0), 4);
    // Rotated: the old file goes on, and its successor begins with the same line.
    fs::rename(directory.path("a.log"), directory.path("a.log.1")).unwrap();
    directory.append("a.log.1", "end\n");
    directory.append("a.log", &format!("{head}three\n"));
    assert_eq!(rows.add(&directory.read(&["*.log*"]).0), 7);
    assert_eq!(rows.add(&directory.read(&["*.log*"]).0), 7);
    // Cut and begun anew, twice with the same text.
    for count in [9, 11] {
        fs::write(directory.path("a.log"), "").unwrap();
        directory.messages(&["*.log*"]);
        directory.append("a.log", &format!("{head}three\n"));
        assert_eq!(rows.add(&directory.read(&["*.log*"]).0), count);
    }
}

#[test]
fn a_file_renamed_after_a_killed_run_keeps_its_ids() {
    let mut directory = Directory::new();
    directory.append("a.log", &numbered(200, 3, "same text in every line "));
    let (messages, _) = directory.read(&["a.log*"]);
    let mut rows = Rows::default();
    assert_eq!(rows.add(&messages), 200);
    // Killed before its last STATE: all that is left is the first one.
    let first_state = messages.iter().find(|message| message["type"] == "STATE").unwrap();
    directory.state = first_state["value"].clone();
    fs::rename(directory.path("a.log"), directory.path("a.log.1")).unwrap();
    assert_eq!(rows.add(&directory.read(&["a.log*"]).0), 200);
}

#[test]
fn signed_addresses_come_without_their_secrets() {
    let mut directory = Directory::new();
    let line = |end: &str| {
        format!(
            "2026-01-02T03:04:05Z app[api]: Starting process with command `curl 'https://s.example/o?X-Amz-Credential=AKKEY%2Fx&X-Amz-Signature=5ec4e7'{end}\n"
        )
    };
    let text = line("` by user a@b.example");
    directory.append("a.log", &text);
    let mut bytes = line("").into_bytes();
    bytes.insert(30, 0xff);
    fs::write(directory.path("b.log"), bytes).unwrap();
    let (messages, _) = directory.read(&["*.log"]);
    assert_eq!(
        column(&messages, LOG_LINES, "message")[0],
        "Starting process with command `curl 'https://s.example/o?X-Amz-Credential=***&X-Amz-Signature=***'` by user a@b.example"
    );
    let everything = format!("{messages:?}");
    assert!(!everything.contains("5ec4e7") && !everything.contains("AKKEY"));
    let raw = STANDARD.decode(&column(&messages, LOG_LINES, "raw_base64")[1]).unwrap();
    assert!(raw.contains(&0xff) && raw.ends_with(b"X-Amz-Signature=***'"));
}
