//! The whole-program tests, one module a subject.

mod tidy;
