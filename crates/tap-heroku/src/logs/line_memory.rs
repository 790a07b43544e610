//! The lines a file or pipe showed last, to count equal ones. Bounded, and aware of what it forgot: a line that may equal
//! a forgotten one is not given a number. Pure; it is not kept in the state but read again from the file.

use std::collections::VecDeque;

use heroku_logs::LogTime;

use crate::logs::fingerprint_map::FingerprintMap;

/// More lines than `heroku logs` prints, so that two prints that overlap give the same numbers.
const CAPACITY_LINES: usize = 4096;
/// What is read again before a file is gone on with is at most this long.
const CAPACITY_BYTES: u64 = 16 * 1024 * 1024;

/// The newest lines with a time.
#[derive(Debug, Clone)]
pub(crate) struct LineMemory {
    lines: VecDeque<Line>,
    /// How often each fingerprint is in `lines`.
    counts: FingerprintMap<u32>,
    /// The latest time of a line that is no longer in `lines`.
    forgotten_until: Option<LogTime>,
    capacity_lines: usize,
}

#[derive(Debug, Clone, Copy)]
struct Line {
    fingerprint: u64,
    time: LogTime,
    offset: u64,
}

impl LineMemory {
    /// An empty memory that forgot lines up to a time, or none.
    pub(crate) fn new(forgotten_until: Option<LogTime>) -> LineMemory {
        LineMemory {
            lines: VecDeque::new(),
            counts: FingerprintMap::default(),
            forgotten_until,
            capacity_lines: CAPACITY_LINES,
        }
    }

    /// Adds the line that starts at `offset`.
    pub(crate) fn add(&mut self, fingerprint: u64, time: LogTime, offset: u64) {
        self.lines.push_back(Line {
            fingerprint,
            time,
            offset,
        });
        *self.counts.entry(fingerprint).or_default() += 1;
        while let Some(oldest) = self
            .lines
            .front()
            .copied()
            .filter(|oldest| self.is_too_old(oldest, offset))
        {
            self.lines.pop_front();
            self.forgotten_until = self.forgotten_until.max(Some(oldest.time));
            if let Some(count) = self.counts.get_mut(&oldest.fingerprint) {
                *count -= 1;
                if *count == 0 {
                    self.counts.remove(&oldest.fingerprint);
                }
            }
        }
    }

    /// How many equal lines came before the line added last. `None` when one may have been forgotten: only lines with
    /// the very same time are equal, so this happens to lines that are as old as forgotten ones.
    pub(crate) fn ordinal(&self, fingerprint: u64, time: LogTime) -> Option<u32> {
        if Some(time) <= self.forgotten_until {
            return None;
        }
        Some(self.counts.get(&fingerprint).map_or(0, |count| count.saturating_sub(1)))
    }

    /// Where to read again from to have this memory back.
    pub(crate) fn first_offset(&self) -> Option<u64> {
        self.lines.front().map(|line| line.offset)
    }

    pub(crate) fn forgotten_until(&self) -> Option<LogTime> {
        self.forgotten_until
    }

    fn is_too_old(&self, oldest: &Line, newest_offset: u64) -> bool {
        self.lines.len() > self.capacity_lines || newest_offset.saturating_sub(oldest.offset) > CAPACITY_BYTES
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    fn time(second: u64) -> LogTime {
        LogTime::parse(&format!("2026-01-01T00:00:{second:02}Z")).unwrap()
    }

    proptest! {
        /// Whatever was forgotten, no two lines get the same number, and going on behind any line from what is read
        /// again gives the numbers that going straight on gave.
        #[test]
        fn numbers_are_never_given_twice_and_survive_a_new_start(
            lines in proptest::collection::vec((0u64..3, 0u64..4), 1..60), stop in 0usize..60
        ) {
            let small = |forgotten_until| LineMemory { capacity_lines: 5, ..LineMemory::new(forgotten_until) };
            let mut memory = small(None);
            let mut given = BTreeSet::new();
            let mut restarted: Option<LineMemory> = None;
            for (index, (text, second)) in lines.iter().enumerate() {
                let (fingerprint, time, offset) = (text * 100 + second, time(*second), index as u64 * 10);
                memory.add(fingerprint, time, offset);
                let ordinal = memory.ordinal(fingerprint, time);
                if let Some(ordinal) = ordinal {
                    prop_assert!(given.insert((fingerprint, ordinal)));
                }
                if let Some(restarted) = &mut restarted {
                    restarted.add(fingerprint, time, offset);
                    prop_assert_eq!(restarted.ordinal(fingerprint, time), ordinal);
                }
                if index == stop {
                    let mut again = small(memory.forgotten_until());
                    let first = memory.first_offset().unwrap() as usize / 10;
                    for (index, (text, second)) in lines.iter().enumerate().take(index + 1).skip(first) {
                        again.add(text * 100 + second, super::tests::time(*second), index as u64 * 10);
                    }
                    restarted = Some(again);
                }
            }
        }
    }

    #[test]
    fn a_long_stretch_of_bytes_is_forgotten_too() {
        let mut memory = LineMemory::new(None);
        memory.add(1, time(1), 0);
        memory.add(2, time(1), CAPACITY_BYTES + 1);
        assert_eq!(
            (memory.first_offset(), memory.ordinal(2, time(1))),
            (Some(CAPACITY_BYTES + 1), None)
        );
        assert_eq!(memory.ordinal(2, time(2)), Some(0));
    }
}
