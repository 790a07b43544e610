//! Blocks of bytes to blocks of deflate. Finding matches, making codes and the header are the other files'.

use crate::bit_writer::{BitWriter, Bits};
use crate::block_header::{HEADER_LIMIT_BYTES, write_header};
use crate::huffman::Codes;
use crate::matches::{BLOCK_LIMIT_BYTES, Matches};
use crate::symbols::{DISTANCES, END_OF_BLOCK, LITERALS_AND_LENGTHS, LONGEST_MATCH, Symbols};

/// An empty last deflate block (fixed codes, end of block): what a deflate stream ends with after blocks of this encoder.
pub const LAST_BLOCK: [u8; 2] = [0x03, 0x00];

/// Literal and length codes have at most so many bits, so that four of them fit between two flushes.
const LITERAL_LIMIT_BITS: usize = 14;
/// What deflate allows.
const DISTANCE_LIMIT_BITS: usize = 15;

/// The most that one stored block holds: its length is 16 bits.
const STORED_LIMIT_BYTES: usize = 65_535;
/// A stored block's header, byte-aligned, with its length twice.
const STORED_HEADER_BYTES: usize = 5;
/// What follows the data: the rest of a byte, and a stored block of nothing.
const ALIGNMENT_LIMIT_BYTES: usize = STORED_HEADER_BYTES + 2;

/// Compresses pieces of bytes, each by itself: nothing of one is needed to read another, so pieces may be compressed side
/// by side. Keeps its tables from piece to piece, some 600 KiB.
#[derive(Debug)]
pub struct BlockEncoder {
    symbols: Symbols,
    matches: Matches,
}

impl Default for BlockEncoder {
    fn default() -> Self {
        Self::new()
    }
}

impl BlockEncoder {
    /// An encoder with empty tables.
    pub fn new() -> Self {
        Self {
            symbols: Symbols::new(),
            matches: Matches::new(),
        }
    }

    /// Appends deflate blocks for `piece` to `compressed`: whole bytes, never the last block of a stream. Never more
    /// than the piece and five bytes for each 65,535 of it that are begun. Pieces of some 100 KiB compress best for their time.
    pub fn encode(&mut self, piece: &[u8], compressed: &mut Vec<u8>) {
        for block in piece.chunks(BLOCK_LIMIT_BYTES) {
            self.encode_block(block, compressed);
        }
    }

    fn encode_block(&mut self, block: &[u8], compressed: &mut Vec<u8>) {
        self.matches.find(block, &self.symbols);
        let matches = &self.matches;
        let literals = Codes::from_counts(&matches.literal_counts, LITERAL_LIMIT_BITS);
        let distances = Codes::from_counts(&matches.distance_counts, DISTANCE_LIMIT_BITS);
        let cost_bits = literals.cost_bits(&matches.literal_counts)
            + distances.cost_bits(&matches.distance_counts)
            + matches.extra_bits(&self.symbols);
        let stored_bytes = stored_size_bytes(block.len());
        let data_bytes = (cost_bits / 8) as usize;
        let begin = compressed.len();
        if data_bytes < stored_bytes {
            let mut writer = BitWriter::new(compressed, HEADER_LIMIT_BYTES + data_bytes + ALIGNMENT_LIMIT_BYTES);
            write_header(&literals, &distances, &mut writer);
            self.write_sequences(&literals, &distances, &mut writer);
            write_alignment(writer);
        }
        if data_bytes >= stored_bytes || compressed.len() - begin > stored_bytes {
            compressed.truncate(begin);
            write_stored(block, compressed);
        }
    }

    fn write_sequences(
        &self,
        literals: &Codes<LITERALS_AND_LENGTHS>,
        distances: &Codes<DISTANCES>,
        writer: &mut BitWriter<'_>,
    ) {
        let lengths = self.codes_of_lengths(literals);
        let mut place = 0;
        for sequence in &self.matches.sequences {
            let end = place + sequence.literals as usize;
            // Four at a time, of which those beyond the end are nothing: how many there are cannot be foreseen.
            loop {
                for (offset, literal) in self.matches.literals(place).into_iter().enumerate() {
                    let code = literals.code(usize::from(literal));
                    writer.put(code.only_if(place + offset < end));
                }
                place += 4;
                if place >= end {
                    break;
                }
                writer.flush();
            }
            place = end;
            writer.flush();
            if sequence.length == 0 {
                break;
            }
            let distance = usize::from(sequence.distance_less_one) + 1;
            let symbol = self.symbols.distance_symbol(distance);
            writer.put(lengths.get(usize::from(sequence.length)).copied().unwrap_or_default());
            writer.put(distances.code(symbol));
            writer.put(self.symbols.distance_extra(distance, symbol));
            writer.flush();
        }
        writer.put(literals.code(END_OF_BLOCK));
        writer.flush();
    }

    /// Code and extra bits of each length in one.
    fn codes_of_lengths(&self, literals: &Codes<LITERALS_AND_LENGTHS>) -> [Bits; LONGEST_MATCH + 1] {
        self.symbols.lengths().map(|coding| {
            let code = literals.code(usize::from(coding.symbol));
            Bits {
                value: code.value | coding.extra.value << code.count,
                count: code.count + coding.extra.count,
            }
        })
    }
}

/// An empty stored block: its header, zeros to the next byte, and the length of nothing.
fn write_alignment(mut writer: BitWriter<'_>) {
    writer.put(Bits { value: 0, count: 3 });
    writer.align();
    writer.put(Bits {
        value: 0xFFFF_0000,
        count: 32,
    });
    writer.finish();
}

fn stored_size_bytes(size_bytes: usize) -> usize {
    size_bytes + size_bytes.div_ceil(STORED_LIMIT_BYTES) * STORED_HEADER_BYTES
}

/// The bytes as they are, for what does not get smaller.
fn write_stored(block: &[u8], compressed: &mut Vec<u8>) {
    for piece in block.chunks(STORED_LIMIT_BYTES) {
        let length = u16::try_from(piece.len()).unwrap_or(u16::MAX);
        compressed.push(0);
        compressed.extend_from_slice(&length.to_le_bytes());
        compressed.extend_from_slice(&(!length).to_le_bytes());
        compressed.extend_from_slice(piece);
    }
}

#[cfg(test)]
mod tests;
