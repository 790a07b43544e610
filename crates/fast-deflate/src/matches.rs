//! Finds what was there before: a block becomes literals and references to earlier bytes. One candidate per place: rows of a
//! table resemble the row before, so the newest place with the same six bytes is nearly always the best. A short match gives
//! way to a longer one that begins a few bytes later. Not for codes.
#![expect(
    clippy::indexing_slicing,
    reason = "every index is masked to the size of its array, which also spares the checks"
)]

use std::ops::{Range, RangeInclusive};

use crate::symbols::{DISTANCES, END_OF_BLOCK, LITERALS_AND_LENGTHS, LONGEST_MATCH, Symbols, WINDOW_BITS};

/// Room for a block: a power of two, so that a mask keeps places inside.
const ROOM_BYTES: usize = 1 << 18;
const PLACE_MASK: usize = ROOM_BYTES - 1;
/// The most bytes of one block: what four stored blocks hold.
pub(crate) const BLOCK_LIMIT_BYTES: usize = 4 * 65_535;
/// So many bytes are copied at a time, and eight are read, also at the last place.
const MARGIN_BYTES: usize = 32;
/// Matches are not begun so near the end, where eight bytes would reach beyond it.
const TAIL_BYTES: usize = 16;

/// The shortest match that is looked for. Four or five bytes save next to nothing, because the distance costs as much as
/// the literals; looking for them takes half as long again.
const LEAST_MATCH: usize = 6;
const MATCH_BITS: u32 = 64 - 8 * LEAST_MATCH as u32;

/// So far a match is moved back at most: always less than the longest match, so that it ends behind where it was found.
const BACK_LIMIT_BYTES: usize = 128;

/// A match that is shorter gives way to a longer one.
const SHORT_MATCH: usize = 32;
/// Which is looked for at so many places behind it.
const PLACES_AHEAD: usize = 3;
/// It must be so much longer, because a literal is written in front of it.
const LEAST_GAIN: usize = 2;

/// Places that are remembered, in 32 KiB: what usual first-level caches hold. Twice as many make files 0.4 % smaller.
const TABLE_BITS: u32 = 14;
const TABLE_MASK: usize = (1 << TABLE_BITS) - 1;
/// Values of a byte.
const LITERALS: usize = 256;
/// After so many places without a match (as a power of two) one place more is passed over each time.
const PATIENCE_BITS: u32 = 6;

/// Literals, then a match; the last of a block has no match. Which literals, is for the sequences together.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sequence {
    pub(crate) literals: u32,
    /// 0 for none.
    pub(crate) length: u16,
    /// Less one, as 32,768 would not fit.
    pub(crate) distance_less_one: u16,
}

/// A block with room for what is read and written beyond its last place.
type Block = [u8; ROOM_BYTES + MARGIN_BYTES];
/// The newest place of each hash of six bytes, in 16 bits; 0 also for none. What is found is always compared.
type Places = [u16; 1 << TABLE_BITS];

/// A block taken apart, and how often each symbol occurs. Kept from block to block for its memory.
#[derive(Debug)]
pub(crate) struct Matches {
    block: Box<Block>,
    places: Box<Places>,
    /// The literals of all sequences, one behind the other: to count and to write them nothing about sequences must be guessed.
    literals: Box<Block>,
    pub(crate) sequences: Vec<Sequence>,
    pub(crate) literal_counts: [u32; LITERALS_AND_LENGTHS],
    pub(crate) distance_counts: [u32; DISTANCES],
}

impl Matches {
    pub(crate) fn new() -> Self {
        Self {
            block: Box::new([0; ROOM_BYTES + MARGIN_BYTES]),
            places: Box::new([0; 1 << TABLE_BITS]),
            literals: Box::new([0; ROOM_BYTES + MARGIN_BYTES]),
            sequences: Vec::new(),
            literal_counts: [0; LITERALS_AND_LENGTHS],
            distance_counts: [0; DISTANCES],
        }
    }

    /// Four literals from a place among all of them on; beyond the last one, anything.
    #[inline(always)]
    pub(crate) fn literals(&self, place: usize) -> [u8; 4] {
        let place = place & PLACE_MASK;
        [0, 1, 2, 3].map(|offset| self.literals[place + offset])
    }

