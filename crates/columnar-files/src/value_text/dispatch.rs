//! From a column's type to the function that writes its values.

use arrow_array::{Array, ArrayRef};
use arrow_buffer::NullBuffer;
use arrow_schema::{DataType, Field};

use super::{nested, numbers, texts, times};
use crate::problem::Problem;

/// Appends the JSON of the value in a row. Nulls are seen to before.
pub(super) type WriteValue = Box<dyn Fn(usize, &mut Vec<u8>)>;

/// The values of one column.
pub(crate) struct ValueText {
    nulls: Option<NullBuffer>,
    write: WriteValue,
}

impl ValueText {
    /// A column with what its field says beside its type: extension types are told by their names.
    pub(crate) fn of_field(field: &Field, array: &ArrayRef) -> Result<Self, Problem> {
        let extension = field
            .extension_type_name()
            .and_then(|name| texts::extension(name, array));
        match extension {
            Some(write) => Ok(Self {
                nulls: array.logical_nulls(),
                write,
            }),
            None => Self::of_array(array),
        }
    }

    /// A column by its type alone.
    pub(super) fn of_array(array: &ArrayRef) -> Result<Self, Problem> {
        Ok(Self {
            nulls: array.logical_nulls(),
            write: write_of(array)?,
        })
    }

    /// Appends the JSON of the value in a row.
    pub(crate) fn write(&self, row: usize, out: &mut Vec<u8>) {
        let is_null = self.nulls.as_ref().is_some_and(|nulls| nulls.is_null(row));
        if is_null {
            out.extend_from_slice(b"null");
        } else {
            (self.write)(row, out);
        }
    }
}

fn write_of(array: &ArrayRef) -> Result<WriteValue, Problem> {
    use DataType as Type;
    Ok(match array.data_type() {
        Type::Null => Box::new(|_, out| out.extend_from_slice(b"null")),
        Type::Boolean
        | Type::Int8
        | Type::Int16
        | Type::Int32
        | Type::Int64
        | Type::UInt8
        | Type::UInt16
        | Type::UInt32
        | Type::UInt64
        | Type::Float16
        | Type::Float32
        | Type::Float64
        | Type::Decimal32(..)
        | Type::Decimal64(..)
        | Type::Decimal128(..)
        | Type::Decimal256(..) => numbers::write_of(array)?,
        Type::Utf8
        | Type::LargeUtf8
        | Type::Utf8View
        | Type::Binary
        | Type::LargeBinary
        | Type::BinaryView
        | Type::FixedSizeBinary(_) => texts::write_of(array)?,
        Type::Date32
        | Type::Date64
        | Type::Time32(_)
        | Type::Time64(_)
        | Type::Timestamp(..)
        | Type::Duration(_)
        | Type::Interval(_) => times::write_of(array)?,
        Type::List(_)
        | Type::LargeList(_)
        | Type::ListView(_)
        | Type::LargeListView(_)
        | Type::FixedSizeList(..)
        | Type::Struct(_)
        | Type::Map(..)
        | Type::Union(..)
        | Type::Dictionary(..)
        | Type::RunEndEncoded(..) => nested::write_of(array)?,
    })
}
