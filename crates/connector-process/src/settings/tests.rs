//! Tests of `settings.rs`.
