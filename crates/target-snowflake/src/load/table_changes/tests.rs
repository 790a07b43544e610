//! Tests of `table_changes.rs`.
