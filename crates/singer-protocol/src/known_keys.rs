//! The keys of the record before. Records of a stream mostly have the same keys in the same order, so each key is first
//! compared with the one that stood in its place, blanks and colon included: one comparison in place of reading it. Whoever
//! uses records learns in the same way that all their keys are those he saw before ([`KeySet`]). Not for values.

use std::fmt;
use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};

use wide::u8x32;

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

/// A key as it stood in a text: from its quote to where its value began.
#[derive(Debug, Clone)]
struct KnownKey {
    /// Padded with zeros.
    text: [u8; BYTES],
    /// A bit for each byte that is padding.
    padding: u32,
    length: usize,
    /// Where the key is in it, without quotes.
    key: Range<usize>,
}

impl KnownKey {
    /// Longer ones than can be compared at once are not known, nor are those with a backslash.
    fn new(text: &[u8], key: Range<usize>) -> Option<Self> {
        let mut padded = [0; BYTES];
        padded.get_mut(..text.len())?.copy_from_slice(text);
        Some(Self {
            text: padded,
            padding: u32::MAX.unbounded_shl(text.len() as u32),
            length: text.len(),
            key,
        })
    }

    #[inline(always)]
    fn begins(&self, text: &[u8]) -> bool {
        let Some(found) = text.first_chunk() else {
            return self.text.get(..self.length) == text.get(..self.length);
        };
        let equal = u8x32::new(*found).simd_eq(u8x32::new(self.text)).to_bitmask();
        equal | self.padding == u32::MAX
    }
}

/// The keys of the record before, in its order.
#[derive(Debug, Default)]
pub(crate) struct KnownKeys {
    known: Vec<Option<KnownKey>>,
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

    /// If the key that stood here last time begins the text: where the key is in the text, and how long it is with all that
    /// goes with it.
    #[inline(always)]
    pub(crate) fn expected(&mut self, text: &[u8]) -> Option<(Range<usize>, usize)> {
        let known = self.known.get(self.seen)?.as_ref()?;
        known.begins(text).then_some(())?;
        self.seen += 1;
        Some((known.key.clone(), known.length))
    }

    /// Another key stood here: `text` is as long as [`expected`](Self::expected) says, `None` when it has a backslash.
    pub(crate) fn learn(&mut self, text: Option<&[u8]>, key: Range<usize>) {
        // At once, because the record may end in an error: then what is known would not be what the set says.
        self.change();
        let known = text.and_then(|text| KnownKey::new(text, key));
        match self.known.get_mut(self.seen) {
            Some(slot) => *slot = known,
            None => self.known.push(known),
        }
        self.seen += 1;
    }

    /// The record has ended: its keys.
    pub(crate) fn end(&mut self) -> KeySet {
        if self.seen < self.known.len() {
            self.known.truncate(self.seen);
            self.change();
        }
        self.set
    }

    fn change(&mut self) {
        if !std::mem::replace(&mut self.is_changed, true) {
            self.set = KeySet::new();
        }
    }
}
