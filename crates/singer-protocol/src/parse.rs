//! One line of bytes to one message: keys in any order, tolerant where taps differ, exact where data would be lost.
//! Knows nothing of where the line came from.

use std::borrow::Cow;
use std::ops::Range;

use serde::de::IgnoredAny;
use serde_json::Value;
use serde_json::error::Category;

use crate::error::ReadError;
use crate::json_scanner::JsonScanner;
use crate::line_front::FrontPlaces;
use crate::message::{
    ActivateVersionMessage, BatchEncoding, BatchMessage, Message, RecordMessage, SchemaMessage, StateMessage,
};
use crate::record_text::{RecordScanner, RecordText};
use crate::schema_tree::schema_tree;

/// Parses one line. `number` only goes into errors, `scanner` lends its memory. Values are cut out, not decoded: a record
/// of any depth costs no stack, and only a SCHEMA's own JSON (at most 128 levels deep) becomes a tree.
///
/// # Errors
/// Every [`ReadError`] except `Io`.
pub fn parse_line<'a>(line: &'a [u8], number: u64, scanner: &'a mut RecordScanner) -> Result<Message<'a>, ReadError> {
    let text = simdutf8::basic::from_utf8(line).map_err(|_| not_utf8(line, number))?;
    let envelope = Envelope::scan(text, scanner).ok_or_else(|| problem_of(text, number))?;
    envelope.into_message(number, scanner)
}

/// Where a line stops being UTF-8.
#[cold]
fn not_utf8(line: &[u8], number: u64) -> ReadError {
    let valid = std::str::from_utf8(line).map_or_else(|error| error.valid_up_to(), str::len);
    ReadError::NotUtf8 {
        line: number,
        byte: valid + 1,
    }
}

/// What serde_json has to say about a line that could not be scanned.
fn problem_of(text: &str, line: u64) -> ReadError {
    match serde_json::from_str::<IgnoredAny>(text) {
        Ok(_) => ReadError::NotAnObject { line },
        Err(error) => json_problem(&error, line),
    }
}

/// Syntax problems carry no text of the line in serde_json; data problems might, so those are worded here.
fn json_problem(error: &serde_json::Error, line: u64) -> ReadError {
    match error.classify() {
        Category::Data => ReadError::NotAnObject { line },
        Category::Io | Category::Syntax | Category::Eof => {
            let full = error.to_string();
            let reason = full.split(" at line ").next().unwrap_or_default().to_owned();
            ReadError::NotJson {
                line,
                column: error.column(),
                reason,
            }
        }
    }
}

/// The keys of all messages, each value still as text. The last of duplicate keys wins, as in Python's parser.
#[derive(Default)]
struct Envelope<'a> {
    /// The line; the next two are places in it.
    text: &'a str,
    kind: Option<Range<usize>>,
    stream: Option<Range<usize>>,
    /// Those two are of a RECORD line that begins like the one before: strings without an escape.
    is_known_record: bool,
    record: Option<&'a str>,
    version: Option<&'a str>,
    time_extracted: Option<&'a str>,
    schema: Option<&'a str>,
    key_properties: Option<&'a str>,
    bookmark_properties: Option<&'a str>,
    value: Option<&'a str>,
    encoding: Option<&'a str>,
    manifest: Option<&'a str>,
}

impl<'a> Envelope<'a> {
    /// `None` when the text is not a JSON object. The members of `record` are left in the scanner.
    fn scan(text: &'a str, records: &mut RecordScanner) -> Option<Self> {
        let mut envelope = Self {
            text,
            ..Self::default()
        };
        let mut scanner = JsonScanner::new(text.as_bytes());
        match records.front.of(text) {
            Some(front) => {
                scanner.skip_known(front.end);
                envelope.kind = Some(front.kind);
                envelope.stream = Some(front.stream);
                envelope.is_known_record = true;
                envelope.scan_record(&mut scanner, records)?;
                scanner.rest_of_object(|scanner| envelope.scan_member(scanner, records))?;
            }
            None => {
                scanner.skip_whitespace();
                scanner.object(|scanner| envelope.scan_member(scanner, records))?;
            }
        }
        scanner.is_at_end().then_some(envelope)
    }

    fn scan_member(&mut self, scanner: &mut JsonScanner<'_>, records: &mut RecordScanner) -> Option<()> {
        let text = self.text;
        let (key, key_has_escape) = scanner.key()?;
        let key = text.get(key)?;
        let key = if key_has_escape {
            unescaped(key)
        } else {
            Cow::Borrowed(key)
        };
        let begin = scanner.position();
        if key == "record" && scanner.is_at_object() {
            if let Some(front) = self.front(begin) {
                records.front.learn(text, front);
            }
            return self.scan_record(scanner, records);
        }
        scanner.value(&mut records.nesting)?;
        let place = begin..scanner.position();
        match &*key {
            "type" => {
                self.kind = Some(place);
                self.is_known_record = false;
            }
            "stream" => {
                self.stream = Some(place);
                self.is_known_record = false;
            }
            other => {
                if let Some(slot) = self.slot(other) {
                    *slot = text.get(place);
                }
            }
        }
        Some(())
    }

