//! libFuzzer's way into `checks/scan_records.rs`.
#![no_main]

#[path = "../checks/scan_records.rs"]
mod scan_records;

libfuzzer_sys::fuzz_target!(|input: &[u8]| scan_records::check(input));
