//! Tests of `events.rs`.
