//! One value's text against its part of the schema, without building a tree but for rules that need one.
//! Making a check from a schema is `compile.rs`.

use std::collections::HashMap;

use jsonschema::Validator;
use serde_json::Value;
use singer_protocol::{Place, Shape};

use super::number::{NumberRules, is_whole};
use super::shapes::Shapes;
use super::tree::check_tree;
use super::violation::{Fault, Violation};
use crate::record_row::{Members, string_content};

/// What a schema demands of a value. Its depth is the schema's, so checking recurses no deeper than that.
#[derive(Debug)]
pub(crate) struct ValueCheck {
    pub(crate) shapes: Shapes,
    pub(crate) is_integer: bool,
    /// Least and greatest number of characters of a string.
    pub(crate) characters: Option<(u64, u64)>,
    pub(crate) number: Option<Box<NumberRules>>,
    pub(crate) allowed: Option<Vec<Value>>,
    pub(crate) object: Option<Box<ObjectCheck>>,
    pub(crate) items: Option<Box<ValueCheck>>,
    pub(crate) combined: Vec<(Combination, Vec<Option<ValueCheck>>)>,
    /// Rules that need the value as a tree; it stands for all others.
    pub(crate) tree: Option<Box<Validator>>,
}

/// How many of several schemas must hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Combination {
    Any,
    One,
    All,
}

/// What a schema demands of an object's members.
#[derive(Debug, Default)]
pub(crate) struct ObjectCheck {
    /// By key: its check, and its position among the required keys.
    pub(crate) members: HashMap<Vec<u8>, (Option<ValueCheck>, Option<usize>)>,
    pub(crate) required: Vec<String>,
    pub(crate) forbids_others: bool,
}

impl ValueCheck {
    /// A check that demands nothing.
    pub(crate) fn nothing() -> Self {
        Self {
            shapes: Shapes::ALL,
            is_integer: false,
            characters: None,
            number: None,
            allowed: None,
            object: None,
            items: None,
            combined: Vec::new(),
            tree: None,
        }
    }

    /// True when only the JSON type counts.
    pub(crate) fn is_type_only(&self) -> bool {
        self.characters.is_none()
            && self.number.is_none()
            && self.allowed.is_none()
            && self.object.is_none()
            && self.items.is_none()
            && self.combined.is_empty()
            && self.tree.is_none()
    }

    /// Compares the value at `place` of `text`.
    pub(crate) fn check(&self, text: &[u8], place: &Place) -> Result<(), Violation> {
        let body = text.get(place.range.clone()).unwrap_or_default();
        if let Some(validator) = &self.tree {
            return check_tree(validator, body);
        }
        let shape = Shapes::of(place, text);
        self.check_type(shape, body)?;
        if let Some(allowed) = &self.allowed
            && !allowed.iter().any(|value| is_equal(value, body, place.shape))
        {
            return Err(Violation::keyword("enum"));
        }
        match shape {
            Shapes::STRING => self.check_characters(body, place.shape)?,
            Shapes::NUMBER => {
                if let Some(keyword) = self.number.as_ref().and_then(|rules| rules.broken_by(body)) {
                    return Err(Violation::keyword(keyword));
                }
            }
            Shapes::OBJECT => {
                if let Some(object) = &self.object {
                    object.check(body)?;
                }
            }
            Shapes::ARRAY => {
                if let Some(items) = &self.items {
                    check_items(items, body)?;
                }
            }
            _ => {}
        }
        self.combined
            .iter()
            .try_for_each(|(combination, checks)| check_combined(*combination, checks, text, place))
    }

    fn check_type(&self, shape: Shapes, body: &[u8]) -> Result<(), Violation> {
        let is_right = self.shapes.has(shape) && !(self.is_integer && shape == Shapes::NUMBER && !is_whole(body));
        if is_right {
            return Ok(());
        }
        Err(self.wrong_type(shape))
    }

    /// What to say when the type is not one of these.
    pub(crate) fn wrong_type(&self, found: Shapes) -> Violation {
        wrong_type(self.shapes, self.is_integer, found)
    }

    fn check_characters(&self, literal: &[u8], shape: Shape) -> Result<(), Violation> {
        let Some((least, greatest)) = self.characters else {
            return Ok(());
        };
        let inside = u64::try_from(literal.len().saturating_sub(2)).unwrap_or(u64::MAX);
        if least == 0 && inside <= greatest {
            return Ok(());
        }
        let has_escape = shape == Shape::String { has_escape: true };
        let content = string_content(literal, has_escape);
        let count = String::from_utf8_lossy(&content).chars().count();
        let count = u64::try_from(count).unwrap_or(u64::MAX);
        if count > greatest {
            return Err(Violation::keyword("maxLength"));
        }
        if count < least {
            return Err(Violation::keyword("minLength"));
        }
        Ok(())
    }
}

