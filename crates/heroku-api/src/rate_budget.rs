//! The account's request pool: what is left of it, and how long to wait so that a reserve stays for others.
//!
//! Heroku's published arithmetic: 4,500 tokens per account (not per token), refilled at 75 a minute, so one
//! token comes back every 0.8 seconds. Every answer says in `RateLimit-Remaining` what is left.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// Size of an account's pool of request tokens.
pub const POOL_SIZE: u32 = 4500;
/// Tokens that come back in one minute.
pub const REFILL_PER_MINUTE: u32 = 75;
/// The longest wait before one request: one minute's refill.
const LONGEST_WAIT_TOKENS: u32 = REFILL_PER_MINUTE;

#[derive(Debug)]
pub(crate) struct RateBudget {
    reserve: u32,
    last_seen: Mutex<Option<Seen>>,
}

#[derive(Debug, Clone, Copy)]
struct Seen {
    remaining: u32,
    at: Instant,
}

impl RateBudget {
    pub(crate) fn new(reserve: u32) -> Self {
        Self {
            reserve,
            last_seen: Mutex::new(None),
        }
    }

    /// Notes what an answer said, and says so once when it falls below the reserve.
    pub(crate) fn observe(&self, remaining: u32) {
        let mut last_seen = self.last_seen.lock().unwrap_or_else(PoisonError::into_inner);
        let was_below = last_seen.is_some_and(|seen| seen.remaining < self.reserve);
        if remaining < self.reserve && !was_below {
            log::info!(
                "{remaining} of {POOL_SIZE} API requests left for this account, below the reserve of {}: slowing down",
                self.reserve
            );
        }
        *last_seen = Some(Seen {
            remaining,
            at: Instant::now(),
        });
    }

    /// How long the next request should wait.
    pub(crate) fn wait(&self) -> Duration {
        let last_seen = *self.last_seen.lock().unwrap_or_else(PoisonError::into_inner);
        last_seen.map_or(Duration::ZERO, |seen| {
            wait_for(seen.remaining, seen.at.elapsed(), self.reserve)
        })
    }
}

/// The time until the pool, refilled since it was last seen, is back at the reserve; at most a minute, so that
/// a pool emptied by others slows this program down but never stops it.
fn wait_for(remaining: u32, elapsed: Duration, reserve: u32) -> Duration {
    let missing = reserve
        .min(POOL_SIZE)
        .saturating_sub(remaining)
        .min(LONGEST_WAIT_TOKENS);
    (Duration::from_secs(60) * missing / REFILL_PER_MINUTE).saturating_sub(elapsed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_token_is_worth_eight_tenths_of_a_second() {
        let ms = Duration::from_millis;
        assert_eq!(wait_for(500, ms(0), 500), ms(0));
        assert_eq!(wait_for(499, ms(0), 500), ms(800));
        assert_eq!(wait_for(499, ms(300), 500), ms(500));
        assert_eq!(wait_for(490, ms(0), 500), ms(8000));
        assert_eq!(wait_for(0, ms(0), 500), ms(60_000));
        assert_eq!(wait_for(0, ms(0), 0), ms(0));
        assert_eq!(wait_for(4500, ms(0), u32::MAX), ms(0));
    }
}
