//! Panics of the crates that decode: they index and slice by what a file says. A file that makes them panic is damaged, no
//! more. Needs a build that unwinds.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::problem::Problem;

thread_local! {
    static IS_DECODING: Cell<bool> = const { Cell::new(false) };
}

/// Whether this thread is decoding a file, so that a panic on it is taken as an answer. For a program's panic hook.
#[must_use]
pub fn is_decoding() -> bool {
    IS_DECODING.get()
}

/// Does what may panic. What it worked on is of no use after a panic.
pub(crate) fn contained<T>(work: impl FnOnce() -> Result<T, Problem>) -> Result<T, Problem> {
    IS_DECODING.set(true);
    let outcome = catch_unwind(AssertUnwindSafe(work));
    IS_DECODING.set(false);
    outcome.unwrap_or(Err(Problem::Damaged))
}