/// What to say when the type is not one of `expected`.
pub(crate) fn wrong_type(expected: Shapes, is_integer: bool, found: Shapes) -> Violation {
    let is_fraction = is_integer && found == Shapes::NUMBER && expected.has(Shapes::NUMBER);
    Violation::here(Fault::Type {
        expected: expected.words(is_integer),
        found: if is_fraction {
            "a number that is not whole"
        } else {
            found.name()
        },
    })
}

impl ObjectCheck {
    fn check(&self, body: &[u8]) -> Result<(), Violation> {
        let mut members = Members::of_object(body).ok_or_else(|| Violation::here(Fault::NotReadable))?;
        let mut is_there = vec![false; self.required.len()];
        while members.next_key().is_some() {
            let (raw, has_escape) = members.key().ok_or_else(|| Violation::here(Fault::NotReadable))?;
            let place = members.value().ok_or_else(|| Violation::here(Fault::NotReadable))?;
            let unescaped = has_escape.then(|| crate::record_row::unescaped(raw));
            let key = unescaped.as_deref().unwrap_or(raw);
            let named = || String::from_utf8_lossy(key).into_owned();
            match self.members.get(key) {
                Some((check, required)) => {
                    if let Some(slot) = required.and_then(|position| is_there.get_mut(position)) {
                        *slot = true;
                    }
                    if let Some(check) = check {
                        check
                            .check(body, &place)
                            .map_err(|violation| violation.under_key(&named()))?;
                    }
                }
                None if self.forbids_others => return Err(Violation::here(Fault::Forbidden).under_key(&named())),
                None => {}
            }
        }
        let missing = self.required.iter().zip(&is_there).find(|(_, is_there)| !**is_there);
        match missing {
            Some((key, _)) => Err(Violation::here(Fault::Missing).under_key(key)),
            None => Ok(()),
        }
    }
}

fn check_items(check: &ValueCheck, body: &[u8]) -> Result<(), Violation> {
    let mut elements = Members::of_array(body).ok_or_else(|| Violation::here(Fault::NotReadable))?;
    let mut index = 0;
    while let Some(place) = elements.next_element() {
        check
            .check(body, &place)
            .map_err(|violation| violation.at_item(index))?;
        index += 1;
    }
    Ok(())
}

fn check_combined(
    combination: Combination,
    checks: &[Option<ValueCheck>],
    text: &[u8],
    place: &Place,
) -> Result<(), Violation> {
    let results = checks.iter().map(|check| match check {
        Some(check) => check.check(text, place),
        None => Ok(()),
    });
    match combination {
        Combination::All => results.collect(),
        Combination::Any => {
            let mut results = results;
            results
                .any(|result| result.is_ok())
                .then_some(())
                .ok_or_else(|| Violation::keyword("anyOf"))
        }
        Combination::One => {
            let count = results.filter(Result::is_ok).count();
            (count == 1).then_some(()).ok_or_else(|| Violation::keyword("oneOf"))
        }
    }
}

/// Equality of JSON Schema: 1 and 1.0 are the same.
fn is_equal(allowed: &Value, body: &[u8], shape: Shape) -> bool {
    match (allowed, shape) {
        (Value::String(text), Shape::String { has_escape }) => *string_content(body, has_escape) == *text.as_bytes(),
        (Value::Null, Shape::Null) => true,
        (Value::Bool(flag), Shape::Boolean) => body == if *flag { b"true".as_slice() } else { b"false" },
        (Value::Number(number), Shape::Number) => {
            let found = serde_json::from_slice::<serde_json::Number>(body).ok();
            found.is_some_and(|found| found == *number || found.as_f64() == number.as_f64())
        }
        (Value::Array(_) | Value::Object(_), Shape::Container { .. }) => {
            serde_json::from_slice::<Value>(body).is_ok_and(|found| is_same(&found, allowed))
        }
        _ => false,
    }
}

/// The same for values inside: numbers count by what they are, not by how they are written.
fn is_same(found: &Value, allowed: &Value) -> bool {
    match (found, allowed) {
        (Value::Number(found), Value::Number(allowed)) => found == allowed || found.as_f64() == allowed.as_f64(),
        (Value::Array(found), Value::Array(allowed)) => {
            found.len() == allowed.len()
                && found
                    .iter()
                    .zip(allowed)
                    .all(|(found, allowed)| is_same(found, allowed))
        }
        (Value::Object(found), Value::Object(allowed)) => {
            let is_in = |(key, allowed)| found.get(key).is_some_and(|found| is_same(found, allowed));
            found.len() == allowed.len() && allowed.iter().all(is_in)
        }
        _ => found == allowed,
    }
}
