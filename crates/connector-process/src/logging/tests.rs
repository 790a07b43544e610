//! Tests of `logging.rs`.
