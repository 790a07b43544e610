//! One line of bytes to one message: keys in any order, tolerant where taps differ, exact where data would be lost.
//! Knows nothing of where the line came from.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::Value;
use serde_json::error::Category;
use serde_json::value::RawValue;

use crate::error::ReadError;
use crate::message::{
    ActivateVersionMessage, BatchEncoding, BatchMessage, Message, RecordMessage, SchemaMessage, StateMessage,
};

/// Parses one line. `number` only goes into errors. Values are cut out, not decoded: a record of any depth costs no
/// stack, and only a SCHEMA's own JSON (at most 128 levels deep) becomes a tree.
///
/// # Errors
/// Every [`ReadError`] except `Io`.
pub fn parse_line(line: &[u8], number: u64) -> Result<Message<'_>, ReadError> {
    let text = std::str::from_utf8(line).map_err(|error| ReadError::NotUtf8 {
        line: number,
        byte: error.valid_up_to() + 1,
    })?;
    let envelope: Envelope<'_> = serde_json::from_str(text).map_err(|error| json_problem(&error, number))?;
    envelope.into_message(number)
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
    kind: Option<&'a RawValue>,
    stream: Option<&'a RawValue>,
    record: Option<&'a RawValue>,
    version: Option<&'a RawValue>,
    time_extracted: Option<&'a RawValue>,
    schema: Option<&'a RawValue>,
    key_properties: Option<&'a RawValue>,
    bookmark_properties: Option<&'a RawValue>,
    value: Option<&'a RawValue>,
    encoding: Option<&'a RawValue>,
    manifest: Option<&'a RawValue>,
}

impl<'de> Deserialize<'de> for Envelope<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(EnvelopeVisitor)
    }
}

struct EnvelopeVisitor;

impl<'de> Visitor<'de> for EnvelopeVisitor {
    type Value = Envelope<'de>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a Singer message")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Self::Value, M::Error> {
        let mut envelope = Envelope::default();
        while let Some(key) = map.next_key::<Field>()? {
            let slot = match key {
                Field::Kind => &mut envelope.kind,
                Field::Stream => &mut envelope.stream,
                Field::Record => &mut envelope.record,
                Field::Version => &mut envelope.version,
                Field::TimeExtracted => &mut envelope.time_extracted,
                Field::Schema => &mut envelope.schema,
                Field::KeyProperties => &mut envelope.key_properties,
                Field::BookmarkProperties => &mut envelope.bookmark_properties,
                Field::Value => &mut envelope.value,
                Field::Encoding => &mut envelope.encoding,
                Field::Manifest => &mut envelope.manifest,
                Field::Other => {
                    map.next_value::<IgnoredAny>()?;
                    continue;
                }
            };
            *slot = Some(map.next_value()?);
        }
        Ok(envelope)
    }
}

enum Field {
    Kind,
    Stream,
    Record,
    Version,
    TimeExtracted,
    Schema,
    KeyProperties,
    BookmarkProperties,
    Value,
    Encoding,
    Manifest,
    Other,
}

impl<'de> Deserialize<'de> for Field {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(FieldVisitor)
    }
}

struct FieldVisitor;

impl Visitor<'_> for FieldVisitor {
    type Value = Field;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a key")
    }

    fn visit_str<E>(self, key: &str) -> Result<Field, E> {
        Ok(match key {
            "type" => Field::Kind,
            "stream" => Field::Stream,
            "record" => Field::Record,
            "version" => Field::Version,
            "time_extracted" => Field::TimeExtracted,
            "schema" => Field::Schema,
            "key_properties" => Field::KeyProperties,
            "bookmark_properties" => Field::BookmarkProperties,
            "value" => Field::Value,
            "encoding" => Field::Encoding,
            "manifest" => Field::Manifest,
            _ => Field::Other,
        })
    }
}

impl<'a> Envelope<'a> {
    fn into_message(self, line: u64) -> Result<Message<'a>, ReadError> {
        let kind = text(
            self.kind,
            &Place {
                line,
                kind: "",
                key: "type",
            },
        )?;
        let upper = |name: &str| kind.eq_ignore_ascii_case(name);
        if upper("RECORD") {
            self.into_record(line)
        } else if upper("STATE") {
            let value = self.value.ok_or(ReadError::MissingKey {
                line,
                kind: "STATE",
                key: "value",
            })?;
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
            let stream = text(self.stream, &place.at("stream"))?.into_owned();
            Ok(Message::ActivateVersion(ActivateVersionMessage { stream, version }))
        } else if upper("BATCH") {
            self.into_batch(line)
        } else {
            Ok(Message::Unknown {
                kind: kind.into_owned(),
            })
        }
    }

    fn into_record(self, line: u64) -> Result<Message<'a>, ReadError> {
        let place = Place {
            line,
            kind: "RECORD",
            key: "record",
        };
        let record = self.record.ok_or_else(|| place.missing())?;
        if !record.get().starts_with('{') {
            return Err(place.wrong("an object"));
        }
        let time_place = place.at("time_extracted");
        Ok(Message::Record(RecordMessage {
            stream: text(self.stream, &place.at("stream"))?,
            record,
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
        if !raw.get().starts_with('{') {
            return Err(place.wrong("an object"));
        }
        // The text is valid JSON already, so what can fail here is the depth.
        let schema: Value = serde_json::from_str(raw.get()).map_err(|error| json_problem(&error, line))?;
        Ok(Message::Schema(SchemaMessage {
            stream: text(self.stream, &place.at("stream"))?.into_owned(),
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
        let encoding: Value = serde_json::from_str(encoding_raw.get()).map_err(|error| json_problem(&error, line))?;
        let word = |key: &str| encoding.get(key).and_then(Value::as_str).map(str::to_owned);
        let manifest_place = place.at("manifest");
        Ok(Message::Batch(BatchMessage {
            stream: text(self.stream, &place.at("stream"))?.into_owned(),
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

fn present(raw: Option<&RawValue>) -> Option<&RawValue> {
    raw.filter(|raw| raw.get() != "null")
}

/// A JSON string, borrowed unless it holds an escape.
fn text<'a>(raw: Option<&'a RawValue>, place: &Place) -> Result<Cow<'a, str>, ReadError> {
    let raw = present(raw).ok_or_else(|| place.missing())?.get();
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
fn integer(raw: Option<&RawValue>, place: &Place) -> Result<Option<i64>, ReadError> {
    let Some(raw) = present(raw) else { return Ok(None) };
    if let Ok(number) = raw.get().parse::<i64>() {
        return Ok(Some(number));
    }
    match raw.get().parse::<f64>() {
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
fn names(raw: Option<&RawValue>, place: &Place) -> Result<Vec<String>, ReadError> {
    let Some(raw) = present(raw) else { return Ok(Vec::new()) };
    if raw.get().starts_with('"') {
        return Ok(vec![text(Some(raw), place)?.into_owned()]);
    }
    serde_json::from_str::<Vec<String>>(raw.get()).map_err(|_| place.wrong("a list of strings"))
}
