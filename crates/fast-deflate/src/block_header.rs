//! The header of a block with its own codes: how long each symbol's code is (RFC 1951, 3.2.7). Not for the data.

use crate::bit_writer::{BitWriter, Bits};
use crate::huffman::Codes;
use crate::symbols::{DISTANCES, END_OF_BLOCK, LITERALS_AND_LENGTHS};

/// The lengths of the codes of code lengths stand in this order: the rarest last.
const ORDER: [usize; 19] = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

/// "The length before again", "zero again", "zero again many times".
const REPEAT: u16 = 16;
const ZEROS: u16 = 17;
const MANY_ZEROS: u16 = 18;

/// The most bytes a header takes: every length on its own, with the longest code.
pub(crate) const HEADER_LIMIT_BYTES: usize = (17 + 19 * 3 + (LITERALS_AND_LENGTHS + DISTANCES) * 14) / 8 + 1;

/// Writes the header of a block that is not the last.
pub(crate) fn write_header(
    literals: &Codes<LITERALS_AND_LENGTHS>,
    distances: &Codes<DISTANCES>,
    writer: &mut BitWriter<'_>,
) {
    let lengths = |codes: &[Bits], least: usize| -> Vec<u32> {
        let used = codes.iter().rposition(|code| code.count > 0).map_or(0, |last| last + 1);
        codes.iter().take(used.max(least)).map(|code| code.count).collect()
    };
    let literal_lengths = lengths(&literals.codes, END_OF_BLOCK + 1);
    let distance_lengths = lengths(&distances.codes, 1);
    let runs = in_runs(&[literal_lengths.as_slice(), &distance_lengths].concat());
    let mut counts = [0; 19];
    for (symbol, _) in &runs {
        if let Some(count) = counts.get_mut(usize::from(*symbol)) {
            *count += 1;
        }
    }
    let codes = Codes::from_counts(&counts, 7);
    let ordered = || ORDER.iter().map(|symbol| codes.code(*symbol).count);
    let last = ordered().rposition(|length| length > 0).unwrap_or_default();
    let shown = (last + 1).max(4);

    put(writer, 0b100, 3);
    put(writer, literal_lengths.len() - (END_OF_BLOCK + 1), 5);
    put(writer, distance_lengths.len() - 1, 5);
    put(writer, shown - 4, 4);
    for length in ordered().take(shown) {
        put(writer, length as usize, 3);
    }
    for (symbol, extra) in runs {
        writer.put(codes.code(usize::from(symbol)));
        writer.put(extra);
        writer.flush();
    }
}

fn put(writer: &mut BitWriter<'_>, value: usize, count: u32) {
    writer.put(Bits {
        value: value as u32,
        count,
    });
    writer.flush();
}

/// Code lengths as symbols with extra bits, repetitions taken together.
fn in_runs(lengths: &[u32]) -> Vec<(u16, Bits)> {
    let mut runs = Vec::with_capacity(lengths.len());
    for run in lengths.chunk_by(|left, right| left == right) {
        let length = run.first().copied().unwrap_or_default();
        let mut left = run.len();
        let single = (length as u16, Bits::default());
        if length != 0 {
            runs.push(single);
            left -= 1;
        }
        let repeat: &[(u16, usize, usize, u32)] = if length == 0 {
            &[(MANY_ZEROS, 11, 138, 7), (ZEROS, 3, 10, 3)]
        } else {
            &[(REPEAT, 3, 6, 2)]
        };
        for (symbol, least, most, count) in repeat.iter().copied() {
            while left >= least {
                let taken = left.min(most);
                let value = (taken - least) as u32;
                runs.push((symbol, Bits { value, count }));
                left -= taken;
            }
        }
        runs.extend(std::iter::repeat_n(single, left));
    }
    runs
}
