//! Streams that stream maps, flattening or a VARIANT column change on their way: which are loaded of a tap's stream, and
//! its records in their shape. How shapes are made is `shaping`; what happens to unchanged streams is `messages.rs`.

use std::io::Write;

use connector_process::Failure;
use singer_protocol::{RecordMessage, SchemaMessage};

use crate::load::BatchLoader;
use crate::messages::{before_schema, input_failure};
use crate::pipeline::Pipeline;
use crate::record_row::{RecordProblem, RecordProblemKind};
use crate::state_ledger::StreamIndex;

impl<L: BatchLoader, W: Write> Pipeline<L, W> {
    /// What SCHEMA does when shapes are on.
    pub(crate) fn shaped_schema(&mut self, line: u64, message: &SchemaMessage) -> Result<(), Failure> {
        let outputs = self.config.shaping.outputs(message).map_err(|problem| {
            input_failure(line, format!("stream {:?}: {problem}", message.stream))
                .with_hint("change `stream_maps` or the flattening settings for this stream")
        })?;
        if outputs.is_empty() && !self.shaped.contains_key(&message.stream) {
            log::info!("stream {:?} is not loaded, as stream_maps says", message.stream);
        }
        let mut indices = Vec::with_capacity(outputs.len());
        for output in outputs {
            indices.push(self.output_schema(line, output, &message.stream)?);
        }
        self.shaped.insert(message.stream.clone(), indices);
        Ok(())
    }

    /// What RECORD does when shapes are on.
    pub(crate) fn shaped_record(&mut self, line: u64, message: &RecordMessage<'_>) -> Result<(), Failure> {
        let stream: &str = &message.stream;
        let count = self.shaped.get(stream).map(Vec::len);
        let count = count.ok_or_else(|| before_schema(line, "RECORD", stream))?;
        for number in 0..count {
            let index = self.shaped.get(stream).and_then(|indices| indices.get(number));
            if let Some(index) = index.copied() {
                self.shape_record(line, index, message)?;
            }
        }
        Ok(())
    }

    fn shape_record(&mut self, line: u64, index: StreamIndex, message: &RecordMessage<'_>) -> Result<(), Failure> {
        let text = message.record.text();
        let shaper = self.streams.get_mut(index).and_then(|stream| stream.shaper.take());
        let Some(mut shaper) = shaper else {
            return self.take_record(line, index, message, message.record);
        };
        let mut scanner = std::mem::take(&mut self.scanner);
        let outcome = match shaper.shape(text.as_bytes()) {
            Ok(shaped) => match std::str::from_utf8(shaped).ok().and_then(|shaped| scanner.scan(shaped)) {
                Some(record) => self.take_record(line, index, message, record),
                None => self.refuse_shape(line, index, text, "its shape is no JSON object"),
            },
            Err(problem) => self.refuse_shape(line, index, text, &problem.to_string()),
        };
        self.scanner = scanner;
        if let Some(stream) = self.streams.get_mut(index) {
            stream.shaper = Some(shaper);
        }
        outcome
    }

    fn refuse_shape(&mut self, line: u64, index: StreamIndex, record: &str, problem: &str) -> Result<(), Failure> {
        let Some(stream) = self.streams.get(index) else {
            return Ok(());
        };
        let problem = RecordProblem {
            stream: stream.schema.stream.clone(),
            kind: RecordProblemKind::Shape(problem.to_owned()),
        };
        self.refuse(line, index, record, &problem)
    }

    /// The streams that are loaded of one of the tap's.
    pub(crate) fn streams_of(&mut self, stream: &str) -> Vec<StreamIndex> {
        if self.is_shaping {
            return self.shaped.get(stream).cloned().unwrap_or_default();
        }
        self.streams.find(stream).into_iter().collect()
    }
}
