//! libFuzzer's way into `checks/encode_rows.rs`.
#![no_main]

#[path = "../checks/encode_rows.rs"]
mod encode_rows;

libfuzzer_sys::fuzz_target!(|input: &[u8]| encode_rows::check(input));
