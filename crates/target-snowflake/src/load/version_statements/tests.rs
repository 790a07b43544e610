//! Tests of `version_statements.rs`.
