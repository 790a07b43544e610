//! A stream map applied to a record: its text in, the mapped record's text out. Values are copied as they stand.

use std::collections::HashMap;

use aws_lc_rs::digest;
use md5::{Digest, Md5};

use singer_protocol::{Place, Shape};

use super::expression::{Expression, HashKind, Reference};
use super::object_writer::{ObjectWriter, json_key};
use super::problem::ShapeProblem;
use crate::metadata_columns::MetadataColumn;
use crate::record_row::{Members, string_content, unescaped};

/// What is done with a record's members.
#[derive(Debug)]
pub(crate) struct RecordMap {
    /// Whether members that nothing is said of are kept.
    keeps_others: bool,
    members: HashMap<Vec<u8>, Member>,
    /// New members, in order.
    made: Vec<(Vec<u8>, Made)>,
    /// Where the members with a slot stand in the record at hand.
    slots: Vec<Option<Place>>,
}

#[derive(Debug, Default)]
struct Member {
    is_kept: bool,
    slot: Option<usize>,
}

#[derive(Debug)]
enum Made {
    Constant(Vec<u8>),
    Copy(usize),
    Hash(HashKind, usize),
    WithoutDashes(usize),
    Record,
}

impl RecordMap {
    /// Nothing is said of any member yet.
    pub(crate) fn new(keeps_others: bool) -> Self {
        Self {
            keeps_others,
            members: HashMap::new(),
            made: Vec::new(),
            slots: Vec::new(),
        }
    }

    /// The member stays.
    pub(crate) fn keep(&mut self, name: &str) {
        self.member(name).is_kept = true;
    }

    /// The member goes.
    pub(crate) fn drop(&mut self, name: &str) {
        self.member(name).is_kept = false;
        let key = json_key(name);
        self.made.retain(|(made, _)| *made != key);
    }

    /// The member is made by the expression, in place of any of that name. References are by name.
    pub(crate) fn put(&mut self, name: &str, expression: Expression) {
        self.drop(name);
        let made = match expression {
            Expression::Constant(constant) => Made::Constant(constant.to_string().into_bytes()),
            Expression::Record => Made::Record,
            Expression::Property(Reference::Named(other)) => Made::Copy(self.slot(&other)),
            Expression::Hash(kind, Reference::Named(other)) => Made::Hash(kind, self.slot(&other)),
            Expression::WithoutDashes(other) => Made::WithoutDashes(self.slot(&other)),
            Expression::Property(Reference::Itself) => Made::Copy(self.slot(name)),
            Expression::Hash(kind, Reference::Itself) => Made::Hash(kind, self.slot(name)),
            Expression::StreamName { .. } => Made::Constant(b"null".to_vec()),
        };
        self.made.push((json_key(name), made));
    }

    fn member(&mut self, name: &str) -> &mut Member {
        let keeps_others = self.keeps_others;
        self.members.entry(name.as_bytes().to_vec()).or_insert(Member {
            is_kept: keeps_others,
            slot: None,
        })
    }

    fn slot(&mut self, name: &str) -> usize {
        let next = self.slots.len();
        let slot = *self.member(name).slot.get_or_insert(next);
        if slot == next {
            self.slots.push(None);
        }
        slot
    }

    /// Writes the mapped record.
    pub(crate) fn apply(&mut self, text: &[u8], out: &mut Vec<u8>) -> Result<(), ShapeProblem> {
        self.slots.fill(None);
        let mut writer = ObjectWriter::begin(out);
        let mut members = Members::of_object(text).ok_or(ShapeProblem::NotAnObject)?;
        while members.next_key().is_some() {
            let (raw, has_escape) = members.key().ok_or(ShapeProblem::NotAnObject)?;
            let place = members.value().ok_or(ShapeProblem::NotAnObject)?;
            let known = if has_escape {
                self.members.get(&unescaped(raw))
            } else {
                self.members.get(raw)
            };
            // What the tap says about deletion stays with the record.
            let is_kept = known.map_or_else(|| self.keeps_others || is_metadata(raw), |member| member.is_kept);
            if is_kept {
                writer.raw_member(raw, text.get(place.range.clone()).unwrap_or_default());
            }
            let slot = known.and_then(|member| member.slot);
            if let Some(slot) = slot.and_then(|slot| self.slots.get_mut(slot)) {
                *slot = Some(place);
            }
        }
        for (key, made) in &self.made {
            self.write_made(key, made, text, &mut writer);
        }
        writer.end();
        Ok(())
    }

    fn write_made(&self, key: &[u8], made: &Made, text: &[u8], writer: &mut ObjectWriter<'_>) {
        let found = |slot: usize| {
            let place = self.slots.get(slot)?.as_ref()?;
            Some((text.get(place.range.clone())?, place.shape))
        };
        match made {
            Made::Constant(constant) => writer.member(key, constant),
            Made::Record => writer.member(key, text),
            Made::Copy(slot) => {
                if let Some((value, _)) = found(*slot) {
                    writer.member(key, value);
                }
            }
            Made::Hash(kind, slot) => match found(*slot) {
                None | Some((_, Shape::Null)) => writer.member(key, b"null"),
                Some((value, shape)) => write_hash(*kind, value, shape, writer.key(key)),
            },
            Made::WithoutDashes(slot) => match found(*slot) {
                None => {}
                Some((value, Shape::String { .. })) => {
                    let out = writer.key(key);
                    out.extend(value.iter().filter(|byte| **byte != b'-'));
                }
                Some((value, _)) => writer.member(key, value),
            },
        }
    }
}

fn is_metadata(key: &[u8]) -> bool {
    std::str::from_utf8(key).is_ok_and(|key| MetadataColumn::from_property(key).is_some())
}

/// The digest of a string's characters in UTF-8, and of the JSON text of anything else.
fn write_hash(kind: HashKind, value: &[u8], shape: Shape, out: &mut Vec<u8>) {
    let content = match shape {
        Shape::String { has_escape } => string_content(value, has_escape),
        _ => value.into(),
    };
    out.push(b'"');
    match kind {
        HashKind::Md5 => write_hexadecimal(&Md5::digest(&content), out),
        HashKind::Sha256 => write_hexadecimal(digest::digest(&digest::SHA256, &content).as_ref(), out),
    }
    out.push(b'"');
}

fn write_hexadecimal(bytes: &[u8], out: &mut Vec<u8>) {
    let digit = |value: u8| char::from_digit(u32::from(value), 16).unwrap_or('0') as u8;
    for byte in bytes {
        out.extend([digit(byte >> 4), digit(byte & 15)]);
    }
}
