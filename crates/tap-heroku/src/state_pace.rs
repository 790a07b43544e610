//! When a STATE is worth writing. It is small for a few apps, but with a bookmark for each of a thousand it would be
//! most of the output if every step wrote it.

use std::time::{Duration, Instant};

use serde_json::value::RawValue;
use singer_protocol::State;

/// Up to this size the last STATE costs no more than a few records, so the next one need not wait.
const SMALL_BYTES: usize = 8 * 1024;
/// A large STATE is written this often: what a killed run would read again.
const INTERVAL: Duration = Duration::from_secs(1);

/// What was written last, and when.
#[derive(Debug, Default)]
pub(crate) struct StatePace {
    last: Option<(Box<RawValue>, Instant)>,
}

impl StatePace {
    /// Whether a STATE in the middle of a stream may be written now. Costs nothing.
    pub(crate) fn is_due(&self) -> bool {
        let is_soon = |(text, at): &(Box<RawValue>, Instant)| text.get().len() > SMALL_BYTES && at.elapsed() < INTERVAL;
        !self.last.as_ref().is_some_and(is_soon)
    }

    /// The state as JSON text, when it differs from the last one; it counts as written from now on.
    ///
    /// # Errors
    /// Those of the JSON writer.
    pub(crate) fn next(&mut self, state: &State) -> serde_json::Result<Option<&RawValue>> {
        let text = RawValue::from_string(state.to_value().to_string())?;
        if state.is_empty() || self.last.as_ref().is_some_and(|(last, _)| last.get() == text.get()) {
            return Ok(None);
        }
        let (text, _) = self.last.insert((text, Instant::now()));
        Ok(Some(text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_large_state_waits_and_a_small_one_does_not() {
        let mut pace = StatePace::default();
        let mut state = State::default();
        assert!(pace.next(&state).unwrap().is_none());
        state.set_bookmark("apps", "updated_at", "2026".into());
        assert_eq!(
            pace.next(&state).unwrap().map(RawValue::get),
            Some(state.to_value().to_string().as_str())
        );
        assert!(pace.next(&state).unwrap().is_none());
        assert!(pace.is_due());
        state.set_bookmark("apps", "updated_at", "x".repeat(SMALL_BYTES).into());
        assert!(pace.next(&state).unwrap().is_some());
        assert!(!pace.is_due());
    }
}
