//! Tests of `batch_statements.rs`.
