//! Every input that fuzzing began with or found, once: see `scripts/fuzz`. Not for new cases, which are unit tests.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "checks of tests fail by panicking"
)]

#[path = "../fuzz/checks/compress_pieces.rs"]
mod compress_pieces;
#[path = "../fuzz/checks/encode_rows.rs"]
mod encode_rows;
#[path = "../fuzz/checks/read_lines.rs"]
mod read_lines;
#[path = "../fuzz/checks/scan_records.rs"]
mod scan_records;

use std::path::Path;

fn for_each_input(name: &str, check: fn(&[u8])) {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(name);
    let mut count = 0;
    for entry in std::fs::read_dir(directory).unwrap() {
        check(&std::fs::read(entry.unwrap().path()).unwrap());
        count += 1;
    }
    assert!(count > 0, "no inputs");
}

#[test]
fn lines_are_read_as_serde_json_reads_them() {
    for_each_input("read_lines", read_lines::check);
}

#[test]
fn rows_say_what_their_records_say() {
    for_each_input("encode_rows", encode_rows::check);
}

#[test]
fn records_are_what_serde_json_says() {
    for_each_input("scan_records", scan_records::check);
}

#[test]
fn pieces_are_unpacked_by_zlib() {
    for_each_input("compress_pieces", compress_pieces::check);
}
