//! Lists, structs and maps, and the types that say where a value stands: dictionaries, runs, unions.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{Int16Type, Int32Type, Int64Type, RunEndIndexType};
use arrow_array::{Array, ArrayRef, OffsetSizeTrait, RunArray, UnionArray};
use arrow_schema::{DataType, Field};

use super::dispatch::{ValueText, WriteValue};
use super::texts::write_string;
use crate::problem::Problem;

pub(super) fn write_of(array: &ArrayRef) -> Result<WriteValue, Problem> {
    match array.data_type() {
        DataType::List(item) => list::<i32>(array, item),
        DataType::LargeList(item) => list::<i64>(array, item),
        DataType::ListView(item) => list_view::<i32>(array, item),
        DataType::LargeListView(item) => list_view::<i64>(array, item),
        DataType::FixedSizeList(item, _) => {
            let lists = array.as_fixed_size_list_opt().ok_or(Problem::Damaged)?;
            let items = ValueText::of_field(item, lists.values())?;
            let length = usize::try_from(lists.value_length()).map_err(|_| Problem::Damaged)?;
            Ok(Box::new(move |row, out| write_items(&items, row * length, length, out)))
        }
        DataType::Struct(fields) => {
            let columns = array.as_struct_opt().ok_or(Problem::Damaged)?.columns();
            let members = fields.iter().zip(columns);
            let members =
                members.map(|(field, column)| Ok((field.name().as_str(), ValueText::of_field(field, column)?)));
            let members = Members::new(members.collect::<Result<_, Problem>>()?);
            Ok(Box::new(move |row, out| members.write(row, out)))
        }
        DataType::Map(..) => map(array),
        DataType::Union(..) => union(array),
        DataType::Dictionary(..) => {
            let dictionary = array.as_any_dictionary_opt().ok_or(Problem::Damaged)?;
            // Keys of nulls may point anywhere, and are not asked for.
            let keys = dictionary.normalized_keys();
            let values = ValueText::of_array(dictionary.values())?;
            Ok(Box::new(move |row, out| {
                values.write(keys.get(row).copied().unwrap_or_default(), out)
            }))
        }
        DataType::RunEndEncoded(ends, values) => match ends.data_type() {
            DataType::Int16 => runs::<Int16Type>(array, values),
            DataType::Int32 => runs::<Int32Type>(array, values),
            DataType::Int64 => runs::<Int64Type>(array, values),
            _ => Err(Problem::Damaged),
        },
        _ => Err(Problem::Unsupported("a nested type")),
    }
}

/// The members of an object: keys as JSON with the colon, and their values.
pub(crate) struct Members(Vec<(Vec<u8>, ValueText)>);

impl Members {
    pub(crate) fn new(members: Vec<(&str, ValueText)>) -> Self {
        let with_key = |(name, values): (&str, ValueText)| {
            let mut key = Vec::with_capacity(name.len() + 3);
            write_string(name, &mut key);
            key.push(b':');
            (key, values)
        };
        Self(members.into_iter().map(with_key).collect())
    }

    /// Appends the object of a row.
    pub(crate) fn write(&self, row: usize, out: &mut Vec<u8>) {
        out.push(b'{');
        for (position, (key, values)) in self.0.iter().enumerate() {
            if position > 0 {
                out.push(b',');
            }
            out.extend_from_slice(key);
            values.write(row, out);
        }
        out.push(b'}');
    }
}

fn list<O: OffsetSizeTrait>(array: &ArrayRef, item: &Arc<Field>) -> Result<WriteValue, Problem> {
    let lists = array.as_list_opt::<O>().ok_or(Problem::Damaged)?;
    let items = ValueText::of_field(item, lists.values())?;
    let offsets = lists.offsets().clone();
    Ok(Box::new(move |row, out| {
        let begin = offsets.get(row).map_or(0, |offset| offset.as_usize());
        let end = offsets.get(row + 1).map_or(begin, |offset| offset.as_usize());
        write_items(&items, begin, end.saturating_sub(begin), out);
    }))
}

fn list_view<O: OffsetSizeTrait>(array: &ArrayRef, item: &Arc<Field>) -> Result<WriteValue, Problem> {
    let lists = array.as_list_view_opt::<O>().ok_or(Problem::Damaged)?;
    let items = ValueText::of_field(item, lists.values())?;
    let (offsets, sizes) = (lists.offsets().clone(), lists.sizes().clone());
    Ok(Box::new(move |row, out| {
        let begin = offsets.get(row).map_or(0, |offset| offset.as_usize());
        let length = sizes.get(row).map_or(0, |size| size.as_usize());
        write_items(&items, begin, length, out);
    }))
}

fn write_items(items: &ValueText, begin: usize, length: usize, out: &mut Vec<u8>) {
    out.push(b'[');
    for index in begin..begin + length {
        if index > begin {
            out.push(b',');
        }
        items.write(index, out);
    }
    out.push(b']');
}

/// An object. Keys that are no texts are written as the text of their JSON.
fn map(array: &ArrayRef) -> Result<WriteValue, Problem> {
    let maps = array.as_map_opt().ok_or(Problem::Damaged)?;
    let [key, value] = maps.entries().fields().as_ref() else {
        return Err(Problem::Damaged);
    };
    let keys = ValueText::of_field(key, maps.keys())?;
    let values = ValueText::of_field(value, maps.values())?;
    let offsets = maps.offsets().clone();
    Ok(Box::new(move |row, out| {
        let begin = offsets.get(row).map_or(0, |offset| *offset).unsigned_abs() as usize;
        let end = offsets.get(row + 1).map_or(0, |offset| *offset).unsigned_abs() as usize;
        out.push(b'{');
        for index in begin..end {
            if index > begin {
                out.push(b',');
            }
            write_key(&keys, index, out);
            out.push(b':');
            values.write(index, out);
        }
        out.push(b'}');
    }))
}

fn write_key(keys: &ValueText, index: usize, out: &mut Vec<u8>) {
    let begin = out.len();
    keys.write(index, out);
    if out.get(begin) != Some(&b'"') {
        let json = out.split_off(begin);
        write_string(&String::from_utf8_lossy(&json), out);
    }
}

fn union(array: &ArrayRef) -> Result<WriteValue, Problem> {
    let union = array
        .as_any()
        .downcast_ref::<UnionArray>()
        .ok_or(Problem::Damaged)?
        .clone();
    let DataType::Union(fields, _) = union.data_type() else {
        return Err(Problem::Damaged);
    };
    let mut children: [Option<ValueText>; 128] = [const { None }; 128];
    for (id, field) in fields.iter() {
        let slot = usize::try_from(id)
            .ok()
            .and_then(|id| children.get_mut(id))
            .ok_or(Problem::Damaged)?;
        *slot = Some(ValueText::of_field(field, union.child(id))?);
    }
    Ok(Box::new(move |row, out| {
        let child = usize::try_from(union.type_id(row))
            .ok()
            .and_then(|id| children.get(id)?.as_ref());
        match child {
            Some(child) => child.write(union.value_offset(row), out),
            None => out.extend_from_slice(b"null"),
        }
    }))
}

fn runs<R: RunEndIndexType>(array: &ArrayRef, field: &Arc<Field>) -> Result<WriteValue, Problem> {
    let runs = array
        .as_any()
        .downcast_ref::<RunArray<R>>()
        .ok_or(Problem::Damaged)?
        .clone();
    let values = ValueText::of_field(field, runs.values())?;
    Ok(Box::new(move |row, out| {
        values.write(runs.get_physical_index(row), out)
    }))
}
