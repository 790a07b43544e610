//! The lengths of an Arrow message's buffers, against what its columns' types need: the reader of the arrow crates panics at
//! offsets and values that end in the middle. Not for what is in the buffers.

use std::vec::IntoIter;

use arrow_ipc::{MetadataVersion, RecordBatch as BatchHeader};
use arrow_schema::{DataType, UnionMode};

/// The parts of a message that are not looked at yet, in their order.
pub(crate) struct ArrowBuffers {
    version: MetadataVersion,
    /// Values of each array.
    counts: IntoIter<i64>,
    /// Bytes of each buffer, unpacked.
    lengths: IntoIter<usize>,
    /// How many buffers of text belong to each array of views.
    text_buffers: IntoIter<i64>,
}

impl ArrowBuffers {
    pub(crate) fn new(batch: &BatchHeader<'_>, lengths: Vec<usize>, version: MetadataVersion) -> Self {
        let counts: Vec<i64> = batch.nodes().into_iter().flatten().map(|node| node.length()).collect();
        let text_buffers: Vec<i64> = batch.variadicBufferCounts().into_iter().flatten().collect();
        Self {
            version,
            counts: counts.into_iter(),
            lengths: lengths.into_iter(),
            text_buffers: text_buffers.into_iter(),
        }
    }

    /// Goes over the next array and what belongs to it. `None` when something is missing or ends in the middle of a value.
    pub(crate) fn check(&mut self, data_type: &DataType) -> Option<()> {
        let count = usize::try_from(self.counts.next()?).ok()?;
        match data_type {
            DataType::Null => Some(()),
            DataType::Utf8 | DataType::Binary => self.values_of(&[1, 4, 1]),
            DataType::LargeUtf8 | DataType::LargeBinary => self.values_of(&[1, 8, 1]),
            DataType::Utf8View | DataType::BinaryView => {
                self.values_of(&[1, 16])?;
                let more = self.text_buffers.next()?;
                (0..more).try_for_each(|_| self.values_of(&[1]))
            }
            DataType::List(items) | DataType::Map(items, _) => self.values_and_parts(&[1, 4], [items.data_type()]),
            DataType::LargeList(items) => self.values_and_parts(&[1, 8], [items.data_type()]),
            DataType::ListView(items) => self.values_and_parts(&[1, 4, 4], [items.data_type()]),
            DataType::LargeListView(items) => self.values_and_parts(&[1, 8, 8], [items.data_type()]),
            DataType::FixedSizeList(items, _) => self.values_and_parts(&[1], [items.data_type()]),
            DataType::Struct(fields) => self.values_and_parts(&[1], fields.iter().map(|field| field.data_type())),
            DataType::RunEndEncoded(ends, values) => self.values_and_parts(&[], [ends.data_type(), values.data_type()]),
            DataType::Dictionary(keys, _) => self.values_of(&[1, keys.primitive_width()?]),
            DataType::Union(fields, mode) => {
                if self.version < MetadataVersion::V5 {
                    self.values_of(&[1])?;
                }
                self.whole(count, 1)?;
                if *mode == UnionMode::Dense {
                    self.whole(count, 4)?;
                }
                self.values_and_parts(&[], fields.iter().map(|(_, field)| field.data_type()))
            }
            _ => self.values_of(&[1, data_type.primitive_width().unwrap_or(1)]),
        }
    }

    fn values_and_parts<'a>(&mut self, widths: &[usize], parts: impl IntoIterator<Item = &'a DataType>) -> Option<()> {
        self.values_of(widths)?;
        parts.into_iter().try_for_each(|part| self.check(part))
    }

    /// Buffers of values that take so many bytes each.
    fn values_of(&mut self, widths: &[usize]) -> Option<()> {
        widths.iter().try_for_each(|width| {
            let is_whole = self.lengths.next()?.is_multiple_of(*width);
            is_whole.then_some(())
        })
    }

    /// A buffer of at least so many values.
    fn whole(&mut self, count: usize, width: usize) -> Option<()> {
        let length = self.lengths.next()?;
        (length.is_multiple_of(width) && length / width >= count).then_some(())
    }
}
