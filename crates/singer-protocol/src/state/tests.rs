//! Tests of `state.rs`.
