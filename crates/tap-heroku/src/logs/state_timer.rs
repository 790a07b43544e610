//! When to write STATE while logs are read. Every STATE holds the bookmarks of all apps and files, so one after each of
//! them would cost the square of their number.

use std::time::Duration;

use tokio::time::Instant;

/// What is read again after a crash: so much, and it changes nothing in tables with keys.
const INTERVAL: Duration = Duration::from_secs(10);

/// The time since the last STATE.
#[derive(Debug)]
pub(crate) struct StateTimer {
    written_at: Instant,
}

impl StateTimer {
    pub(crate) fn new() -> StateTimer {
        StateTimer {
            written_at: Instant::now(),
        }
    }

    /// True, and counted as written, when it is time.
    pub(crate) fn is_due(&mut self) -> bool {
        let is_due = self.written_at.elapsed() > INTERVAL;
        if is_due {
            self.written_at = Instant::now();
        }
        is_due
    }
}
