//! Any bytes, compressed in pieces: zlib reads them back, and they are never larger than is promised.

use std::io::Read;

use fast_deflate::{BlockEncoder, LAST_BLOCK};
use flate2::read::DeflateDecoder;

/// Panics when something else comes back. The first byte says how often the rest is repeated, the second how long pieces are.
pub(crate) fn check(input: &[u8]) {
    let Some(([repeats, piece], pattern)) = input.split_first_chunk::<2>() else {
        return;
    };
    let mut text = Vec::new();
    for number in 0..=u32::from(*repeats % 32) {
        text.extend_from_slice(pattern);
        // So that far copies differ a little.
        text.extend_from_slice(&number.to_be_bytes()[2..usize::from(piece % 3) + 2]);
    }
    let mut encoder = BlockEncoder::new();
    let mut compressed = Vec::new();
    for piece in text.chunks((usize::from(*piece) + 1) * 1_024) {
        let begin = compressed.len();
        encoder.encode(piece, &mut compressed);
        let limit = piece.len() + piece.len().div_ceil(65_535) * 5;
        assert!(
            compressed.len() - begin <= limit,
            "{} bytes of {}",
            compressed.len() - begin,
            piece.len()
        );
    }
    compressed.extend_from_slice(&LAST_BLOCK);
    let mut decoder = DeflateDecoder::new(compressed.as_slice());
    let mut found = Vec::new();
    decoder.read_to_end(&mut found).expect("valid deflate");
    assert!(found == text, "other bytes came back");
    assert_eq!(decoder.total_in(), compressed.len() as u64, "the end is the end");
}
