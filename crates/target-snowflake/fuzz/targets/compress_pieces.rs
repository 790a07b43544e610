//! libFuzzer's way into `checks/compress_pieces.rs`.
#![no_main]

#[path = "../checks/compress_pieces.rs"]
mod compress_pieces;

libfuzzer_sys::fuzz_target!(|input: &[u8]| compress_pieces::check(input));
