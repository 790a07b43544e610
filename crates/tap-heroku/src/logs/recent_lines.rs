//! Which lines of an app's sessions were read last, by fingerprint and in order: the memory by which equal lines are told
//! apart and by which the next run finds where it stopped. Bounded. Pure: how it is kept in the state is decided here,
//! where is not.

use std::collections::VecDeque;

use serde_json::{Map, Value};

use crate::logs::fingerprint_map::FingerprintMap;

/// A window that is known and a window that is new fit in: within one run nothing is forgotten.
const CAPACITY: usize = 4096;
/// How many fingerprints the state keeps: 1.5 KiB per app.
pub(crate) const KEPT: usize = 128;
const FINGERPRINT_DIGITS: usize = crate::logs::identity::FINGERPRINT_BITS as usize / 4;

/// The newest lines of one app.
#[derive(Debug, Clone, Default)]
pub(crate) struct RecentLines {
    order: VecDeque<u64>,
    repeats: FingerprintMap<Repeats>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Repeats {
    /// How often the line is in `order`.
    present: u32,
    /// The ordinal the next equal line gets.
    next_ordinal: u32,
}

impl RecentLines {
    /// Adds a line and gives its ordinal: the number of equal lines before it.
    pub(crate) fn add(&mut self, fingerprint: u64) -> u32 {
        let repeats = self.repeats.entry(fingerprint).or_default();
        let ordinal = repeats.next_ordinal;
        repeats.next_ordinal = ordinal.saturating_add(1);
        repeats.present += 1;
        self.order.push_back(fingerprint);
        if self.order.len() > CAPACITY
            && let Some(oldest) = self.order.pop_front()
            && let Some(repeats) = self.repeats.get_mut(&oldest)
        {
            repeats.present -= 1;
            if repeats.present == 0 {
                self.repeats.remove(&oldest);
            }
        }
        ordinal
    }

    /// The ordinal of the newest line with this fingerprint.
    pub(crate) fn newest_ordinal(&self, fingerprint: u64) -> u32 {
        self.next_ordinal(fingerprint).saturating_sub(1)
    }

    /// The ordinal the next line with this fingerprint would get, which is the number of such lines so far.
    pub(crate) fn next_ordinal(&self, fingerprint: u64) -> u32 {
        self.repeats.get(&fingerprint).map_or(0, |repeats| repeats.next_ordinal)
    }

    /// The last [`KEPT`] fingerprints, oldest first.
    pub(crate) fn kept(&self) -> Vec<u64> {
        self.order
            .iter()
            .skip(self.order.len().saturating_sub(KEPT))
            .copied()
            .collect()
    }

    /// The memory for going on behind `known` lines that were all read before, of which `self` remembers the last.
    pub(crate) fn after(&self, known: &[u64]) -> RecentLines {
        let mut recent = RecentLines::default();
        for fingerprint in known {
            recent.add(*fingerprint);
        }
        if known.len() < self.order.len() {
            return self.clone();
        }
        for (fingerprint, repeats) in &mut recent.repeats {
            repeats.next_ordinal = repeats.next_ordinal.max(self.next_ordinal(*fingerprint));
        }
        recent
    }

    /// Writes what the next run needs into a bookmark.
    pub(crate) fn write_to(&self, bookmark: &mut Map<String, Value>) {
        let kept = self.kept();
        let text: String = kept.iter().map(|fingerprint| format!("{fingerprint:012x}")).collect();
        let mut repeats = Map::new();
        let counted = RecentLines::from_fingerprints(&kept);
        for (fingerprint, count) in &counted.repeats {
            let next_ordinal = self.next_ordinal(*fingerprint);
            if next_ordinal != count.next_ordinal {
                repeats.insert(format!("{fingerprint:012x}"), Value::from(next_ordinal));
            }
        }
        repeats.sort_keys();
        bookmark.insert("recent_lines".to_owned(), Value::from(text));
        match repeats.is_empty() {
            true => bookmark.shift_remove("recent_repeats"),
            false => bookmark.insert("recent_repeats".to_owned(), Value::Object(repeats)),
        };
    }

    /// Reads what an earlier run wrote; empty when there is nothing or it is damaged.
    pub(crate) fn read_from(bookmark: &Map<String, Value>) -> RecentLines {
        let text = bookmark.get("recent_lines").and_then(Value::as_str).unwrap_or_default();
        let parse = |digits: &[u8]| u64::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok();
        let fingerprints: Option<Vec<u64>> = text.as_bytes().chunks(FINGERPRINT_DIGITS).map(parse).collect();
        let mut recent = RecentLines::from_fingerprints(&fingerprints.unwrap_or_default());
        let repeats = bookmark.get("recent_repeats").and_then(Value::as_object);
        for (digits, next_ordinal) in repeats.into_iter().flatten() {
            let known = parse(digits.as_bytes()).and_then(|fingerprint| recent.repeats.get_mut(&fingerprint));
            if let (Some(known), Some(next_ordinal)) = (known, next_ordinal.as_u64()) {
                known.next_ordinal = u32::try_from(next_ordinal).unwrap_or(u32::MAX);
            }
        }
        recent
    }

    fn from_fingerprints(fingerprints: &[u64]) -> RecentLines {
        let mut recent = RecentLines::default();
        for fingerprint in fingerprints {
            recent.add(*fingerprint);
        }
        recent
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn equal_lines_are_counted_and_the_memory_is_bounded() {
        let mut recent = RecentLines::default();
        assert_eq!(
            [recent.add(7), recent.add(8), recent.add(7), recent.add(7)],
            [0, 0, 1, 2]
        );
        assert_eq!(
            (
                recent.newest_ordinal(7),
                recent.newest_ordinal(8),
                recent.newest_ordinal(9)
            ),
            (2, 0, 0)
        );
        for fingerprint in 100..100 + CAPACITY as u64 {
            recent.add(fingerprint);
        }
        assert_eq!((recent.order.len(), recent.repeats.len()), (CAPACITY, CAPACITY));
        assert_eq!(recent.add(7), 0);
    }

    #[test]
    fn a_damaged_bookmark_is_an_empty_one() {
        for text in ["xyz", "éé", "00"] {
            let bookmark = Map::from_iter([("recent_lines".to_owned(), Value::from(text))]);
            assert!(RecentLines::read_from(&bookmark).kept().len() <= 1, "{text}");
        }
    }

    proptest! {
        /// Through the state and back, ordinals go on as if nothing had happened (for lines among the last KEPT).
        #[test]
        fn the_state_keeps_ordinals(lines in proptest::collection::vec(0u64..40, 0..400), more in proptest::collection::vec(0u64..40, 0..50)) {
            let mut recent = RecentLines::default();
            for line in &lines {
                recent.add(*line);
            }
            let mut bookmark = Map::new();
            recent.write_to(&mut bookmark);
            let mut restored = RecentLines::read_from(&bookmark);
            prop_assert_eq!(restored.kept(), recent.kept());
            let kept = recent.kept();
            for line in more.into_iter().filter(|line| kept.contains(line)) {
                prop_assert_eq!(restored.add(line), recent.add(line));
            }
        }
    }
}
