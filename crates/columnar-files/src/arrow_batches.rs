//! The record batches of an Arrow file, one at a time: by its footer, or one message after the other when it is a stream.
//! Not for what a message says: `arrow_message` checks it.

use std::collections::{HashMap, VecDeque};
use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom};
use std::sync::Arc;

use arrow_array::{ArrayRef, RecordBatch};
use arrow_buffer::Buffer;
use arrow_ipc::convert::try_fb_to_schema;
use arrow_ipc::{Block, MessageHeader, root_as_footer, root_as_message};
use arrow_schema::SchemaRef;

use crate::arrow_message::{IpcMessage, decode};
use crate::format::Format;
use crate::problem::Problem;

/// At both ends of a file; a stream has neither.
const MARK: &[u8] = b"ARROW1";
/// The mark and, in front of it, the footer's length.
const TRAILER_BYTES: u64 = 10;
/// In front of a message's length, since format version 0.15.
const CONTINUATION: [u8; 4] = [0xFF; 4];

/// An open file.
pub(crate) struct ArrowBatches {
    schema: SchemaRef,
    dictionaries: HashMap<i64, ArrayRef>,
    messages: Messages,
}

enum Messages {
    /// Where the batches are.
    File {
        file: File,
        size_bytes: u64,
        blocks: VecDeque<Block>,
    },
    Stream {
        file: BufReader<File>,
        left_bytes: u64,
    },
}

impl ArrowBatches {
    pub(crate) fn open(mut file: File) -> Result<Self, Problem> {
        let size_bytes = file.metadata()?.len();
        let mut mark = [0; MARK.len()];
        file.read_exact(&mut mark).map_err(|_| Problem::NotOne(Format::Arrow))?;
        if mark == MARK {
            return Self::open_file(file, size_bytes);
        }
        file.rewind()?;
        Self::open_stream(file, size_bytes)
    }

    fn open_file(mut file: File, size_bytes: u64) -> Result<Self, Problem> {
        let not_one = || Problem::NotOne(Format::Arrow);
        let trailer = size_bytes.checked_sub(TRAILER_BYTES).ok_or_else(not_one)?;
        let trailer = read_at(&mut file, size_bytes, trailer, TRAILER_BYTES)?;
        let (length, mark) = trailer.split_first_chunk::<4>().ok_or_else(not_one)?;
        if mark != MARK {
            return Err(not_one());
        }
        let length = u64::from(u32::from_le_bytes(*length));
        let begin = size_bytes.checked_sub(TRAILER_BYTES + length).ok_or(Problem::Damaged)?;
        let footer = read_at(&mut file, size_bytes, begin, length)?;
        let footer = root_as_footer(&footer).map_err(|_| Problem::Damaged)?;
        let schema = footer.schema().ok_or(Problem::Damaged)?;
        let blocks = footer.recordBatches().into_iter().flatten().copied().collect();
        let mut opened = Self {
            schema: Arc::new(try_fb_to_schema(schema)?),
            dictionaries: HashMap::new(),
            messages: Messages::File {
                file,
                size_bytes,
                blocks,
            },
        };
        for block in footer.dictionaries().into_iter().flatten() {
            let message = opened.message_of(block)?;
            // A batch of records among them would be one that is lost.
            if opened.take(&message)?.is_some() {
                return Err(Problem::Damaged);
            }
        }
        Ok(opened)
    }

    fn open_stream(file: File, size_bytes: u64) -> Result<Self, Problem> {
        let mut file = BufReader::with_capacity(1 << 16, file);
        let mut left_bytes = size_bytes;
        let first = next_of_stream(&mut file, &mut left_bytes).ok().flatten();
        let first = first.ok_or(Problem::NotOne(Format::Arrow))?;
        let message = root_as_message(&first.metadata).map_err(|_| Problem::NotOne(Format::Arrow))?;
        let schema = message.header_as_schema().ok_or(Problem::NotOne(Format::Arrow))?;
        Ok(Self {
            schema: Arc::new(try_fb_to_schema(schema)?),
            dictionaries: HashMap::new(),
            messages: Messages::Stream { file, left_bytes },
        })
    }

