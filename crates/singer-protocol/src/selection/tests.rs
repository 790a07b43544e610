//! Tests of `selection.rs`.
