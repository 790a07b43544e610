//! Runs cases on several threads, because most of a case is waiting. Each thread has a place of its own.
#![expect(
    clippy::expect_used,
    reason = "a test stops at the first surprise, also in its helpers"
)]

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Runs every case once, as `run(place, case)`; gives the problems in order of the cases.
pub(crate) fn side_by_side<Case: Sync>(
    cases: &[Case],
    places: usize,
    run: impl Fn(usize, &Case) -> Result<(), String> + Sync,
) -> Vec<String> {
    let next = AtomicUsize::new(0);
    let problems = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for place in 0..places {
            let (next, problems, run) = (&next, &problems, &run);
            scope.spawn(move || {
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some(case) = cases.get(index) else { return };
                    if let Err(problem) = run(place, case) {
                        problems.lock().expect("no thread panicked").push((index, problem));
                    }
                }
            });
        }
    });
    let mut problems = problems.into_inner().expect("no thread panicked");
    problems.sort();
    problems.into_iter().map(|(_, problem)| problem).collect()
}
