//! Finds the member of a record that has a column's value. Records of a stream mostly have the same keys in the same order:
//! where the reader says so, no key is looked at. Otherwise the key that followed last time is tried first, and only a surprise
//! is looked up. Not for values.

use std::collections::HashMap;

use singer_protocol::{KeySet, RecordText};

use super::text::unescaped;
use crate::columns::{Column, ColumnSource};
use crate::metadata_columns::MetadataColumn;

/// Keys outside the schema that are remembered, each with at most this many bytes. Taps that use keys as data have no end
/// of them; what is not remembered is looked up again and not reported by name.
const REMEMBERED_UNKNOWN_KEYS: usize = 1000;
const REMEMBERED_KEY_BYTES: usize = 255;

/// Something the user should hear of once per stream, though the row was written.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum RowNote {
    /// A key that the schema does not have; its values are not loaded.
    UnknownKey {
        /// The key's name.
        key: String,
    },
    /// More keys outside the schema than are reported by name.
    ManyUnknownKeys,
    /// A number with more digits than a double keeps.
    RoundedNumber {
        /// The property's name.
        key: String,
    },
    /// A number inside JSON that became a string, because VARIANT has no such number.
    QuotedNumber {
        /// The property's name.
        key: String,
    },
    /// The `time_extracted` of a RECORD that is no time; NULL was written.
    NoTime,
    /// A text that was cut to what its column takes.
    CutText {
        /// The property's name.
        key: String,
    },
}

/// Where a key's value goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Target {
    Column(usize),
    /// Outside the schema, or made by the target itself.
    Nowhere,
}

#[derive(Debug)]
struct KnownKey {
    /// The key as it stands in records. Empty: it needs escapes there, so it is always looked up.
    text: Vec<u8>,
    target: Target,
    /// The key that came after this one last time.
    next: usize,
}

/// The keys of one stream.
#[derive(Debug)]
pub(crate) struct KeyIndex {
    /// The first stands for the object's beginning and is no key.
    known: Vec<KnownKey>,
    by_name: HashMap<Vec<u8>, usize>,
    /// The keys of the record before.
    key_set: KeySet,
    /// For each column, which member of that record has its value.
    members: Vec<Option<usize>>,
    has_other_keys: bool,
    unknown_count: usize,
    is_many_noted: bool,
    notes: Vec<RowNote>,
}

impl KeyIndex {
    pub(crate) fn new(columns: &[Column]) -> Self {
        let beginning = KnownKey {
            text: Vec::new(),
            target: Target::Nowhere,
            next: 1,
        };
        let mut index = Self {
            known: vec![beginning],
            by_name: HashMap::new(),
            key_set: KeySet::default(),
            members: vec![None; columns.len()],
            has_other_keys: false,
            unknown_count: 0,
            is_many_noted: false,
            notes: Vec::new(),
        };
        for (position, column) in columns.iter().enumerate() {
            match column.source {
                ColumnSource::Property | ColumnSource::Metadata(MetadataColumn::DeletedAt) => {
                    index.learn(column.property.as_bytes(), Target::Column(position));
                }
                ColumnSource::Metadata(_) => {}
            }
        }
        index
    }

    /// Looks at a record's keys; what the other methods say is of this record then.
    pub(crate) fn look_at(&mut self, record: &RecordText<'_>) {
        if record.key_set() == self.key_set {
            return;
        }
        self.members.fill(None);
        self.has_other_keys = false;
        let text = record.text().as_bytes();
        let mut previous = 0;
        for (position, member) in record.members().iter().enumerate() {
            let name = text.get(member.key.clone()).unwrap_or_default();
            let (number, column) = self.follow(name, member.key_has_escape, previous);
            previous = number;
            match column.and_then(|column| self.members.get_mut(column)) {
                // Of a key that comes twice, the last.
                Some(slot) => *slot = Some(position),
                None => self.has_other_keys = true,
            }
        }
        self.key_set = record.key_set();
    }

    /// Which member of the record has a column's value; `None` when none has.
    #[inline(always)]
    pub(crate) fn member_of(&self, column: usize) -> Option<usize> {
        self.members.get(column).copied().flatten()
    }

    /// Whether a key of the record has no column.
    pub(crate) fn has_other_keys(&self) -> bool {
        self.has_other_keys
    }

    /// Finds a key as it stands in the record. `previous` is what the last call of this record returned, 0 at first. Returns
    /// the key's number and its column, if it has one.
    fn follow(&mut self, text: &[u8], has_escape: bool, previous: usize) -> (usize, Option<usize>) {
        let expected = self.known.get(previous).map_or(0, |key| key.next);
        if let Some(key) = self.known.get(expected)
            && key.text == text
            && !text.is_empty()
        {
            return (expected, column_of(key.target));
        }
        let number = if has_escape {
            self.look_up(&unescaped(text))
        } else {
            self.look_up(text)
        };
        if let Some(previous) = self.known.get_mut(previous) {
            previous.next = number;
        }
        (number, self.known.get(number).and_then(|key| column_of(key.target)))
    }

    /// What was noticed since the last call.
    pub(crate) fn take_notes(&mut self) -> Vec<RowNote> {
        std::mem::take(&mut self.notes)
    }

    /// The number of a key; 0, which leads nowhere, for keys outside the schema that are too many to remember.
    fn look_up(&mut self, name: &[u8]) -> usize {
        if let Some(number) = self.by_name.get(name) {
            return *number;
        }
        let text = String::from_utf8_lossy(name);
        let metadata = MetadataColumn::from_property(&text);
        if metadata == Some(MetadataColumn::DeletedAt)
            && let Some(number) = self.by_name.get(MetadataColumn::DeletedAt.property().as_bytes())
        {
            return *number;
        }
        if self.unknown_count > REMEMBERED_UNKNOWN_KEYS {
            return 0;
        }
        self.unknown_count += 1;
        if self.unknown_count > REMEMBERED_UNKNOWN_KEYS || name.len() > REMEMBERED_KEY_BYTES {
            if !std::mem::replace(&mut self.is_many_noted, true) {
                self.notes.push(RowNote::ManyUnknownKeys);
            }
            return 0;
        }
        if metadata.is_none() {
            self.notes.push(RowNote::UnknownKey { key: text.into_owned() });
        }
        self.learn(name, Target::Nowhere)
    }

    fn learn(&mut self, name: &[u8], target: Target) -> usize {
        let number = self.known.len();
        let is_plain = !name.iter().any(|byte| matches!(byte, b'"' | b'\\' | 0..=0x1F));
        self.known.push(KnownKey {
            text: if is_plain { name.to_vec() } else { Vec::new() },
            target,
            next: number + 1,
        });
        self.by_name.insert(name.to_vec(), number);
        number
    }
}

fn column_of(target: Target) -> Option<usize> {
    match target {
        Target::Column(position) => Some(position),
        Target::Nowhere => None,
    }
}
