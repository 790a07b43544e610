//! A whole record against its stream's schema. The row encoder finds the top level's values anyway, so they are checked where
//! it found them; only nested objects are walked again, and only when the schema says something about them.

use serde_json::{Map, Value};
use singer_protocol::Place;

use super::compile::{compile, forbids_others, needs_tree, required, types, validator};
use super::number::is_whole;
use super::references::without_references;
use super::shapes::Shapes;
use super::tree::check_tree;
use super::value::{ValueCheck, wrong_type};
use super::violation::{Fault, Violation};
use crate::columns::{ColumnKind, ColumnSource, StreamColumns};
use crate::metadata_columns::MetadataColumn;
use crate::record_row::{Members, unescaped};

/// What a stream's schema demands of its records.
#[derive(Debug)]
pub struct RecordCheck {
    columns: Vec<ColumnCheck>,
    forbids_others: bool,
    /// Rules about the record as a whole, or a schema that contains itself; stands for all others.
    tree: Option<jsonschema::Validator>,
}

#[derive(Debug)]
struct ColumnCheck {
    /// In the stream's columns.
    position: usize,
    property: String,
    shapes: Shapes,
    is_required: bool,
    is_integer: bool,
    /// False also where the column takes nothing but whole numbers.
    must_look_at_digits: bool,
    /// Rules beside the type.
    rules: Option<ValueCheck>,
    /// Neither digits nor rules are to be looked at.
    is_type_only: bool,
}

impl RecordCheck {
    /// Makes the check for records of `schema` that are written into `columns`. `None` when it demands nothing.
    pub fn compile(schema: &Value, columns: &StreamColumns) -> Option<Self> {
        let Some(expanded) = without_references(schema) else {
            return Self::by_tree(schema);
        };
        let members = expanded.as_object()?;
        let properties = members.get("properties").and_then(Value::as_object)?;
        let required = required(members);
        let is_known = |key: &String| properties.contains_key(key) || MetadataColumn::from_property(key).is_some();
        let is_combined = ["anyOf", "oneOf", "allOf", "enum", "const"]
            .iter()
            .any(|keyword| members.contains_key(*keyword));
        if is_combined || needs_tree(members) || !required.iter().all(is_known) {
            return Self::by_tree(&expanded);
        }
        let of_property = |(position, column): (usize, &crate::columns::Column)| {
            if column.source != ColumnSource::Property {
                return None;
            }
            let property = properties.get(&column.property)?;
            let is_required = required.contains(&column.property);
            ColumnCheck::new(position, &column.property, property, is_required, column.kind)
        };
        let check = Self {
            columns: columns.columns.iter().enumerate().filter_map(of_property).collect(),
            forbids_others: forbids_others(members),
            tree: None,
        };
        (check.forbids_others || !check.columns.is_empty()).then_some(check)
    }

    fn by_tree(schema: &Value) -> Option<Self> {
        let mut schema = schema.clone();
        let properties = schema.get_mut("properties").and_then(Value::as_object_mut);
        // The target's own keys are no others, whatever the schema says of those.
        if let Some(properties) = properties {
            properties.extend(MetadataColumn::ALL.map(|metadata| (metadata.property().to_owned(), Value::Bool(true))));
        }
        Some(Self {
            columns: Vec::new(),
            forbids_others: false,
            tree: Some(validator(&schema)?),
        })
    }

    /// True when keys outside the schema are a fault.
    pub(crate) fn forbids_others(&self) -> bool {
        self.forbids_others
    }

    /// Checks a record; `place_of` says where a column's value stands, if it has one.
    pub(crate) fn check<'p>(
        &self,
        text: &[u8],
        place_of: impl Fn(usize) -> Option<&'p Place>,
    ) -> Result<(), Violation> {
        if let Some(validator) = &self.tree {
            return check_tree(validator, text);
        }
        for column in &self.columns {
            let Some(place) = place_of(column.position) else {
                if column.is_required {
                    return Err(Violation::here(Fault::Missing).under_key(&column.property));
                }
                continue;
            };
            if column.is_type_only && column.shapes.includes(Shapes::possible(place.shape)) {
                continue;
            }
            let shape = Shapes::of(place, text);
            let is_fraction = shape == Shapes::NUMBER
                && column.must_look_at_digits
                && !is_whole(text.get(place.range.clone()).unwrap_or_default());
            let is_right = column.shapes.has(shape) && !is_fraction;
            if !is_right {
                let violation = wrong_type(column.shapes, column.is_integer, shape);
                return Err(violation.under_key(&column.property));
            }
            if let Some(rules) = &column.rules {
                rules
                    .check(text, place)
                    .map_err(|violation| violation.under_key(&column.property))?;
            }
        }
        Ok(())
    }

    /// The first key outside the columns, for a record that has one.
    pub(crate) fn first_other_key(text: &[u8], columns: &StreamColumns) -> Option<Violation> {
        let mut members = Members::of_object(text)?;
        while members.next_key().is_some() {
            let (raw, has_escape) = members.key()?;
            let _value = members.value()?;
            let key = if has_escape { unescaped(raw) } else { raw.to_vec() };
            let key = String::from_utf8_lossy(&key);
            let is_known = MetadataColumn::from_property(&key).is_some()
                || columns.columns.iter().any(|column| column.property == key);
            if !is_known {
                return Some(Violation::here(Fault::Forbidden).under_key(&key));
            }
        }
        None
    }
}

impl ColumnCheck {
    fn new(position: usize, name: &str, property: &Value, is_required: bool, kind: ColumnKind) -> Option<Self> {
        let nothing = Map::new();
        let (shapes, is_integer) = types(property.as_object().unwrap_or(&nothing));
        let mut rules = compile(property);
        if let (Some(rules), ColumnKind::Decimal { scale, .. }) = (&mut rules, kind) {
            rules.number = rules
                .number
                .as_ref()
                .and_then(|number| number.beside_scale(scale))
                .map(Box::new);
        }
        let rules = rules.filter(|rules| !rules.is_type_only());
        let must_look_at_digits =
            is_integer && !matches!(kind, ColumnKind::Integer | ColumnKind::Decimal { scale: 0, .. });
        let check = Self {
            position,
            property: name.to_owned(),
            shapes,
            is_required,
            is_integer,
            must_look_at_digits,
            is_type_only: rules.is_none() && !must_look_at_digits,
            rules,
        };
        (check.is_required || check.shapes != Shapes::ALL || check.rules.is_some()).then_some(check)
    }
}

#[cfg(test)]
mod tests;
