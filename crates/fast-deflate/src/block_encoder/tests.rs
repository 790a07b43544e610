//! What the encoder writes is read by another library.

use std::io::Read;

use flate2::read::DeflateDecoder;
use proptest::prelude::*;

use super::*;

fn encoded(pieces: &[Vec<u8>]) -> Vec<u8> {
    let mut encoder = BlockEncoder::new();
    let mut compressed = Vec::new();
    for piece in pieces {
        encoder.encode(piece, &mut compressed);
    }
    compressed.extend(LAST_BLOCK);
    compressed
}

fn decoded(compressed: &[u8]) -> Vec<u8> {
    let mut read = Vec::new();
    let mut decoder = DeflateDecoder::new(compressed);
    decoder.read_to_end(&mut read).expect("valid deflate");
    assert_eq!(decoder.total_in(), compressed.len() as u64, "the end is the end");
    read
}

fn noise(count: usize, mask: u8) -> Vec<u8> {
    let mut number = 1_u32;
    let mut next = || {
        number = number.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (number >> 24) as u8 | mask
    };
    (0..count).map(|_| next()).collect()
}

fn rows(count: usize) -> Vec<u8> {
    let row = |number: usize| {
        format!(
            "{number},\"customer {}\",\"2026-11-{:02}\",true\n",
            number * 7919 % 1000,
            number % 30 + 1
        )
    };
    (0..count).map(row).collect::<String>().into_bytes()
}

#[test]
fn rows_come_back_and_are_small() {
    let pieces = [rows(3_000), rows(10), Vec::new(), rows(20_000)];
    let compressed = encoded(&pieces);
    assert_eq!(decoded(&compressed), pieces.concat());
    assert!(
        compressed.len() * 4 < pieces.concat().len(),
        "{} bytes",
        compressed.len()
    );
}

#[test]
fn edges_come_back() {
    let far = [
        b"0123456789abcdef".to_vec(),
        noise(WINDOW, 0),
        b"0123456789abcdef0123456789abcdef".to_vec(),
    ]
    .concat();
    let pieces = [
        vec![0; 300_000],
        b"a".to_vec(),
        b"ab".repeat(17),
        far,
        noise(BLOCK_LIMIT_BYTES + 3, 0),
        noise(70_000, 0xF0),
        (0..=255).collect(),
        b"abcdef".repeat(43),
        // What repeats was passed over when it came first, so the match is found late and reaches far back.
        [noise(2_000, 0), b"once".to_vec(), noise(2_000, 0)].concat(),
    ];
    for piece in &pieces {
        assert_eq!(
            decoded(&encoded(std::slice::from_ref(piece))),
            *piece,
            "{} bytes",
            piece.len()
        );
    }
    assert_eq!(decoded(&encoded(&pieces)), pieces.concat());
}

const WINDOW: usize = 1 << crate::symbols::WINDOW_BITS;

#[test]
fn what_does_not_get_smaller_grows_by_no_more_than_it_says() {
    for size in [0, 1, 100, 65_535, 65_536, BLOCK_LIMIT_BYTES + 1] {
        let mut compressed = Vec::new();
        BlockEncoder::new().encode(&noise(size, 0), &mut compressed);
        assert!(
            compressed.len() <= size + (size / STORED_LIMIT_BYTES + 1) * STORED_HEADER_BYTES,
            "{size}"
        );
    }
}

#[test]
fn distances_at_the_edge_of_the_window_come_back() {
    for gap in WINDOW - 40..WINDOW + 10 {
        let piece = [
            b"the same words twice".to_vec(),
            noise(gap, 0x80),
            b"the same words twice, and more".to_vec(),
        ]
        .concat();
        assert_eq!(decoded(&encoded(std::slice::from_ref(&piece))), piece, "gap {gap}");
    }
}

fn words() -> impl Strategy<Value = Vec<u8>> {
    let word = prop_oneof![
        4 => "[a-d]{0,12}".prop_map(String::into_bytes),
        2 => (any::<u8>(), 0..600_usize).prop_map(|(byte, count)| vec![byte; count]),
        1 => proptest::collection::vec(any::<u8>(), 0..40),
        1 => (0..70_000_usize, any::<u8>()).prop_map(|(count, mask)| noise(count, mask)),
    ];
    (
        proptest::collection::vec(word, 0..12),
        proptest::collection::vec(0..12_usize, 0..40),
    )
        .prop_map(|(words, order)| {
            order
                .iter()
                .filter_map(|at| words.get(*at))
                .flatten()
                .copied()
                .collect()
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]
    #[test]
    fn anything_comes_back(pieces in proptest::collection::vec(words(), 0..4)) {
        prop_assert_eq!(decoded(&encoded(&pieces)), pieces.concat());
    }
}
