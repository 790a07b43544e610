//! The flush rule, whole lines, and the round trip of any message.

use std::io::{self, Write};

use proptest::prelude::*;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::MessageWriter;
use crate::message::{ActivateVersionMessage, BatchEncoding, BatchMessage, Message, SchemaMessage};
use crate::{RecordScanner, parse_line};

fn written(write: impl FnOnce(&mut MessageWriter<&mut Vec<u8>>)) -> String {
    let mut output = Vec::new();
    let mut writer = MessageWriter::new(&mut output);
    write(&mut writer);
    writer.flush().unwrap();
    String::from_utf8(output).unwrap()
}

#[test]
fn lines_are_compact_and_leave_out_what_is_absent() {
    let text = written(|writer| {
        writer.record("s", &json!({"a": "ü\n"}), None, None).unwrap();
        writer
            .record("s", &json!({}), Some("2024-01-01T00:00:00Z"), Some(5))
            .unwrap();
        writer.activate_version("s", 5).unwrap();
        writer.state(&json!({"b": null})).unwrap();
        writer.bare_state(&json!({"b": null})).unwrap();
    });
    let expected = [
        r#"{"type":"RECORD","stream":"s","record":{"a":"ü\n"}}"#,
        r#"{"type":"RECORD","stream":"s","record":{},"time_extracted":"2024-01-01T00:00:00Z","version":5}"#,
        r#"{"type":"ACTIVATE_VERSION","stream":"s","version":5}"#,
        r#"{"type":"STATE","value":{"b":null}}"#,
        r#"{"b":null}"#,
    ];
    assert_eq!(text.lines().collect::<Vec<_>>(), expected);
}

/// Notes the pieces it is given and when it is flushed.
#[derive(Default)]
struct Pieces(Vec<String>);

impl Write for Pieces {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.push(String::from_utf8(bytes.to_vec()).unwrap());
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.push("flush".to_owned());
        Ok(())
    }
}

#[test]
fn records_wait_for_a_state_or_a_full_buffer_and_lines_stay_whole() {
    let mut writer = MessageWriter::new(Pieces::default());
    writer.record("s", &json!({"a": 1}), None, None).unwrap();
    assert!(writer.output.0.is_empty());
    writer.state(&json!(1)).unwrap();
    assert_eq!(writer.output.0.len(), 2, "one piece and a flush");
    assert_eq!(writer.output.0[1], "flush");
    let long = json!({"a": "x".repeat(1000)});
    for _ in 0..100 {
        writer.record("s", &long, None, None).unwrap();
    }
    assert!(writer.output.0.len() > 2, "100 kB are more than the buffer");
    assert!(
        writer
            .output
            .0
            .iter()
            .all(|piece| piece == "flush" || piece.ends_with("}\n"))
    );
}

#[test]
fn raw_json_over_several_lines_becomes_one() {
    let raw: Box<RawValue> = serde_json::from_str("{\n  \"a\":\r\n 1\n}").unwrap();
    let text = written(|writer| writer.record("s", &raw, None, None).unwrap());
    assert_eq!(text.lines().count(), 1);
    assert!(parse_line(text.trim_end().as_bytes(), 1, &mut RecordScanner::default()).is_ok());
}

#[test]
fn a_closed_pipe_is_an_error() {
    struct Closed;
    impl Write for Closed {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::BrokenPipe.into())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let problem = MessageWriter::new(Closed).state(&json!({})).unwrap_err();
    assert_eq!(problem.kind(), io::ErrorKind::BrokenPipe);
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 20, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::hash_map(any::<String>(), inner, 0..4).prop_map(|map| map.into_iter().collect()),
        ]
    })
}

fn any_object() -> impl Strategy<Value = Value> {
    prop::collection::hash_map(any::<String>(), any_json(), 0..4).prop_map(|map| map.into_iter().collect())
}

proptest! {
    #[test]
    fn any_message_survives_the_round_trip(
        stream in any::<String>(),
        body in any_object(),
        names in prop::collection::vec(any::<String>(), 0..3),
        version in any::<Option<i64>>(),
        time in any::<Option<String>>(),
    ) {
        let raw = serde_json::value::to_raw_value(&body).unwrap();
        let mut scanner = RecordScanner::default();
        let messages = [
            Message::Schema(SchemaMessage {
                stream: stream.clone(),
                schema: body.clone(),
                key_properties: names.clone(),
                bookmark_properties: names.clone(),
            }),
            Message::Record(crate::RecordMessage {
                stream: stream.as_str().into(),
                record: scanner.scan(raw.get()).unwrap(),
                version,
                time_extracted: time.as_deref().map(Into::into),
            }),
            Message::State(crate::StateMessage { value: &raw }),
            Message::ActivateVersion(ActivateVersionMessage { stream: stream.clone(), version: version.unwrap_or(0) }),
            Message::Batch(BatchMessage {
                stream: stream.clone(),
                encoding: BatchEncoding { format: stream.clone(), compression: time.clone() },
                manifest: names,
                version,
            }),
        ];
        for message in messages {
            let text = written(|writer| writer.message(&message).unwrap());
            prop_assert_eq!(text.matches('\n').count(), 1);
            let mut scanner = RecordScanner::default();
            let read = parse_line(text.trim_end_matches('\n').as_bytes(), 1, &mut scanner).unwrap();
            prop_assert_eq!(format!("{read:?}"), format!("{message:?}"));
        }
    }
}
