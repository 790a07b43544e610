//! Finds, in a window of lines just fetched, the first one that was not read before. By the order of arrival, not by
//! time: lines arrive out of order, and equal lines are common. Pure.

use crate::logs::recent_lines::RecentLines;

/// Fewer lines of agreement than this, in a window that is full, do not prove that nothing is missing between: lines of
/// one instant may be equal by chance.
const CERTAIN_AGREEMENT: usize = 8;

/// How a window follows what was read before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Overlap {
    /// The first `lines` of the window were read before.
    Known {
        /// How many; the last of them is the newest line read.
        lines: usize,
        /// False when equal lines would allow another place, or the agreement is too short to prove anything.
        is_certain: bool,
    },
    /// The window ends before the newest line read: there is nothing new in it.
    Behind,
    /// None of the window fits to what was read before.
    None,
}

/// Compares a window, as fingerprints in order of arrival, with the newest lines read.
///
/// A place fits when, going back from it, window and memory agree until one of them ends. Of several places the one with
/// the longest agreement counts; among equals, which only a run of equal lines makes, the first that holds as many of
/// the newest line as were read. So a line that was read is never taken for a new one.
pub(crate) fn find(recent: &RecentLines, window: &[u64]) -> Overlap {
    let memory = recent.kept();
    let Some(newest) = memory.last() else {
        return Overlap::None;
    };
    let mut places: Vec<usize> = Vec::new();
    for (index, _) in window.iter().enumerate().filter(|(_, line)| *line == newest) {
        if fits(&memory, window.get(..=index).unwrap_or_default()) {
            places.push(index + 1);
        }
    }
    let Some(longest) = places.iter().map(|place| memory.len().min(*place)).max() else {
        return if is_behind(&memory, window) {
            Overlap::Behind
        } else {
            Overlap::None
        };
    };
    let read = recent.next_ordinal(*newest) as usize;
    let count = |place: usize| window.iter().take(place).filter(|line| *line == newest).count();
    let candidates: Vec<usize> = places
        .iter()
        .copied()
        .filter(|place| memory.len().min(*place) == longest)
        .collect();
    let enough = candidates.iter().find(|place| count(**place) >= read);
    let is_certain = places.len() == 1 && longest >= CERTAIN_AGREEMENT;
    enough
        .or(candidates.last())
        .map_or(Overlap::None, |lines| Overlap::Known {
            lines: *lines,
            is_certain,
        })
}

/// True when `one` and `other` are equal from their ends back to where the shorter one starts.
fn fits(one: &[u64], other: &[u64]) -> bool {
    one.iter()
        .rev()
        .zip(other.iter().rev())
        .all(|(left, right)| left == right)
}

/// True when the window's end lies inside the memory: a server answered with an older state than before.
fn is_behind(memory: &[u64], window: &[u64]) -> bool {
    !window.is_empty() && (1..memory.len()).any(|end| fits(memory.get(..end).unwrap_or_default(), window))
}

#[cfg(test)]
mod tests;
