//! When a call is sent again: lost connections, 408 and 5xx after short pauses, 429 after long ones.
//! The loop itself is in `http-retry`.

use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use http_retry::{Outcome, RetryPolicy, Verdict, usual_judge};
use reqwest::header::RETRY_AFTER;

/// First pause after 429 without `Retry-After`, doubled each time: what Heroku's own Go client waits.
const RATE_LIMIT_PAUSE: Duration = Duration::from_secs(30);
/// Longest pause after 429.
const RATE_LIMIT_PAUSE_CAP: Duration = Duration::from_secs(900);

/// Six attempts; the total leaves room for four pauses after 429 (30 + 60 + 120 + 240 s) and a fifth cut short by it.
pub(crate) fn policy(attempt_timeout: Duration) -> RetryPolicy {
    RetryPolicy {
        attempts: 6,
        total_time: Duration::from_secs(900),
        attempt_timeout,
        ..RetryPolicy::default()
    }
}

/// The judge of one call; it counts the 429s it sees.
pub(crate) fn judge() -> impl Fn(&Outcome<'_>) -> Verdict {
    let refusals = AtomicU32::new(0);
    move |outcome| match outcome {
        Outcome::Reply(reply) if reply.status.as_u16() == 429 && !reply.headers.contains_key(RETRY_AFTER) => {
            let number = refusals.fetch_add(1, Ordering::Relaxed);
            let pause = rate_limit_pause(number, RandomState::new().hash_one(number));
            Verdict::RetryIn(pause)
        }
        _ => usual_judge(outcome),
    }
}

/// The pause before try `number` + 2, spread by a quarter to both sides so that several programs do not meet again.
fn rate_limit_pause(number: u32, random: u64) -> Duration {
    let pause = RATE_LIMIT_PAUSE
        .saturating_mul(2_u32.saturating_pow(number))
        .min(RATE_LIMIT_PAUSE_CAP);
    let spread_percent = 75 + u32::try_from(random % 51).unwrap_or(25);
    pause * spread_percent / 100
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_from_thirty_seconds_to_fifteen_minutes() {
        let seconds = |number, random| rate_limit_pause(number, random).as_secs_f64();
        assert_eq!(seconds(0, 25), 30.0);
        assert_eq!(seconds(1, 25), 60.0);
        assert_eq!(seconds(9, 25), 900.0);
        assert_eq!(seconds(u32::MAX, 25), 900.0);
        assert_eq!(seconds(0, 0), 22.5);
        assert_eq!(seconds(0, 50), 37.5);
    }
}