    /// The next batch; `None` at the end.
    pub(crate) fn next_batch(&mut self) -> Result<Option<RecordBatch>, Problem> {
        loop {
            let message = match &mut self.messages {
                Messages::Stream { file, left_bytes } => next_of_stream(file, left_bytes)?,
                Messages::File { blocks, .. } => match blocks.pop_front() {
                    Some(block) => Some(self.message_of(&block)?),
                    None => None,
                },
            };
            let Some(message) = message else { return Ok(None) };
            if let Some(batch) = self.take(&message)? {
                return Ok(Some(batch));
            }
        }
    }

    /// Keeps a dictionary, or gives a batch.
    fn take(&mut self, message: &IpcMessage) -> Result<Option<RecordBatch>, Problem> {
        decode(message, &self.schema, &mut self.dictionaries)
    }

    fn message_of(&mut self, block: &Block) -> Result<IpcMessage, Problem> {
        let Messages::File { file, size_bytes, .. } = &mut self.messages else {
            return Err(Problem::Damaged);
        };
        let count = |value: i64| u64::try_from(value).map_err(|_| Problem::Damaged);
        let (begin, body_bytes) = (count(block.offset())?, count(block.bodyLength())?);
        let metadata_bytes = count(i64::from(block.metaDataLength()))?;
        let metadata = read_at(file, *size_bytes, begin, metadata_bytes)?;
        let body_begin = begin.checked_add(metadata_bytes).ok_or(Problem::Damaged)?;
        let body = read_at(file, *size_bytes, body_begin, body_bytes)?;
        Ok(IpcMessage {
            metadata: without_length(&metadata).ok_or(Problem::Damaged)?.to_vec(),
            body: Buffer::from_vec(body),
        })
    }
}

/// The message of a block stands behind its length.
fn without_length(metadata: &[u8]) -> Option<&[u8]> {
    let rest = metadata.strip_prefix(&CONTINUATION).unwrap_or(metadata);
    rest.get(4..)
}

/// Bytes of a file, none of which may lie behind its end: lengths in a damaged file can be anything.
fn read_at(file: &mut File, size_bytes: u64, begin: u64, length: u64) -> Result<Vec<u8>, Problem> {
    let is_inside = begin.checked_add(length).is_some_and(|end| end <= size_bytes);
    let length = usize::try_from(length)
        .ok()
        .filter(|_| is_inside)
        .ok_or(Problem::Damaged)?;
    file.seek(SeekFrom::Start(begin))?;
    let mut bytes = vec![0; length];
    file.read_exact(&mut bytes)?;
    Ok(bytes)
}

/// The next message; `None` at the end, which must be written out: a stream that just ends may have been cut short.
fn next_of_stream(file: &mut BufReader<File>, left_bytes: &mut u64) -> Result<Option<IpcMessage>, Problem> {
    let mut take = |length: u64| -> Result<Vec<u8>, Problem> {
        *left_bytes = left_bytes.checked_sub(length).ok_or(Problem::Damaged)?;
        let mut bytes = vec![0; usize::try_from(length).map_err(|_| Problem::Damaged)?];
        file.read_exact(&mut bytes)?;
        Ok(bytes)
    };
    let mut length = take(4)?;
    if length == CONTINUATION {
        length = take(4)?;
    }
    let length = length
        .first_chunk::<4>()
        .map_or(0, |length| u32::from_le_bytes(*length));
    if length == 0 {
        return Ok(None);
    }
    let metadata = take(u64::from(length))?;
    let message = root_as_message(&metadata).map_err(|_| Problem::Damaged)?;
    let body = take(u64::try_from(message.bodyLength()).map_err(|_| Problem::Damaged)?)?;
    // Nothing may follow that nobody would read.
    if message.header_type() == MessageHeader::NONE {
        return Err(Problem::Damaged);
    }
    Ok(Some(IpcMessage {
        metadata,
        body: Buffer::from_vec(body),
    }))
}
