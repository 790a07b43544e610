//! Tests of `reader.rs`.
