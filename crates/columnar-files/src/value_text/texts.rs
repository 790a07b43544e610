//! Texts and bytes, and the extension types that are stored as such.

use arrow_array::cast::AsArray;
use arrow_array::types::Int8Type;
use arrow_array::{Array, ArrayRef};
use arrow_schema::DataType;
use serde_json::value::RawValue;

use super::dispatch::WriteValue;
use crate::problem::Problem;

pub(super) fn write_of(array: &ArrayRef) -> Result<WriteValue, Problem> {
    if let Some(text) = texts_of(array) {
        return Ok(Box::new(move |row, out| text(row, &mut |text| write_string(text, out))));
    }
    let bytes = bytes_of(array).ok_or(Problem::Damaged)?;
    Ok(Box::new(move |row, out| {
        bytes(row, &mut |bytes| {
            out.push(b'"');
            write_hexadecimal(bytes, out);
            out.push(b'"');
        });
    }))
}

/// The function for a column of an extension type, if it is one of these and stored as it should be.
pub(super) fn extension(name: &str, array: &ArrayRef) -> Option<WriteValue> {
    match name {
        "arrow.json" => {
            let text = texts_of(array)?;
            Some(Box::new(move |row, out| text(row, &mut |text| write_json(text, out))))
        }
        "arrow.uuid" if *array.data_type() == DataType::FixedSizeBinary(16) => {
            let bytes = bytes_of(array)?;
            Some(Box::new(move |row, out| {
                bytes(row, &mut |bytes| write_uuid(bytes, out))
            }))
        }
        "arrow.bool8" => {
            let values = array.as_primitive_opt::<Int8Type>()?.clone();
            Some(Box::new(move |row, out| {
                out.extend_from_slice(if values.value(row) == 0 { b"false" } else { b"true" });
            }))
        }
        _ => None,
    }
}

/// Gives the text of a row to a function.
type WithText = Box<dyn Fn(usize, &mut dyn FnMut(&str))>;
/// Gives the bytes of a row to a function.
type WithBytes = Box<dyn Fn(usize, &mut dyn FnMut(&[u8]))>;

fn texts_of(array: &ArrayRef) -> Option<WithText> {
    if let Some(values) = array.as_string_opt::<i32>().cloned() {
        return Some(Box::new(move |row, take| take(values.value(row))));
    }
    if let Some(values) = array.as_string_opt::<i64>().cloned() {
        return Some(Box::new(move |row, take| take(values.value(row))));
    }
    let values = array.as_string_view_opt()?.clone();
    Some(Box::new(move |row, take| take(values.value(row))))
}

fn bytes_of(array: &ArrayRef) -> Option<WithBytes> {
    if let Some(values) = array.as_binary_opt::<i32>().cloned() {
        return Some(Box::new(move |row, take| take(values.value(row))));
    }
    if let Some(values) = array.as_binary_opt::<i64>().cloned() {
        return Some(Box::new(move |row, take| take(values.value(row))));
    }
    if let Some(values) = array.as_binary_view_opt().cloned() {
        return Some(Box::new(move |row, take| take(values.value(row))));
    }
    let values = array.as_fixed_size_binary_opt()?.clone();
    Some(Box::new(move |row, take| take(values.value(row))))
}

pub(super) fn write_string(text: &str, out: &mut Vec<u8>) {
    // Writing into memory does not fail.
    let _always_fits = serde_json::to_writer(out, text);
}

/// JSON that stands in a text is meant as what it says, unless it is none.
fn write_json(text: &str, out: &mut Vec<u8>) {
    match serde_json::from_str::<&RawValue>(text) {
        Ok(json) => out.extend_from_slice(json.get().as_bytes()),
        Err(_) => write_string(text, out),
    }
}

fn write_hexadecimal(bytes: &[u8], out: &mut Vec<u8>) {
    let digit = |value: u8| if value < 10 { b'0' + value } else { b'A' + value - 10 };
    for byte in bytes {
        out.extend_from_slice(&[digit(byte >> 4), digit(byte & 0x0F)]);
    }
}

fn write_uuid(bytes: &[u8], out: &mut Vec<u8>) {
    let mut digits = Vec::with_capacity(32);
    write_hexadecimal(bytes, &mut digits);
    digits.make_ascii_lowercase();
    out.push(b'"');
    for (position, digit) in digits.iter().enumerate() {
        if matches!(position, 8 | 12 | 16 | 20) {
            out.push(b'-');
        }
        out.push(*digit);
    }
    out.push(b'"');
}
