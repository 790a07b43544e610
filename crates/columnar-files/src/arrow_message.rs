//! One message of Arrow's IPC format: its lengths are checked against its bytes before the reader of the arrow crates, which
//! takes them as they are, gets it.

use std::collections::HashMap;

use arrow_array::{ArrayRef, RecordBatch};
use arrow_buffer::Buffer;
use arrow_ipc::reader::{read_dictionary, read_record_batch};
use arrow_ipc::{MessageHeader, MetadataVersion, RecordBatch as BatchHeader, root_as_message};
use arrow_schema::{DataType, SchemaRef};

use crate::arrow_buffers::ArrowBuffers;
use crate::problem::Problem;

/// No column has so many values, and this many of any size can be counted in 64 bits.
const MAXIMUM_VALUES: i64 = 1 << 40;
/// No compressed buffer says that it is larger than this.
const MAXIMUM_BUFFER_BYTES: i64 = 1 << 32;

/// The length of a buffer that is as it is in a message of compressed ones.
const NOT_PACKED: i64 = -1;

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
            let columns = schema.fields().iter().map(|field| field.data_type());
            check_lengths(&batch, body, version, columns)?;
            let read = read_record_batch(body, batch, SchemaRef::clone(schema), dictionaries, None, &version);
            Ok(Some(read?))
        }
        MessageHeader::DictionaryBatch => {
            let dictionary = header.header_as_dictionary_batch().ok_or(Problem::Damaged)?;
            let values = dictionary_type(schema, dictionary.id()).ok_or(Problem::Damaged)?;
            let data = dictionary.data().ok_or(Problem::Damaged)?;
            check_lengths(&data, body, version, [values])?;
            read_dictionary(body, dictionary, schema, dictionaries, &version)?;
            Ok(None)
        }
        MessageHeader::Tensor | MessageHeader::SparseTensor => Err(Problem::Unsupported("tensors")),
        _ => Err(Problem::Damaged),
    }
}

/// The type of a dictionary's values.
fn dictionary_type(schema: &SchemaRef, id: i64) -> Option<&DataType> {
    #[expect(deprecated, reason = "the reader looks for it the same way")]
    let field = *schema.fields_with_dict_id(id).first()?;
    match field.data_type() {
        DataType::Dictionary(_, values) => Some(values),
        _ => None,
    }
}

fn check_lengths<'a>(
    batch: &BatchHeader<'_>,
    body: &[u8],
    version: MetadataVersion,
    columns: impl IntoIterator<Item = &'a DataType>,
) -> Result<(), Problem> {
    let is_count = |count: i64| (0..=MAXIMUM_VALUES).contains(&count);
    let nodes = batch.nodes().into_iter().flatten();
    let are_counts = is_count(batch.length())
        && nodes
            .into_iter()
            .all(|node| is_count(node.length()) && is_count(node.null_count()));
    if !are_counts {
        return Err(Problem::Damaged);
    }
    let is_compressed = batch.compression().is_some();
    let buffers = batch.buffers().into_iter().flatten();
    let lengths = buffers.map(|buffer| unpacked_bytes(body, buffer.offset(), buffer.length(), is_compressed));
    let lengths = lengths.collect::<Option<Vec<usize>>>().ok_or(Problem::Damaged)?;
    let mut buffers = ArrowBuffers::new(batch, lengths, version);
    let mut columns = columns.into_iter();
    columns
        .try_for_each(|column| buffers.check(column))
        .ok_or(Problem::Damaged)
}

/// How long a buffer is when it is unpacked; `None` when it lies outside, or cannot be that long.
fn unpacked_bytes(body: &[u8], begin: i64, length: i64, is_compressed: bool) -> Option<usize> {
    let begin = usize::try_from(begin).ok()?;
    let bytes = body.get(begin..begin.checked_add(usize::try_from(length).ok()?)?)?;
    if !is_compressed || bytes.is_empty() {
        return Some(bytes.len());
    }
    let (unpacked, packed) = bytes.split_first_chunk::<8>()?;
    match i64::from_le_bytes(*unpacked) {
        NOT_PACKED => Some(packed.len()),
        unpacked if unpacked <= MAXIMUM_BUFFER_BYTES => usize::try_from(unpacked).ok(),
        _ => None,
    }
}
