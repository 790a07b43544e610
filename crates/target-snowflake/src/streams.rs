//! The streams of a run by name, and where each stands. What a message does to them is `pipeline.rs`.

use std::collections::HashMap;

use singer_protocol::SchemaMessage;

use crate::shaping::RecordShaper;
use crate::state_ledger::StreamIndex;
use crate::stream_buffer::StreamBuffer;

/// Where a stream stands.
#[derive(Debug)]
pub(crate) enum Phase {
    /// Its table is being made or changed.
    Preparing,
    /// Records are taken.
    Ready(Box<StreamBuffer>),
    /// A job failed; nothing more is taken or loaded.
    Failed,
}

/// One stream.
#[derive(Debug)]
pub(crate) struct Stream {
    pub(crate) schema: SchemaMessage,
    pub(crate) phase: Phase,
    /// The version that was activated last.
    pub(crate) activated: Option<i64>,
    /// The name that messages have, which a stream map may change.
    pub(crate) source: String,
    /// What is done with each record before it is written.
    pub(crate) shaper: Option<Box<RecordShaper>>,
}

/// All streams, by index and by name.
#[derive(Debug, Default)]
pub(crate) struct Streams {
    streams: Vec<Stream>,
    by_name: HashMap<String, StreamIndex>,
    /// Records mostly come in runs of one stream.
    last: StreamIndex,
}

impl Streams {
    /// The stream of this name.
    pub(crate) fn find(&mut self, name: &str) -> Option<StreamIndex> {
        if self
            .streams
            .get(self.last)
            .is_some_and(|stream| stream.schema.stream == name)
        {
            return Some(self.last);
        }
        let found = self.by_name.get(name).copied()?;
        self.last = found;
        Some(found)
    }

    /// Adds a stream that is being prepared.
    pub(crate) fn add(&mut self, schema: SchemaMessage) -> StreamIndex {
        self.by_name.insert(schema.stream.clone(), self.streams.len());
        self.add_unnamed(schema)
    }

    /// The same for a stream of the target's own, which no message can name.
    pub(crate) fn add_unnamed(&mut self, schema: SchemaMessage) -> StreamIndex {
        let index = self.streams.len();
        self.streams.push(Stream {
            source: schema.stream.clone(),
            schema,
            phase: Phase::Preparing,
            activated: None,
            shaper: None,
        });
        index
    }

    /// A stream by its index.
    pub(crate) fn get(&self, index: StreamIndex) -> Option<&Stream> {
        self.streams.get(index)
    }

    /// A stream by its index.
    pub(crate) fn get_mut(&mut self, index: StreamIndex) -> Option<&mut Stream> {
        self.streams.get_mut(index)
    }

    /// The open batch of a stream that is ready.
    pub(crate) fn buffer_mut(&mut self, index: StreamIndex) -> Option<&mut StreamBuffer> {
        match &mut self.streams.get_mut(index)?.phase {
            Phase::Ready(buffer) => Some(buffer),
            Phase::Preparing | Phase::Failed => None,
        }
    }

    /// True while the stream's table is being made or changed.
    pub(crate) fn is_preparing(&self, index: StreamIndex) -> bool {
        self.get(index)
            .is_some_and(|stream| matches!(stream.phase, Phase::Preparing))
    }

    /// Every stream's index.
    pub(crate) fn indices(&self) -> std::ops::Range<StreamIndex> {
        0..self.streams.len()
    }

    /// The open batches that have rows.
    pub(crate) fn open_batches(&self) -> impl Iterator<Item = &StreamBuffer> {
        self.streams.iter().filter_map(|stream| match &stream.phase {
            Phase::Ready(buffer) => Some(&**buffer),
            Phase::Preparing | Phase::Failed => None,
        })
    }
}