    /// Takes a block apart, of at most [`BLOCK_LIMIT_BYTES`]; what is longer is cut off.
    pub(crate) fn find(&mut self, bytes: &[u8], symbols: &Symbols) {
        let size = bytes.len().min(BLOCK_LIMIT_BYTES);
        if let (Some(room), Some(bytes)) = (self.block.get_mut(..size), bytes.get(..size)) {
            room.copy_from_slice(bytes);
        }
        self.places.fill(0);
        self.sequences.clear();
        self.literal_counts.fill(0);
        self.distance_counts.fill(0);
        self.literal_counts[END_OF_BLOCK] = 1;
        let literal_count = self.find_matches(size, symbols);
        self.count_literals(literal_count);
    }

    /// Gives the number of literals.
    fn find_matches(&mut self, size: usize, symbols: &Symbols) -> usize {
        // As locals the tables need not be looked up again after every write.
        let (block, places, literals) = (&*self.block, &mut *self.places, &mut *self.literals);
        let end = size.saturating_sub(TAIL_BYTES);
        let (mut place, mut literals_begin, mut misses) = (1, 0, 0_usize);
        let mut literal_count = 0;
        while place < end {
            let Some(candidate) = candidate(block, places, place) else {
                misses += 1;
                place += 1 + (misses >> PATIENCE_BITS);
                continue;
            };
            let bounds = Bounds { literals_begin, size };
            let mut found = Match::around(block, place, candidate, bounds);
            if found.length < SHORT_MATCH {
                let last = (place + PLACES_AHEAD).min(end - 1);
                found = longer_match(block, places, place + 1..=last, bounds)
                    .filter(|longer| longer.length >= found.length + LEAST_GAIN)
                    .unwrap_or(found);
            }
            let Match { begin, source, length } = found;
            copy(block, literals_begin..begin, literals, literal_count);
            literal_count += begin - literals_begin;
            let distance = begin - source;
            if let Some(count) = self.literal_counts.get_mut(usize::from(symbols.length(length).symbol)) {
                *count += 1;
            }
            if let Some(count) = self.distance_counts.get_mut(symbols.distance_symbol(distance)) {
                *count += 1;
            }
            self.sequences.push(Sequence {
                literals: (begin - literals_begin) as u32,
                length: length as u16,
                distance_less_one: (distance - 1) as u16,
            });
            // Two places inside, where the next row's match may begin.
            places[hash(eight_bytes(block, begin + 2)) & TABLE_MASK] = (begin + 2) as u16;
            place = begin + length;
            places[hash(eight_bytes(block, place - 2)) & TABLE_MASK] = (place - 2) as u16;
            literals_begin = place;
            misses = 0;
        }
        copy(block, literals_begin..size, literals, literal_count);
        self.sequences.push(Sequence {
            literals: (size - literals_begin) as u32,
            length: 0,
            distance_less_one: 0,
        });
        literal_count + size - literals_begin
    }

    /// Counts in four tables, so that a count need not wait for the one before it to be written.
    fn count_literals(&mut self, literal_count: usize) {
        let mut counts = [[0_u32; LITERALS]; 4];
        let (quads, rest) = self.literals[..literal_count].as_chunks::<4>();
        for quad in quads {
            for (table, literal) in counts.iter_mut().zip(quad) {
                table[usize::from(*literal)] += 1;
            }
        }
        for (table, literal) in counts.iter_mut().zip(rest) {
            table[usize::from(*literal)] += 1;
        }
        for table in &counts {
            for (count, more) in self.literal_counts.iter_mut().zip(table) {
                *count += more;
            }
        }
    }

    /// How many extra bits lengths and distances take, behind their codes.
    pub(crate) fn extra_bits(&self, symbols: &Symbols) -> u64 {
        let of_length = symbols
            .lengths()
            .iter()
            .map(|coding| (usize::from(coding.symbol), coding.extra.count));
        let mut counts: [u32; LITERALS_AND_LENGTHS] = [0; LITERALS_AND_LENGTHS];
        for (symbol, count) in of_length {
            counts[symbol.min(LITERALS_AND_LENGTHS - 1)] = count;
        }
        let lengths = self.literal_counts.iter().zip(counts).skip(END_OF_BLOCK + 1);
        let distances = self
            .distance_counts
            .iter()
            .zip((0..DISTANCES).map(|symbol| symbols.distance_extra(1, symbol).count));
        let bits = |(occurs, count): (&u32, u32)| u64::from(*occurs) * u64::from(count);
        lengths.map(bits).sum::<u64>() + distances.map(bits).sum::<u64>()
    }
}

