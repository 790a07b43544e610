//! The keys of the record before. Records of a stream mostly have the same keys in the same order, so each key is first
//! compared with the one that stood in its place, blanks and colon included: one comparison in place of reading it. Whoever
//! uses records learns in the same way that all their keys are those he saw before ([`KeySet`]). Not for values.

use std::fmt;
use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};

use wide::u8x32;

/// Of a record with more keys, those beyond are read anew each time, so that memory does not grow with what comes in.
pub(crate) const KNOWN_KEYS_LIMIT: usize = 4096;
/// Longer ones are read anew, too.
const KNOWN_BYTES_LIMIT: usize = 512;

/// Says which keys a record has, in which order. Two records with the same one have the same; with different ones they may,
/// too.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub struct KeySet(u64);

/// Without its number, which says nothing.
impl fmt::Debug for KeySet {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("KeySet").finish_non_exhaustive()
    }
}

impl KeySet {
    fn new() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        Self(NEXT.fetch_add(1, Ordering::Relaxed))
    }
}

/// What can be compared at once.
const BYTES: usize = 32;

/// Where a key is in a text, from the key's quote on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct KeyPlace {
    /// The key without quotes.
    pub(crate) key: Range<usize>,
    pub(crate) has_escape: bool,
    /// The bytes from the key's quote to where its value begins.
    pub(crate) length: usize,
}

/// A key as it stood in a text, from its quote to where its value began.
#[derive(Debug, Clone, Default)]
struct KnownKey {
    /// The first bytes, padded with zeros.
    begin: [u8; BYTES],
    /// A bit for each byte of `begin` that is padding.
    padding: u32,
    /// What does not fit into `begin`.
    rest: Vec<u8>,
    /// `None`: too long to be known.
    place: Option<KeyPlace>,
}

impl KnownKey {
    fn set(&mut self, text: &[u8], place: KeyPlace) {
        self.rest.clear();
        self.place = None;
        if text.len() > KNOWN_BYTES_LIMIT {
            return;
        }
        let (begin, rest) = text.split_at(text.len().min(BYTES));
        self.begin = [0; BYTES];
        if let Some(room) = self.begin.get_mut(..begin.len()) {
            room.copy_from_slice(begin);
        }
        self.padding = u32::MAX.unbounded_shl(begin.len() as u32);
        self.rest.extend_from_slice(rest);
        self.place = Some(place);
    }

    /// Its place if it begins the text.
    #[inline(always)]
    fn at(&self, text: &[u8]) -> Option<&KeyPlace> {
        let place = self.place.as_ref()?;
        let is_same = match text.first_chunk() {
            Some(found) => {
                let equal = u8x32::new(*found).simd_eq(u8x32::new(self.begin)).to_bitmask();
                equal | self.padding == u32::MAX
            }
            None => place.length <= text.len() && self.begin.get(..place.length) == text.get(..place.length),
        };
        let is_same = is_same && (self.rest.is_empty() || text.get(BYTES..place.length) == Some(&self.rest));
        is_same.then_some(place)
    }
}

/// The keys of the record before, in its order.
#[derive(Debug, Default)]
pub(crate) struct KnownKeys {
    known: Vec<KnownKey>,
    /// How many of them the record before had.
    count: usize,
    set: KeySet,
    /// How many the record that is being read has had so far.
    seen: usize,
    is_changed: bool,
}

impl KnownKeys {
    /// A record begins.
    pub(crate) fn begin(&mut self) {
        self.seen = 0;
        self.is_changed = false;
    }

    /// The place of the next key, if it is the one that stood here last time. Blanks before its value may follow.
    #[inline(always)]
    pub(crate) fn expected(&mut self, text: &[u8]) -> Option<KeyPlace> {
        let known = self.known.get(..self.count)?.get(self.seen)?;
        let place = known.at(text)?.clone();
        self.seen += 1;
        Some(place)
    }

    /// Another key stands here. `text` is that of [`KeyPlace::length`].
    pub(crate) fn learn(&mut self, text: &[u8], place: KeyPlace) {
        // At once, because the record may end in an error: then what is known would not be what the set says.
        if !std::mem::replace(&mut self.is_changed, true) {
            self.set = KeySet::new();
        }
        if self.seen == self.known.len() && self.seen < KNOWN_KEYS_LIMIT {
            self.known.push(KnownKey::default());
        }
        if let Some(slot) = self.known.get_mut(self.seen) {
            slot.set(text, place);
            self.count = self.count.max(self.seen + 1);
        }
        self.seen += 1;
    }

