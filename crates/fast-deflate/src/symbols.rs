//! The symbols of deflate: which symbol and which extra bits stand for a length or a distance (RFC 1951, 3.2.5).

use crate::bit_writer::Bits;

/// Literals, the end of a block, and lengths; 286 are in use.
pub(crate) const LITERALS_AND_LENGTHS: usize = 286;
/// Distances.
pub(crate) const DISTANCES: usize = 30;
/// Ends a block.
pub(crate) const END_OF_BLOCK: usize = 256;
/// The symbol of the shortest length.
const FIRST_LENGTH: usize = 257;
/// The longest match.
pub(crate) const LONGEST_MATCH: usize = 258;
/// The shortest match there can be.
const SHORTEST_MATCH: usize = 3;
/// How far back a match may lie: 32 KiB.
pub(crate) const WINDOW_BITS: u32 = 15;

/// Distances up to this have an entry of their own, those beyond share one in 128.
const NEAR: usize = 256;

/// What a length or a distance becomes: a symbol, whose code comes first, and extra bits behind it.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Coding {
    pub(crate) symbol: u16,
    pub(crate) extra: Bits,
}

/// The coding of every length, and the symbol of every distance.
#[derive(Debug)]
pub(crate) struct Symbols {
    lengths: [Coding; LONGEST_MATCH + 1],
    near: [u8; NEAR],
    far: [u8; NEAR],
    /// The least distance of each symbol, and its number of extra bits.
    distances: [(u32, u32); 32],
}

impl Symbols {
    pub(crate) fn new() -> Self {
        let mut symbols = Self {
            lengths: [Coding::default(); LONGEST_MATCH + 1],
            near: [0; NEAR],
            far: [0; NEAR],
            distances: [(0, 0); 32],
        };
        symbols.fill_lengths();
        symbols.fill_distances();
        symbols
    }

    fn fill_lengths(&mut self) {
        let mut length = SHORTEST_MATCH;
        for number in 0..28_u16 {
            let count = if number < 8 { 0 } else { u32::from(number) / 4 - 1 };
            for value in 0..1 << count {
                if let Some(coding) = self.lengths.get_mut(length) {
                    *coding = Coding {
                        symbol: FIRST_LENGTH as u16 + number,
                        extra: Bits { value, count },
                    };
                }
                length += 1;
            }
        }
        // The longest has a symbol of its own.
        if let Some(coding) = self.lengths.last_mut() {
            *coding = Coding {
                symbol: (LITERALS_AND_LENGTHS - 1) as u16,
                extra: Bits::default(),
            };
        }
    }

    fn fill_distances(&mut self) {
        let mut least = 1;
        for (number, slot) in self.distances.iter_mut().take(DISTANCES).enumerate() {
            let count = (number as u32 / 2).saturating_sub(1);
            *slot = (least, count);
            let of_symbol = least as usize - 1..(least as usize - 1) + (1 << count);
            for offset in of_symbol {
                let (table, at) = if offset < NEAR {
                    (&mut self.near, offset)
                } else {
                    (&mut self.far, offset >> 7)
                };
                if let Some(symbol) = table.get_mut(at) {
                    *symbol = number as u8;
                }
            }
            least += 1 << count;
        }
    }

    /// The coding of a length of 3 to 258.
    #[inline(always)]
    pub(crate) fn length(&self, length: usize) -> Coding {
        self.lengths.get(length).copied().unwrap_or_default()
    }

    /// All codings of lengths, by length.
    pub(crate) fn lengths(&self) -> &[Coding; LONGEST_MATCH + 1] {
        &self.lengths
    }

    /// The symbol of a distance of 1 to 32,768.
    #[inline(always)]
    pub(crate) fn distance_symbol(&self, distance: usize) -> usize {
        let offset = distance.wrapping_sub(1);
        let (table, at) = if offset < NEAR {
            (&self.near, offset)
        } else {
            (&self.far, offset >> 7)
        };
        usize::from(table.get(at).copied().unwrap_or_default())
    }

    /// The extra bits of a distance that has this symbol.
    #[inline(always)]
    pub(crate) fn distance_extra(&self, distance: usize, symbol: usize) -> Bits {
        let (least, count) = self.distances.get(symbol).copied().unwrap_or_default();
        Bits {
            value: (distance as u32).wrapping_sub(least),
            count,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_as_in_the_standard() {
        let symbols = Symbols::new();
        let coding = |length| {
            let Coding { symbol, extra } = symbols.length(length);
            (symbol, extra.value, extra.count)
        };
        assert_eq!(coding(3), (257, 0, 0));
        assert_eq!(coding(10), (264, 0, 0));
        assert_eq!(coding(11), (265, 0, 1));
        assert_eq!(coding(12), (265, 1, 1));
        assert_eq!(coding(114), (279, 15, 4));
        assert_eq!(coding(257), (284, 30, 5));
        assert_eq!(coding(258), (285, 0, 0));
    }

    #[test]
    fn distances_are_as_in_the_standard() {
        let symbols = Symbols::new();
        let coding = |distance| {
            let symbol = symbols.distance_symbol(distance);
            let extra = symbols.distance_extra(distance, symbol);
            (symbol, extra.value, extra.count)
        };
        assert_eq!(coding(1), (0, 0, 0));
        assert_eq!(coding(4), (3, 0, 0));
        assert_eq!(coding(5), (4, 0, 1));
        assert_eq!(coding(256), (15, 63, 6));
        assert_eq!(coding(257), (16, 0, 7));
        assert_eq!(coding(24_577), (29, 0, 13));
        assert_eq!(coding(32_768), (29, 8191, 13));
    }
}
