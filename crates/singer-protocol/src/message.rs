//! The five Singer messages as types. Record and state bodies stay raw JSON text borrowed from the line;
//! parsing a line is `parse.rs`, writing one is `writer.rs`.

use std::borrow::Cow;

use serde_json::Value;
use serde_json::value::RawValue;

use crate::record_text::RecordText;

/// One message. Borrowed parts live as long as the line they came from.
#[derive(Debug, Clone)]
pub enum Message<'a> {
    /// `SCHEMA`: the shape and keys of the records that follow.
    Schema(SchemaMessage),
    /// `RECORD`: one row.
    Record(RecordMessage<'a>),
    /// `STATE`: an opaque bookmark that covers everything before it.
    State(StateMessage<'a>),
    /// `ACTIVATE_VERSION`: rows of older versions of the stream are gone at the source.
    ActivateVersion(ActivateVersionMessage),
    /// `BATCH`: rows that lie in files (Meltano's extension).
    Batch(BatchMessage),
    /// A type nobody here knows; the Singer specification permits any, so a reader warns and goes on.
    Unknown {
        /// The `type` as it was written.
        kind: String,
    },
}

/// The body of a `SCHEMA` message.
#[derive(Debug, Clone, PartialEq)]
pub struct SchemaMessage {
    /// Stream name.
    pub stream: String,
    /// JSON Schema of one record, as it came.
    pub schema: Value,
    /// Names of the key properties; empty when the message had none, `null` or `[]`.
    pub key_properties: Vec<String>,
    /// Names of the bookmark properties; may name properties that the schema lacks.
    pub bookmark_properties: Vec<String>,
}

/// The body of a `RECORD` message.
#[derive(Debug, Clone)]
pub struct RecordMessage<'a> {
    /// Stream name.
    pub stream: Cow<'a, str>,
    /// The record as it was on the line.
    pub record: RecordText<'a>,
    /// Table version, when the tap keeps versions (epoch seconds or milliseconds, the tap decides).
    pub version: Option<i64>,
    /// When the tap read the row, as written (RFC 3339 by convention, not checked here).
    pub time_extracted: Option<Cow<'a, str>>,
}

/// The body of a `STATE` message.
#[derive(Debug, Clone, Copy)]
pub struct StateMessage<'a> {
    /// The bare value: what a target prints when it is durable. Any JSON, also `null`.
    pub value: &'a RawValue,
}

/// The body of an `ACTIVATE_VERSION` message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActivateVersionMessage {
    /// Stream name; the stream may be unknown so far.
    pub stream: String,
    /// The version that is now the only valid one.
    pub version: i64,
}

/// The body of a `BATCH` message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BatchMessage {
    /// Stream name.
    pub stream: String,
    /// How the files are written.
    pub encoding: BatchEncoding,
    /// File locations as written: `file://` absolute or relative, bare paths, `s3://`.
    pub manifest: Vec<String>,
    /// Table version of all rows in the files.
    pub version: Option<i64>,
}

/// File format of a `BATCH` message, words as written.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct BatchEncoding {
    /// `jsonl`, `parquet` or `arrow`.
    pub format: String,
    /// `gzip` or `none`; absent means none.
    pub compression: Option<String>,
}
