//! Messages to lines. Whole lines only: a line is built in a buffer and handed to the output complete.

use std::io::{self, Write};

use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};
use serde_json::Value;

use crate::message::{BatchMessage, Message, SchemaMessage};

/// Bytes of whole lines kept before the output gets them without being asked. 64 KiB is what a Linux pipe takes at once.
const BUFFER_LIMIT_BYTES: usize = 64 * 1024;

/// Writes one message per line, compact.
///
/// Flush rule: records, ACTIVATE_VERSION and BATCH are buffered up to 64 KiB of whole lines; SCHEMA and STATE, and
/// [`flush`](Self::flush), write everything and flush the output. A failed write (also a closed pipe) is an error, and
/// after it the writer should not be used: the reader may have got half of the buffer. Dropping the writer does not
/// flush, because there an error would be lost.
#[derive(Debug)]
pub struct MessageWriter<W> {
    output: W,
    lines: Vec<u8>,
}

impl<W: Write> MessageWriter<W> {
    /// A writer that owns `output` (usually locked stdout, unbuffered: the buffer is here).
    pub fn new(output: W) -> Self {
        Self {
            output,
            lines: Vec::with_capacity(BUFFER_LIMIT_BYTES),
        }
    }

    /// Writes SCHEMA and flushes.
    ///
    /// # Errors
    /// Those of the output.
    pub fn schema(&mut self, message: &SchemaMessage) -> io::Result<()> {
        self.line(|map| {
            map.serialize_entry("type", "SCHEMA")?;
            map.serialize_entry("stream", &message.stream)?;
            map.serialize_entry("schema", &message.schema)?;
            map.serialize_entry("key_properties", &message.key_properties)?;
            if message.bookmark_properties.is_empty() {
                return Ok(());
            }
            map.serialize_entry("bookmark_properties", &message.bookmark_properties)
        })?;
        self.flush()
    }

    /// Writes RECORD into the buffer. `record` should serialise as an object; a `RecordText` or `&RawValue` is copied as it is.
    ///
    /// # Errors
    /// Those of the output, and `InvalidData` when `record` cannot be serialised (nothing of it is written then).
    pub fn record<R: Serialize + ?Sized>(
        &mut self,
        stream: &str,
        record: &R,
        time_extracted: Option<&str>,
        version: Option<i64>,
    ) -> io::Result<()> {
        self.line(|map| {
            map.serialize_entry("type", "RECORD")?;
            map.serialize_entry("stream", stream)?;
            map.serialize_entry("record", record)?;
            if let Some(time) = time_extracted {
                map.serialize_entry("time_extracted", time)?;
            }
            version.map_or(Ok(()), |version| map.serialize_entry("version", &version))
        })?;
        if self.lines.len() >= BUFFER_LIMIT_BYTES {
            self.hand_over()
        } else {
            Ok(())
        }
    }

    /// Writes STATE with its envelope (a tap's STATE) and flushes.
    ///
    /// # Errors
    /// Those of the output.
    pub fn state<S: Serialize + ?Sized>(&mut self, value: &S) -> io::Result<()> {
        self.line(|map| {
            map.serialize_entry("type", "STATE")?;
            map.serialize_entry("value", value)
        })?;
        self.flush()
    }

    /// Writes the bare value of a STATE (a target's STATE) and flushes.
    ///
    /// # Errors
    /// Those of the output.
    pub fn bare_state<S: Serialize + ?Sized>(&mut self, value: &S) -> io::Result<()> {
        let start = self.lines.len();
        let written = serde_json::to_writer(&mut self.lines, value);
        self.end_line(start, written)?;
        self.flush()
    }

    /// Writes ACTIVATE_VERSION into the buffer.
    ///
    /// # Errors
    /// Those of the output.
    pub fn activate_version(&mut self, stream: &str, version: i64) -> io::Result<()> {
        self.line(|map| {
            map.serialize_entry("type", "ACTIVATE_VERSION")?;
            map.serialize_entry("stream", stream)?;
            map.serialize_entry("version", &version)
        })
    }

    /// Writes BATCH into the buffer.
    ///
    /// # Errors
    /// Those of the output.
    pub fn batch(&mut self, message: &BatchMessage) -> io::Result<()> {
        let mut encoding = serde_json::Map::new();
        encoding.insert("format".to_owned(), Value::from(message.encoding.format.as_str()));
        if let Some(compression) = &message.encoding.compression {
            encoding.insert("compression".to_owned(), Value::from(compression.as_str()));
        }
        self.line(|map| {
            map.serialize_entry("type", "BATCH")?;
            map.serialize_entry("stream", &message.stream)?;
            map.serialize_entry("encoding", &encoding)?;
            map.serialize_entry("manifest", &message.manifest)?;
            message
                .version
                .map_or(Ok(()), |version| map.serialize_entry("version", &version))
        })
    }

    /// Writes any message by its own method. `Unknown` writes only its type.
    ///
    /// # Errors
    /// Those of the output.
    pub fn message(&mut self, message: &Message<'_>) -> io::Result<()> {
        match message {
            Message::Schema(schema) => self.schema(schema),
            Message::Record(record) => self.record(
                &record.stream,
                &record.record,
                record.time_extracted.as_deref(),
                record.version,
            ),
            Message::State(state) => self.state(state.value),
            Message::ActivateVersion(activate) => self.activate_version(&activate.stream, activate.version),
            Message::Batch(batch) => self.batch(batch),
            Message::Unknown { kind } => self.line(|map| map.serialize_entry("type", kind)),
        }
    }

    /// Hands everything buffered to the output and flushes it.
    ///
    /// # Errors
    /// Those of the output.
    pub fn flush(&mut self) -> io::Result<()> {
        self.hand_over()?;
        self.output.flush()
    }

    /// The output, without what is still buffered.
    pub fn into_inner(self) -> W {
        self.output
    }

    fn line<F>(&mut self, entries: F) -> io::Result<()>
    where
        F: FnOnce(&mut LineMap<'_>) -> serde_json::Result<()>,
    {
        let start = self.lines.len();
        let mut serializer = serde_json::Serializer::new(&mut self.lines);
        let written = serializer.serialize_map(None).and_then(|mut map| {
            entries(&mut map)?;
            map.end()
        });
        self.end_line(start, written)
    }

    /// Ends the line that began at `start`, or takes it back when it could not be serialised.
    fn end_line(&mut self, start: usize, written: serde_json::Result<()>) -> io::Result<()> {
        if let Err(problem) = written {
            self.lines.truncate(start);
            return Err(io::Error::new(io::ErrorKind::InvalidData, problem));
        }
        // Raw JSON may be spread over lines. Outside strings a newline is only space, and inside it is always escaped.
        if let Some(line) = self.lines.get_mut(start..) {
            for byte in line.iter_mut().filter(|byte| matches!(byte, b'\n' | b'\r')) {
                *byte = b' ';
            }
        }
        self.lines.push(b'\n');
        Ok(())
    }

    fn hand_over(&mut self) -> io::Result<()> {
        if self.lines.is_empty() {
            return Ok(());
        }
        let written = self.output.write_all(&self.lines);
        self.lines.clear();
        written
    }
}

type LineMap<'a> = serde_json::ser::Compound<'a, &'a mut Vec<u8>, serde_json::ser::CompactFormatter>;

#[cfg(test)]
mod tests;