    #[inline]
    fn scan_record(&mut self, scanner: &mut JsonScanner<'_>, records: &mut RecordScanner) -> Option<()> {
        let begin = scanner.position();
        records.scan_object(scanner)?;
        self.record = self.text.get(begin..scanner.position());
        Some(())
    }

    /// What there is to remember of the line so far, when its record begins at `end`: that it is a RECORD and whose, if there
    /// is nothing else.
    fn front(&self, end: usize) -> Option<FrontPlaces> {
        let others = [
            self.record,
            self.version,
            self.time_extracted,
            self.schema,
            self.key_properties,
            self.bookmark_properties,
            self.value,
            self.encoding,
            self.manifest,
        ];
        let (kind, stream) = (self.part(&self.kind)?, self.part(&self.stream)?);
        let is_record = kind.eq_ignore_ascii_case("\"RECORD\"") && stream.starts_with('"') && !stream.contains('\\');
        (is_record && others.iter().all(Option::is_none)).then_some(FrontPlaces {
            kind: self.kind.clone()?,
            stream: self.stream.clone()?,
            end,
        })
    }

    fn slot(&mut self, key: &str) -> Option<&mut Option<&'a str>> {
        Some(match key {
            "record" => &mut self.record,
            "version" => &mut self.version,
            "time_extracted" => &mut self.time_extracted,
            "schema" => &mut self.schema,
            "key_properties" => &mut self.key_properties,
            "bookmark_properties" => &mut self.bookmark_properties,
            "value" => &mut self.value,
            "encoding" => &mut self.encoding,
            "manifest" => &mut self.manifest,
            _ => return None,
        })
    }
}

/// What an escaped key says; nothing when half of a surrogate pair stands alone, which is in no key that counts.
fn unescaped(key: &str) -> Cow<'_, str> {
    let text = serde_json::from_str::<String>(&format!("\"{key}\""));
    Cow::Owned(text.unwrap_or_default())
}

impl<'a> Envelope<'a> {
    fn part(&self, place: &Option<Range<usize>>) -> Option<&'a str> {
        self.text.get(place.clone()?)
    }

    fn into_message(self, line: u64, scanner: &'a RecordScanner) -> Result<Message<'a>, ReadError> {
        if self.is_known_record {
            return self.into_record(line, scanner);
        }
        let kind = text(
            self.part(&self.kind),
            &Place {
                line,
                kind: "",
                key: "type",
            },
        )?;
        let upper = |name: &str| kind.eq_ignore_ascii_case(name);
        if upper("RECORD") {
            self.into_record(line, scanner)
        } else if upper("STATE") {
            let text = self.value.ok_or(ReadError::MissingKey {
                line,
                kind: "STATE",
                key: "value",
            })?;
            let value = serde_json::from_str(text).map_err(|error| json_problem(&error, line))?;
            Ok(Message::State(StateMessage { value }))
        } else if upper("SCHEMA") {
            self.into_schema(line)
        } else if upper("ACTIVATE_VERSION") {
            let place = Place {
                line,
                kind: "ACTIVATE_VERSION",
                key: "version",
            };
            let version = integer(self.version, &place)?.ok_or_else(|| place.missing())?;
            let stream = text(self.part(&self.stream), &place.at("stream"))?.into_owned();
            Ok(Message::ActivateVersion(ActivateVersionMessage { stream, version }))
        } else if upper("BATCH") {
            self.into_batch(line)
        } else {
            Ok(Message::Unknown {
                kind: kind.into_owned(),
            })
        }
    }

    fn into_record(self, line: u64, scanner: &'a RecordScanner) -> Result<Message<'a>, ReadError> {
        let place = Place {
            line,
            kind: "RECORD",
            key: "record",
        };
        let record = self.record.ok_or_else(|| place.missing())?;
        if !record.starts_with('{') {
            return Err(place.wrong("an object"));
        }
        let time_place = place.at("time_extracted");
        let stream = self.part(&self.stream);
        let known_stream = stream.filter(|_| self.is_known_record);
        Ok(Message::Record(RecordMessage {
            stream: match known_stream.and_then(|stream| stream.get(1..stream.len() - 1)) {
                Some(stream) => Cow::Borrowed(stream),
                None => text(stream, &place.at("stream"))?,
            },
            record: RecordText::new(record, scanner),
            version: integer(self.version, &place.at("version"))?,
            time_extracted: present(self.time_extracted)
                .map(|raw| text(Some(raw), &time_place))
                .transpose()?,
        }))
    }

    fn into_schema(self, line: u64) -> Result<Message<'a>, ReadError> {
        let place = Place {
            line,
            kind: "SCHEMA",
            key: "schema",
        };
        let raw = self.schema.ok_or_else(|| place.missing())?;
        if !raw.starts_with('{') {
            return Err(place.wrong("an object"));
        }
        // The text is valid JSON already, so what can fail here is the depth.
        let schema = schema_tree(raw).map_err(|error| json_problem(&error, line))?;
        Ok(Message::Schema(SchemaMessage {
            stream: text(self.part(&self.stream), &place.at("stream"))?.into_owned(),
            schema,
            key_properties: names(self.key_properties, &place.at("key_properties"))?,
            bookmark_properties: names(self.bookmark_properties, &place.at("bookmark_properties"))?,
        }))
    }

    fn into_batch(self, line: u64) -> Result<Message<'a>, ReadError> {
        let place = Place {
            line,
            kind: "BATCH",
            key: "encoding",
        };
        let encoding_raw = self.encoding.ok_or_else(|| place.missing())?;
        let encoding: Value = serde_json::from_str(encoding_raw).map_err(|error| json_problem(&error, line))?;
        let word = |key: &str| encoding.get(key).and_then(Value::as_str).map(str::to_owned);
        let manifest_place = place.at("manifest");
        Ok(Message::Batch(BatchMessage {
            stream: text(self.part(&self.stream), &place.at("stream"))?.into_owned(),
            encoding: BatchEncoding {
                format: word("format").ok_or_else(|| place.wrong("an object with a `format`"))?,
                compression: word("compression"),
            },
            manifest: names(
                Some(self.manifest.ok_or_else(|| manifest_place.missing())?),
                &manifest_place,
            )?,
            version: integer(self.version, &place.at("version"))?,
        }))
    }
}

