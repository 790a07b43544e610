//! The account's pool of requests: a token bucket over wall-clock time.

use std::time::Instant;

#[derive(Debug)]
pub(crate) struct RateLimit {
    capacity: f64,
    per_second: f64,
    tokens: f64,
    counted_at: Instant,
}

impl RateLimit {
    pub(crate) fn new(capacity: u32, per_minute: f64) -> Self {
        let capacity = f64::from(capacity);
        Self {
            capacity,
            per_second: per_minute / 60.0,
            tokens: capacity,
            counted_at: Instant::now(),
        }
    }

    /// Takes one token; false when there is none left.
    pub(crate) fn take(&mut self) -> bool {
        self.refill();
        if self.tokens < 1.0 {
            return false;
        }
        self.tokens -= 1.0;
        true
    }

    /// Whole tokens left now.
    pub(crate) fn remaining(&mut self) -> u64 {
        self.refill();
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "between 0 and the capacity, a u32"
        )]
        let whole = self.tokens.floor() as u64;
        whole
    }

    pub(crate) fn set_remaining(&mut self, tokens: u32) {
        self.counted_at = Instant::now();
        self.tokens = f64::from(tokens).min(self.capacity);
    }

    fn refill(&mut self) {
        let now = Instant::now();
        let elapsed = now.duration_since(self.counted_at).as_secs_f64();
        self.tokens = (self.tokens + elapsed * self.per_second).min(self.capacity);
        self.counted_at = now;
    }
}
