//! Writes a stream as a tap would, for measuring whole programs (`scripts/bench program`): SCHEMA, RECORDs, STATE.
//! Not for measuring itself.

use std::io::{self, Write};

use crate::streams::{self, Stream};

/// Streams that are open at once in `fifty`.
const STREAM_COUNT: usize = 50;
/// Size of the record of `large`.
const LARGE_RECORD_BYTES: usize = 20 * 1024 * 1024;

/// The lines of `orders`, `wide`, `narrow` or `nested`; of `fifty` streams like `orders` whose records come in turn; or
/// of one `large` record.
pub(crate) fn write(name: &str, count: u64, out: &mut impl Write) -> io::Result<()> {
    match name {
        "orders" => one(&streams::orders(count), out),
        "wide" => one(&streams::wide(count), out),
        "narrow" => one(&streams::narrow(count), out),
        "nested" => one(&streams::nested(count), out),
        "fifty" => fifty(count, out),
        "large" => large(out),
        _ => Err(io::Error::other("no such stream")),
    }
}

fn one(stream: &Stream, out: &mut impl Write) -> io::Result<()> {
    schema(stream.name, stream, out)?;
    for text in &stream.records {
        record(stream.name, text, out)?;
    }
    state(stream.records.len(), out)
}

fn fifty(count: u64, out: &mut impl Write) -> io::Result<()> {
    let stream = streams::orders(count);
    let names: Vec<String> = (0..STREAM_COUNT).map(|number| format!("orders_{number}")).collect();
    for name in &names {
        schema(name, &stream, out)?;
    }
    for (text, name) in stream.records.iter().zip(names.iter().cycle()) {
        record(name, text, out)?;
    }
    state(stream.records.len(), out)
}

fn large(out: &mut impl Write) -> io::Result<()> {
    schema("large", &streams::orders(0), out)?;
    record("large", &large_record(), out)?;
    state(1, out)
}

/// A record of 20 MiB, in two values, because no column takes more than 16 MiB.
pub(crate) fn large_record() -> String {
    let half = "a long comment, ".repeat(LARGE_RECORD_BYTES / 16 / 2);
    format!(r#"{{"id":1,"comment":"{half}","coupon":"{half}"}}"#)
}

fn schema(name: &str, stream: &Stream, out: &mut impl Write) -> io::Result<()> {
    let keys = if stream.schema.contains(r#""id":"#) {
        r#"["id"]"#
    } else {
        "[]"
    };
    let schema = &stream.schema;
    writeln!(
        out,
        r#"{{"type":"SCHEMA","stream":"{name}","schema":{schema},"key_properties":{keys}}}"#
    )
}

pub(crate) fn record(name: &str, text: &str, out: &mut impl Write) -> io::Result<()> {
    writeln!(
        out,
        r#"{{"type":"RECORD","stream":"{name}","record":{text},"time_extracted":"2026-09-21T14:13:20.000000+00:00"}}"#
    )
}

fn state(count: usize, out: &mut impl Write) -> io::Result<()> {
    writeln!(
        out,
        r#"{{"type":"STATE","value":{{"bookmarks":{{"records":{count}}}}}}}"#
    )
}