/// Where in the input a value stands: all an error may say about it.
struct Place {
    line: u64,
    kind: &'static str,
    key: &'static str,
}

impl Place {
    fn at(&self, key: &'static str) -> Self {
        Self {
            line: self.line,
            kind: self.kind,
            key,
        }
    }

    fn missing(&self) -> ReadError {
        ReadError::MissingKey {
            line: self.line,
            kind: self.kind,
            key: self.key,
        }
    }

    fn wrong(&self, expected: &'static str) -> ReadError {
        ReadError::WrongKind {
            line: self.line,
            kind: self.kind,
            key: self.key,
            expected,
        }
    }
}

fn present(raw: Option<&str>) -> Option<&str> {
    raw.filter(|raw| *raw != "null")
}

/// A JSON string, borrowed unless it holds an escape.
fn text<'a>(raw: Option<&'a str>, place: &Place) -> Result<Cow<'a, str>, ReadError> {
    let raw = present(raw).ok_or_else(|| place.missing())?;
    let inner = raw
        .strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'))
        .ok_or_else(|| place.wrong("a string"))?;
    if memchr::memchr(b'\\', inner.as_bytes()).is_none() {
        return Ok(Cow::Borrowed(inner));
    }
    serde_json::from_str::<String>(raw)
        .map(Cow::Owned)
        .map_err(|_| place.wrong("a string of valid Unicode"))
}

/// An integer; `1.0` and `1e3` count, because some taps compute versions as floats.
fn integer(raw: Option<&str>, place: &Place) -> Result<Option<i64>, ReadError> {
    let Some(raw) = present(raw) else { return Ok(None) };
    if let Ok(number) = raw.parse::<i64>() {
        return Ok(Some(number));
    }
    match raw.parse::<f64>() {
        // 2^53: beyond it a float no longer says which integer was meant.
        Ok(number) if number.fract() == 0.0 && number.abs() <= 9_007_199_254_740_992.0 =>
        {
            #[expect(
                clippy::cast_possible_truncation,
                reason = "whole and within 2^53, checked just above"
            )]
            Ok(Some(number as i64))
        }
        _ => Err(place.wrong("an integer")),
    }
}

/// A list of names; `null` and absence mean none, a lone string means one.
fn names(raw: Option<&str>, place: &Place) -> Result<Vec<String>, ReadError> {
    let Some(raw) = present(raw) else { return Ok(Vec::new()) };
    if raw.starts_with('"') {
        return Ok(vec![text(Some(raw), place)?.into_owned()]);
    }
    serde_json::from_str::<Vec<String>>(raw).map_err(|_| place.wrong("a list of strings"))
}
