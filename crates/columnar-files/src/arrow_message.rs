//! One message of Arrow's IPC format: its lengths are checked against its bytes before the reader of the arrow crates, which
//! takes them as they are, gets it.

use std::collections::HashMap;

use arrow_array::{ArrayRef, RecordBatch};
use arrow_buffer::Buffer;
use arrow_ipc::reader::{read_dictionary, read_record_batch};
use arrow_ipc::{MessageHeader, RecordBatch as BatchHeader, root_as_message};
use arrow_schema::SchemaRef;

use crate::problem::Problem;

/// No column has so many values, and this many of any size can be counted in 64 bits.
const MAXIMUM_VALUES: i64 = 1 << 40;
/// No compressed buffer says that it is larger than this.
const MAXIMUM_BUFFER_BYTES: i64 = 1 << 32;

/// A message: what it says, as a flatbuffer, and the data behind it.
pub(crate) struct IpcMessage {
    pub(crate) metadata: Vec<u8>,
    pub(crate) body: Buffer,
}

/// Gives the records of a batch, or adds a dictionary to those that batches refer to.
pub(crate) fn decode(
    message: &IpcMessage,
    schema: &SchemaRef,
    dictionaries: &mut HashMap<i64, ArrayRef>,
) -> Result<Option<RecordBatch>, Problem> {
    let IpcMessage { metadata, body } = message;
    let header = root_as_message(metadata).map_err(|_| Problem::Damaged)?;
    let version = header.version();
    match header.header_type() {
        MessageHeader::RecordBatch => {
            let batch = header.header_as_record_batch().ok_or(Problem::Damaged)?;
            check_lengths(&batch, body)?;
            let read = read_record_batch(body, batch, SchemaRef::clone(schema), dictionaries, None, &version);
            Ok(Some(read?))
        }
        MessageHeader::DictionaryBatch => {
            let dictionary = header.header_as_dictionary_batch().ok_or(Problem::Damaged)?;
            check_lengths(&dictionary.data().ok_or(Problem::Damaged)?, body)?;
            read_dictionary(body, dictionary, schema, dictionaries, &version)?;
            Ok(None)
        }
        MessageHeader::Tensor | MessageHeader::SparseTensor => Err(Problem::Unsupported("tensors")),
        _ => Err(Problem::Damaged),
    }
}

fn check_lengths(batch: &BatchHeader<'_>, body: &[u8]) -> Result<(), Problem> {
    let is_count = |count: i64| (0..=MAXIMUM_VALUES).contains(&count);
    let nodes = batch.nodes().into_iter().flatten();
    let are_counts = is_count(batch.length())
        && nodes
            .into_iter()
            .all(|node| is_count(node.length()) && is_count(node.null_count()));
    let is_compressed = batch.compression().is_some();
    let is_whole = |begin: i64, length: i64| -> Option<bool> {
        let begin = usize::try_from(begin).ok()?;
        let bytes = body.get(begin..begin.checked_add(usize::try_from(length).ok()?)?)?;
        if !is_compressed || bytes.is_empty() {
            return Some(true);
        }
        Some(i64::from_le_bytes(*bytes.first_chunk::<8>()?) <= MAXIMUM_BUFFER_BYTES)
    };
    let mut buffers = batch.buffers().into_iter().flatten();
    let are_buffers = buffers.all(|buffer| is_whole(buffer.offset(), buffer.length()) == Some(true));
    (are_counts && are_buffers).then_some(()).ok_or(Problem::Damaged)
}
