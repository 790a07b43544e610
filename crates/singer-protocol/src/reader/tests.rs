//! Tolerance and precision of the reader, pauses in the middle of a line, and any input at all.

use std::io::{self, BufRead, Cursor, Read};

use proptest::prelude::*;

use super::MessageReader;
use crate::{Message, ReadError, RecordScanner};

fn read_one(line: &str) -> Result<Message<'_>, ReadError> {
    // What is read borrows from the scanner; a test may leave it behind.
    let scanner = Box::leak(Box::default());
    crate::parse_line(line.as_bytes(), 7, scanner)
}

#[test]
fn blank_lines_are_skipped_and_counted() {
    let input = "\n  \t\r\n{\"type\":\"STATE\",\"value\":1}\r\n\n{\"type\":\"STATE\",\"value\":2}";
    let mut reader = MessageReader::new(Cursor::new(input));
    let first = reader.next_message().unwrap().unwrap();
    assert_eq!((first.number, first.size_bytes), (3, 26));
    let second = reader.next_message().unwrap().unwrap();
    assert_eq!(second.number, 5, "the last line needs no line end");
    assert!(reader.next_message().unwrap().is_none());
}

#[test]
fn a_record_is_borrowed_from_the_line_with_keys_in_any_order() {
    let line = r#"{"time_extracted":"2024-01-01T00:00:00Z","version":3,"other":[{}],"record":{"a":1.10},"stream":"s","type":"record"}"#;
    let Message::Record(record) = read_one(line).unwrap() else {
        panic!("not a record")
    };
    assert_eq!(record.record.text(), r#"{"a":1.10}"#);
    assert!(matches!(record.stream, std::borrow::Cow::Borrowed("s")));
    assert!(matches!(
        record.time_extracted,
        Some(std::borrow::Cow::Borrowed("2024-01-01T00:00:00Z"))
    ));
    assert_eq!(record.version, Some(3));
    let Message::Record(escaped) =
        read_one(r#"{"type":"RECORD","stream":"\u00e4","record":{},"version":null}"#).unwrap()
    else {
        panic!("not a record")
    };
    assert_eq!(
        (&*escaped.stream, escaped.version, escaped.time_extracted),
        ("ä", None, None)
    );
}

#[test]
fn keys_of_a_schema_may_be_missing_null_or_a_string() {
    for (keys, expected) in [
        ("", vec![]),
        (r#","key_properties":null"#, vec![]),
        (r#","key_properties":"id""#, vec!["id"]),
    ] {
        let line = format!(r#"{{"type":"SCHEMA","stream":"s","schema":{{}},"bookmark_properties":"lsn"{keys}}}"#);
        let Message::Schema(schema) = read_one(&line).unwrap() else {
            panic!("not a schema")
        };
        assert_eq!(schema.key_properties, expected);
        assert_eq!(schema.bookmark_properties, ["lsn"]);
    }
}

#[test]
fn problems_name_line_and_key_and_never_a_value() {
    for (line, expected) in [
        (
            "{\"type\":\"RECORD\",\"record\":secret}",
            "line 7: not valid JSON (column 27: expected value)",
        ),
        (
            "{\"type\":\"RECORD\",",
            "line 7: not valid JSON (column 17: EOF while parsing an object)",
        ),
        ("[\"secret\"]", "line 7: not a JSON object, so not a Singer message"),
        ("{\"stream\":\"secret\"}", "line 7: the message lacks the key `type`"),
        (
            "{\"type\":{\"secret\":1}}",
            "line 7: `type` of the message should be a string",
        ),
        (
            "{\"type\":\"RECORD\",\"stream\":\"s\"}",
            "line 7: RECORD lacks the key `record`",
        ),
        (
            "{\"type\":\"RECORD\",\"stream\":\"s\",\"record\":[\"secret\"]}",
            "line 7: `record` of RECORD should be an object",
        ),
        (
            "{\"type\":\"RECORD\",\"stream\":5,\"record\":{}}",
            "line 7: `stream` of RECORD should be a string",
        ),
        (
            "{\"type\":\"RECORD\",\"stream\":\"s\",\"record\":{},\"version\":1.5}",
            "line 7: `version` of RECORD should be an integer",
        ),
        ("{\"type\":\"STATE\"}", "line 7: STATE lacks the key `value`"),
        (
            "{\"type\":\"SCHEMA\",\"stream\":\"s\",\"schema\":{},\"key_properties\":[1]}",
            "line 7: `key_properties` of SCHEMA should be a list of strings",
        ),
        (
            "{\"type\":\"BATCH\",\"stream\":\"s\",\"encoding\":{},\"manifest\":[]}",
            "line 7: `encoding` of BATCH should be an object with a `format`",
        ),
    ] {
        assert_eq!(read_one(line).unwrap_err().to_string(), expected);
    }
    assert_eq!(
        crate::parse_line(b"{\"a\":\"\xff\"}", 1, &mut RecordScanner::default())
            .unwrap_err()
            .to_string(),
        "line 1: not valid UTF-8 (byte 7)"
    );
    assert!(read_one(r#"{"type":"STATE","value":NaN}"#).is_err());
}

#[test]
fn a_bad_line_does_not_end_the_reading() {
    let mut reader = MessageReader::new(Cursor::new("nonsense\n{\"type\":\"STATE\",\"value\":{}}\n"));
    assert_eq!(reader.next_message().unwrap_err().line(), Some(1));
    assert_eq!(reader.next_message().unwrap().unwrap().number, 2);
}

#[test]
fn depth_costs_no_stack() {
    let deep = "[".repeat(200_000) + &"]".repeat(200_000);
    let record = format!(r#"{{"type":"RECORD","stream":"s","record":{{"a":{deep}}}}}"#);
    assert!(matches!(read_one(&record), Ok(Message::Record(_))));
    let schema = format!(r#"{{"type":"SCHEMA","stream":"s","schema":{{"a":{deep}}}}}"#);
    assert!(
        matches!(read_one(&schema), Err(ReadError::NotJson { .. })),
        "a schema becomes a tree, so its depth has a limit"
    );
}

/// Gives one byte at a time and pauses before each.
struct Hesitant<'a> {
    rest: &'a [u8],
    paused: bool,
}

impl Read for Hesitant<'_> {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        unreachable!("the reader uses BufRead")
    }
}

impl BufRead for Hesitant<'_> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.paused = !self.paused;
        if self.paused {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        Ok(&self.rest[..self.rest.len().min(1)])
    }

    fn consume(&mut self, amount: usize) {
        self.rest = &self.rest[amount..];
    }
}

#[test]
fn a_pause_in_the_middle_of_a_line_loses_nothing() {
    let input = b"\n{\"type\":\"STATE\",\"value\":12}\n{\"type\":\"STATE\",\"value\":34}";
    let mut reader = MessageReader::new(Hesitant {
        rest: input,
        paused: false,
    });
    let mut values = Vec::new();
    loop {
        match reader.next_message() {
            Ok(Some(line)) => match line.message {
                Message::State(state) => values.push((line.number, state.value.get().to_owned())),
                other => panic!("not a state: {other:?}"),
            },
            Ok(None) => break,
            Err(problem) => assert!(problem.is_pause(), "{problem}"),
        }
    }
    assert_eq!(values, [(2, "12".to_owned()), (3, "34".to_owned())]);
}

proptest! {
    #[test]
    fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let mut reader = MessageReader::new(Cursor::new(bytes));
        while !matches!(reader.next_message(), Ok(None)) {}
    }

    #[test]
    fn no_json_panics(line in "\\{(\"(type|stream|record|value|schema|version|encoding|manifest)\":(\"(RECORD|STATE|SCHEMA|BATCH)\"|\\{\\}|\\[\\]|null|-?[0-9]{1,25}|1e999|\"\\\\\\\\ud800\"|[a\\[{]),?){0,6}\\}?") {
        let _outcome = crate::parse_line(line.as_bytes(), 1, &mut RecordScanner::default());
    }
}