    /// The record has ended: its keys.
    pub(crate) fn end(&mut self) -> KeySet {
        if self.seen < self.count {
            self.count = self.seen;
            self.set = KeySet::new();
        }
        self.set
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record_text::RecordScanner;

    fn scan(scanner: &mut RecordScanner, text: &str) -> (KeySet, Vec<String>) {
        let record = scanner.scan(text).expect("a record");
        let keys = record.members().iter().map(|member| text.get(member.key.clone()));
        let keys = keys.map(|key| key.unwrap_or_default().to_owned()).collect();
        (record.key_set(), keys)
    }

    /// Every length around what is compared at once, behind which the text ends at once or goes on.
    #[test]
    fn the_same_keys_are_one_set_whatever_their_lengths() {
        for length in (1..70).chain(505..515) {
            for end in ["", " ", "                                        "] {
                let (mut scanner, key) = (RecordScanner::default(), "k".repeat(length));
                let text = format!("{{\"{key}\": 1,\"b\":2}}{end}");
                let (first, keys) = scan(&mut scanner, &text);
                assert_eq!(keys, [key.as_str(), "b"]);
                assert_eq!(scan(&mut scanner, &text.replace('1', "[5]")).1, keys);
                let (again, _) = scan(&mut scanner, &text);
                assert_eq!(again == first, length <= 508, "{length}");
                let other = text.replace("k\"", "j\"");
                assert_ne!(
                    scan(&mut scanner, &other).0,
                    again,
                    "{length}: the last letter is another"
                );
            }
        }
    }

    #[test]
    fn another_number_of_keys_is_another_set() {
        let mut scanner = RecordScanner::default();
        let texts = [
            "{\"a\":1,\"b\":2}",
            "{\"a\":1}",
            "{}",
            "{}",
            "{\"a\":1}",
            "{\"a\":1,\"b\":2}",
        ];
        let sets: Vec<KeySet> = texts.iter().map(|text| scan(&mut scanner, text).0).collect();
        for pair in sets.windows(2).filter(|pair| *pair != [sets[2], sets[3]]) {
            assert_ne!(pair[0], pair[1]);
        }
        assert_eq!(sets[2], sets[3]);
    }

    /// Blanks may differ; an escaped key is known as it stands.
    #[test]
    fn a_key_may_have_blanks_and_escapes() {
        let mut scanner = RecordScanner::default();
        let (first, _) = scan(&mut scanner, "{\"\\u0061\" : 1, \"b\": 2}");
        let (again, keys) = scan(&mut scanner, "{\"\\u0061\" :   1, \"b\": 3}");
        assert_eq!(
            (first == again, keys),
            (true, vec!["\\u0061".to_owned(), "b".to_owned()])
        );
        assert_ne!(scan(&mut scanner, "{\"a\":1, \"b\": 2}").0, again);
    }

    /// What a broken record changed must not be taken for the keys of the one before it.
    #[test]
    fn a_broken_record_makes_another_set() {
        let mut scanner = RecordScanner::default();
        let (before, _) = scan(&mut scanner, "{\"a\":1,\"b\":2}");
        assert!(scanner.scan("{\"x\":1").is_none());
        let (after, keys) = scan(&mut scanner, "{\"x\":1,\"b\":2}");
        assert_ne!(after, before);
        assert_eq!(keys, ["x", "b"]);
    }

    #[test]
    fn memory_does_not_grow_with_keys() {
        let mut scanner = RecordScanner::default();
        let members: Vec<String> = (0..3 * KNOWN_KEYS_LIMIT).map(|key| format!("\"{key}\":0")).collect();
        let text = format!("{{{}}}", members.join(","));
        let (first, keys) = scan(&mut scanner, &text);
        assert_eq!(keys.len(), 3 * KNOWN_KEYS_LIMIT);
        assert_ne!(scan(&mut scanner, &text).0, first);
        assert_eq!(scanner.known_keys.known.len(), KNOWN_KEYS_LIMIT);
        let _small = scan(&mut scanner, "{}");
        assert!(scanner.members.capacity() <= KNOWN_KEYS_LIMIT);
    }
}