/// Eight bytes from a place on, the first one lowest.
#[inline(always)]
fn eight_bytes(block: &Block, place: usize) -> u64 {
    let place = place & PLACE_MASK;
    u64::from_le_bytes([
        block[place],
        block[place + 1],
        block[place + 2],
        block[place + 3],
        block[place + 4],
        block[place + 5],
        block[place + 6],
        block[place + 7],
    ])
}

/// Copies 32 bytes at a time, most often once, because how many there are cannot be foreseen; what is behind `to` is garbage.
#[inline(always)]
fn copy(from: &Block, places: Range<usize>, to: &mut Block, to_place: usize) {
    let (mut from_place, mut to_place) = (places.start, to_place);
    loop {
        let (source, sink) = (from_place & PLACE_MASK, to_place & PLACE_MASK);
        to[sink..sink + MARGIN_BYTES].copy_from_slice(&from[source..source + MARGIN_BYTES]);
        from_place += MARGIN_BYTES;
        to_place += MARGIN_BYTES;
        if from_place >= places.end {
            return;
        }
    }
}

/// Where a block's literals begin that no match has taken, and its size.
#[derive(Clone, Copy)]
struct Bounds {
    literals_begin: usize,
    size: usize,
}

/// Bytes from `begin` on that are those from `source` on.
struct Match {
    begin: usize,
    source: usize,
    length: usize,
}

impl Match {
    /// The match that a place and its candidate are in.
    #[inline(always)]
    fn around(block: &Block, place: usize, candidate: usize, bounds: Bounds) -> Self {
        let equal = equal_before(block, place, candidate, bounds.literals_begin);
        let (begin, source) = (place - equal, candidate - equal);
        let length = match_length(block, source, begin, (bounds.size - begin).min(LONGEST_MATCH));
        Self { begin, source, length }
    }
}

/// The newest place with the same six bytes, if it is near enough; `place` is the newest from now on.
#[inline(always)]
fn candidate(block: &Block, places: &mut Places, place: usize) -> Option<usize> {
    let bytes = eight_bytes(block, place);
    let slot = &mut places[hash(bytes) & TABLE_MASK];
    // Every slot is a place before this one, so this is at most how far the block's beginning is.
    let distance = (place as u16).wrapping_sub(*slot);
    *slot = place as u16;
    let candidate = place.wrapping_sub(usize::from(distance));
    let difference = eight_bytes(block, candidate) ^ bytes;
    // 0 for a distance of 1 to 32,768. Both questions in one: whether a place is far cannot be foreseen.
    let is_far = u64::from(distance.wrapping_sub(1) >> WINDOW_BITS);
    ((difference << MATCH_BITS) | is_far == 0).then_some(candidate)
}

/// The match at the first of these places that has one.
#[inline(always)]
fn longer_match(block: &Block, places: &mut Places, mut ahead: RangeInclusive<usize>, bounds: Bounds) -> Option<Match> {
    ahead.find_map(|place| {
        let candidate = candidate(block, places, place)?;
        Some(Match::around(block, place, candidate, bounds))
    })
}

/// How many bytes in front of a match are equal too and still literals.
#[inline(always)]
fn equal_before(block: &Block, place: usize, candidate: usize, literals_begin: usize) -> usize {
    let limit = (place - literals_begin).min(candidate).min(BACK_LIMIT_BYTES);
    let mut equal = 0;
    while equal < limit && block[(place - equal - 1) & PLACE_MASK] == block[(candidate - equal - 1) & PLACE_MASK] {
        equal += 1;
    }
    equal
}

#[inline(always)]
fn match_length(block: &Block, source: usize, place: usize, limit: usize) -> usize {
    let mut length = 0;
    while length < limit {
        let difference = eight_bytes(block, source + length) ^ eight_bytes(block, place + length);
        if difference != 0 {
            return limit.min(length + (difference.trailing_zeros() >> 3) as usize);
        }
        length += 8;
    }
    limit
}

/// The upper bits of a product with the golden ratio, of the first six bytes.
#[inline(always)]
fn hash(bytes: u64) -> usize {
    ((bytes << MATCH_BITS).wrapping_mul(0x9E37_79B1_85EB_CA87) >> (64 - TABLE_BITS)) as usize
}
