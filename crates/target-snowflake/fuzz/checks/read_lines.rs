//! Any bytes as input: the reader agrees with serde_json about every line, wherever the input is cut into pieces.

use std::io::{self, BufRead, Read};

use serde_json::Value;
use serde_json::value::RawValue;
use singer_protocol::{Message, MessageReader, ReadError};

/// Panics when the reader is wrong about the input. The first byte is the length of the pieces.
pub(crate) fn check(input: &[u8]) {
    let Some((piece, input)) = input.split_first() else {
        return;
    };
    let whole = read(input, input.len().max(1), false);
    assert_eq!(
        whole,
        read(input, usize::from(*piece).max(1), true),
        "pieces of {piece}"
    );
    let mut texts = input.split(|byte| *byte == b'\n').zip(1_u64..);
    for outcome in whole {
        let (number, outcome) = outcome;
        let (text, _) = texts.find(|(_, at)| *at == number).expect("a line with this number");
        judge(text.trim_ascii_end(), &outcome);
    }
}

/// What the reader said of one line, in a form that can be compared.
#[derive(Debug, PartialEq)]
enum Outcome {
    Record(String, String),
    State(String),
    Other,
    Refused(String),
}

fn read(input: &[u8], piece: usize, pauses: bool) -> Vec<(u64, Outcome)> {
    let mut reader = MessageReader::new(Pieces {
        input,
        piece,
        pauses,
        is_paused: false,
    });
    let (mut outcomes, mut number) = (Vec::new(), 0);
    loop {
        match reader.next_message() {
            Ok(None) => return outcomes,
            Ok(Some(line)) => {
                assert!(line.number > number, "numbers rise");
                number = line.number;
                outcomes.push((number, outcome(line.message)));
            }
            Err(pause) if pause.is_pause() => {}
            Err(ReadError::Io(error)) => panic!("{error}"),
            Err(problem) => {
                let text = problem.to_string();
                number = line_of(&text);
                outcomes.push((number, Outcome::Refused(text)));
            }
        }
    }
}

fn outcome(message: Message<'_>) -> Outcome {
    match message {
        Message::Record(record) => Outcome::Record(record.stream.into_owned(), record.record.text().to_owned()),
        Message::State(state) => Outcome::State(state.value.get().to_owned()),
        _ => Outcome::Other,
    }
}

/// Every refusal says its line first.
fn line_of(text: &str) -> u64 {
    let digits: String = text
        .trim_start_matches("line ")
        .chars()
        .take_while(char::is_ascii_digit)
        .collect();
    digits.parse().unwrap_or_else(|_| panic!("no line number in {text:?}"))
}

fn judge(line: &[u8], outcome: &Outcome) {
    if !matches!(outcome, Outcome::Refused(_)) {
        let is_json = serde_json::from_slice::<&RawValue>(line).is_ok();
        assert!(is_json, "what is no JSON is taken");
    }
    // A number too large for a double and nesting beyond 128 are refused by Value only.
    let Ok(Value::Object(envelope)) = serde_json::from_slice(line) else {
        return;
    };
    match outcome {
        Outcome::Record(stream, record) => {
            assert_eq!(envelope.get("stream").and_then(Value::as_str), Some(stream.as_str()));
            let record: Value = serde_json::from_str(record).expect("a record is JSON");
            assert_eq!(envelope.get("record"), Some(&record));
            assert!(record.is_object());
        }
        Outcome::State(value) => {
            let value: Value = serde_json::from_str(value).expect("a state is JSON");
            assert_eq!(envelope.get("value"), Some(&value));
        }
        Outcome::Other => {}
        Outcome::Refused(_) => {
            let text = |key: &str| envelope.get(key).and_then(Value::as_str).map(str::to_ascii_uppercase);
            let is_good_record = text("type").as_deref() == Some("RECORD")
                && text("stream").is_some()
                && envelope.get("record").is_some_and(Value::is_object)
                && envelope
                    .keys()
                    .all(|key| matches!(key.as_str(), "type" | "stream" | "record"));
            assert!(!is_good_record, "a good RECORD is refused");
        }
    }
}

/// An input that comes in pieces, with pauses in between as from a pipe.
struct Pieces<'a> {
    input: &'a [u8],
    piece: usize,
    pauses: bool,
    is_paused: bool,
}

impl Read for Pieces<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.fill_buf()?.read(buffer)?;
        self.consume(length);
        Ok(length)
    }
}

impl BufRead for Pieces<'_> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.is_paused = self.pauses && !self.is_paused;
        if self.is_paused {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        Ok(&self.input[..self.input.len().min(self.piece)])
    }

    fn consume(&mut self, amount: usize) {
        self.input = &self.input[amount..];
    }
}
