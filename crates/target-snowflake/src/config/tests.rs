//! Tests of `config.rs`.
