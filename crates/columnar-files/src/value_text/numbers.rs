//! Booleans and numbers. Integers and decimals keep all their digits, floats are the double they stand for.

use std::fmt::Display;

use arrow_array::cast::AsArray;
use arrow_array::types::{
    ArrowPrimitiveType, Decimal32Type, Decimal64Type, Decimal128Type, Decimal256Type, Float16Type, Float32Type,
    Float64Type, Int8Type, Int16Type, Int32Type, Int64Type, UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use arrow_array::{Array, ArrayRef};
use arrow_schema::DataType;

use super::digits::write_scaled;
use super::dispatch::WriteValue;
use crate::problem::Problem;

pub(super) fn write_of(array: &ArrayRef) -> Result<WriteValue, Problem> {
    match array.data_type() {
        DataType::Boolean => {
            let values = array.as_boolean_opt().ok_or(Problem::Damaged)?.clone();
            Ok(Box::new(move |row, out| {
                out.extend_from_slice(if values.value(row) { b"true" } else { b"false" });
            }))
        }
        DataType::Int8 => whole::<Int8Type>(array),
        DataType::Int16 => whole::<Int16Type>(array),
        DataType::Int32 => whole::<Int32Type>(array),
        DataType::Int64 => whole::<Int64Type>(array),
        DataType::UInt8 => whole::<UInt8Type>(array),
        DataType::UInt16 => whole::<UInt16Type>(array),
        DataType::UInt32 => whole::<UInt32Type>(array),
        DataType::UInt64 => whole::<UInt64Type>(array),
        DataType::Float16 => float::<Float16Type>(array, |value| f64::from(value.to_f32())),
        DataType::Float32 => float::<Float32Type>(array, f64::from),
        DataType::Float64 => float::<Float64Type>(array, |value| value),
        DataType::Decimal32(_, scale) => decimal::<Decimal32Type>(array, *scale),
        DataType::Decimal64(_, scale) => decimal::<Decimal64Type>(array, *scale),
        DataType::Decimal128(_, scale) => decimal::<Decimal128Type>(array, *scale),
        DataType::Decimal256(_, scale) => decimal::<Decimal256Type>(array, *scale),
        _ => Err(Problem::Unsupported("a type of number")),
    }
}

fn whole<T: ArrowPrimitiveType>(array: &ArrayRef) -> Result<WriteValue, Problem>
where
    T::Native: Display,
{
    decimal::<T>(array, 0)
}

fn decimal<T: ArrowPrimitiveType>(array: &ArrayRef, scale: i8) -> Result<WriteValue, Problem>
where
    T::Native: Display,
{
    let values = array.as_primitive_opt::<T>().ok_or(Problem::Damaged)?.clone();
    Ok(Box::new(move |row, out| write_scaled(values.value(row), scale, out)))
}

fn float<T: ArrowPrimitiveType>(array: &ArrayRef, double: fn(T::Native) -> f64) -> Result<WriteValue, Problem> {
    let values = array.as_primitive_opt::<T>().ok_or(Problem::Damaged)?.clone();
    Ok(Box::new(move |row, out| write_double(double(values.value(row)), out)))
}

/// JSON has no form for what is not finite; it comes as a string, which a FLOAT column reads as that number.
fn write_double(value: f64, out: &mut Vec<u8>) {
    if value.is_finite() {
        // Writing into memory does not fail.
        let _always_fits = serde_json::to_writer(out, &value);
    } else if value.is_nan() {
        out.extend_from_slice(b"\"NaN\"");
    } else {
        out.extend_from_slice(if value > 0.0 { b"\"Infinity\"" } else { b"\"-Infinity\"" });
    }
}
