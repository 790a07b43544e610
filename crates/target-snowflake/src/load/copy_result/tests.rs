//! Tests of `copy_result.rs`.
