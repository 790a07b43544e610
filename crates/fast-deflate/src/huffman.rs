//! Huffman codes of limited length, as deflate wants them: complete, canonical, lowest bit first. Not for writing them.

use crate::bit_writer::Bits;

/// Codes for `N` symbols; a symbol that does not occur has no bits.
#[derive(Debug)]
pub(crate) struct Codes<const N: usize> {
    pub(crate) codes: [Bits; N],
}

/// The longest code that deflate allows anywhere.
const LONGEST_CODE: usize = 15;

impl<const N: usize> Codes<N> {
    /// The shortest codes for symbols that occur so often, none longer than `limit` bits (at most 15). At least two
    /// symbols get a code, because decoders may refuse a code that is not complete.
    pub(crate) fn from_counts(counts: &[u32; N], limit: usize) -> Self {
        let mut by_count: Vec<(u32, usize)> = Vec::with_capacity(N);
        by_count.extend(counts.iter().copied().zip(0..).filter(|(count, _)| *count > 0));
        for symbol in 0..2 {
            if by_count.len() < 2 && by_count.iter().all(|(_, other)| *other != symbol) {
                by_count.push((1, symbol));
            }
        }
        by_count.sort_unstable();
        let lengths = lengths_in_order(by_count.iter().map(|(count, _)| u64::from(*count)).collect());
        let of_length = limited(&lengths, limit);

        let mut code_lengths = [0_u32; N];
        let mut symbols = by_count.iter().map(|(_, symbol)| *symbol);
        for (length, count) in of_length.iter().enumerate().rev() {
            for symbol in symbols.by_ref().take(*count) {
                if let Some(slot) = code_lengths.get_mut(symbol) {
                    *slot = length as u32;
                }
            }
        }
        Self {
            codes: canonical(&code_lengths, &of_length),
        }
    }

    /// The code of a symbol.
    #[inline(always)]
    pub(crate) fn code(&self, symbol: usize) -> Bits {
        self.codes.get(symbol).copied().unwrap_or_default()
    }

    /// How many bits all symbols take that occur so often, without extra bits.
    pub(crate) fn cost_bits(&self, counts: &[u32; N]) -> u64 {
        let costs = self.codes.iter().zip(counts);
        costs
            .map(|(code, count)| u64::from(code.count) * u64::from(*count))
            .sum()
    }
}

/// The lengths of Huffman codes for weights in rising order: lengths fall. By the two queues of van Leeuwen: leaves in
/// order, and inner nodes, which come into being in order too.
fn lengths_in_order(weights: Vec<u64>) -> Vec<usize> {
    let leaf_count = weights.len();
    let mut nodes: Vec<u64> = weights;
    let mut parents = vec![0; (2 * leaf_count).saturating_sub(1)];
    let (mut leaf, mut inner) = (0, leaf_count);
    while nodes.len() + 1 < 2 * leaf_count {
        let made = nodes.len();
        let mut least = || {
            let is_leaf = leaf < leaf_count && (inner >= made || nodes.get(leaf) <= nodes.get(inner));
            let chosen = if is_leaf { &mut leaf } else { &mut inner };
            *chosen += 1;
            *chosen - 1
        };
        let pair = [least(), least()];
        for child in pair {
            if let Some(parent) = parents.get_mut(child) {
                *parent = made;
            }
        }
        nodes.push(pair.iter().filter_map(|child| nodes.get(*child)).sum());
    }
    // Parents come after their children: from the root down every depth is known before it is asked for.
    let mut depths = vec![0; parents.len()];
    for child in (0..parents.len().saturating_sub(1)).rev() {
        let parent = parents.get(child).copied().unwrap_or_default();
        let depth = depths.get(parent).copied().unwrap_or_default() + 1;
        if let Some(slot) = depths.get_mut(child) {
            *slot = depth;
        }
    }
    depths.truncate(leaf_count);
    depths
}

/// How many codes of each length there are when none is longer than `limit`: those that are get cut, and others are made
/// longer until all have room.
fn limited(lengths: &[usize], limit: usize) -> [usize; LONGEST_CODE + 1] {
    let mut of_length = [0; LONGEST_CODE + 1];
    for length in lengths {
        if let Some(count) = of_length.get_mut((*length).min(limit)) {
            *count += 1;
        }
    }
    let room = 1_usize << limit;
    let taken = of_length.iter().enumerate().skip(1);
    let mut taken: usize = taken.map(|(length, count)| count << limit.saturating_sub(length)).sum();
    while taken > room {
        // One of the longest codes moves under a shorter one, which becomes one bit longer: together one place less.
        let Some(shorter) = (1..limit).rev().find(|length| of_length.get(*length) > Some(&0)) else {
            break;
        };
        for (length, change) in [(limit, -1_isize), (shorter, -1), (shorter + 1, 2)] {
            if let Some(count) = of_length.get_mut(length) {
                *count = count.saturating_add_signed(change);
            }
        }
        taken -= 1;
    }
    of_length
}

fn canonical<const N: usize>(lengths: &[u32; N], of_length: &[usize; LONGEST_CODE + 1]) -> [Bits; N] {
    let mut next = [0_u32; LONGEST_CODE + 2];
    let mut code = 0;
    for (length, count) in of_length.iter().enumerate().skip(1) {
        code = (code << 1) & 0xFFFF;
        if let Some(slot) = next.get_mut(length) {
            *slot = code;
        }
        code += *count as u32;
    }
    let mut codes = [Bits::default(); N];
    for (slot, length) in codes.iter_mut().zip(lengths) {
        if let Some(next) = next.get_mut(*length as usize).filter(|_| *length > 0) {
            *slot = Bits {
                value: next.reverse_bits() >> (32 - length),
                count: *length,
            };
            *next += 1;
        }
    }
    codes
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Every prefix is used once: the code is complete, and no code is longer than it may be.
        #[test]
        fn codes_are_complete_and_limited(
            counts in proptest::collection::vec(prop_oneof![Just(0_u32), 1..10_u32, 1..4_000_000_u32], 19),
            is_steep: bool,
            limit in 7..=15_usize,
        ) {
            let mut given = [0; 19];
            for (place, (slot, count)) in given.iter_mut().zip(counts).enumerate() {
                // Fibonacci-like weights make the longest codes there are.
                *slot = if is_steep && count > 0 { 1 << place } else { count };
            }
            let codes = Codes::from_counts(&given, limit);
            let used: Vec<Bits> = codes.codes.iter().copied().filter(|code| code.count > 0).collect();
            prop_assert!(used.iter().all(|code| code.count as usize <= limit));
            prop_assert_eq!(used.iter().map(|code| 1_u64 << (15 - code.count)).sum::<u64>(), 1 << 15);
            prop_assert!(given.iter().zip(&codes.codes).all(|(count, code)| *count == 0 || code.count > 0));
        }
    }

    #[test]
    fn frequent_symbols_have_short_codes() {
        let codes = Codes::from_counts(&[1, 1, 2, 4], 15);
        let lengths: Vec<u32> = codes.codes.iter().map(|code| code.count).collect();
        assert_eq!(lengths, [3, 3, 2, 1]);
        assert_eq!(codes.cost_bits(&[1, 1, 2, 4]), 14);
    }

    #[test]
    fn two_symbols_have_codes_even_when_one_or_none_occurs() {
        for counts in [[0, 0, 0], [0, 0, 7], [9, 0, 0]] {
            let codes = Codes::from_counts(&counts, 7);
            assert_eq!(
                codes.codes.iter().filter(|code| code.count == 1).count(),
                2,
                "{counts:?}"
            );
        }
    }
}
