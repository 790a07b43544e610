//! libFuzzer's way into `checks/read_lines.rs`.
#![no_main]

#[path = "../checks/read_lines.rs"]
mod read_lines;

libfuzzer_sys::fuzz_target!(|input: &[u8]| read_lines::check(input));
