//! Pauses between attempts: decorrelated jitter (each drawn between the base and three times the one before, capped).
//! Not a general random number source: the generator is splitmix64, good for spreading load and for nothing else.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::time::Duration;

use crate::policy::RetryPolicy;

/// The pauses of one request, in order.
pub(crate) struct Backoff {
    base: Duration,
    cap: Duration,
    previous: Duration,
    random_state: u64,
}

impl Backoff {
    pub(crate) fn new(policy: &RetryPolicy) -> Self {
        Backoff {
            base: policy.backoff_base,
            cap: policy.backoff_cap,
            previous: policy.backoff_base,
            // RandomState is keyed by the operating system, so programs started together do not retry together.
            random_state: policy
                .jitter_seed
                .unwrap_or_else(|| RandomState::new().build_hasher().finish()),
        }
    }

    /// The next pause: at least the base, at most the cap.
    pub(crate) fn next_pause(&mut self) -> Duration {
        let upper = self.previous.saturating_mul(3);
        let span = upper.saturating_sub(self.base);
        let pause = self
            .base
            .saturating_add(span.mul_f64(self.next_fraction()))
            .min(self.cap);
        self.previous = pause;
        pause
    }

    /// A number in [0, 1): the upper 53 bits of a splitmix64 step.
    fn next_fraction(&mut self) -> f64 {
        self.random_state = self.random_state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.random_state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^= mixed >> 31;
        (mixed >> 11) as f64 / (1u64 << 53) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pauses(seed: Option<u64>) -> Vec<Duration> {
        let mut backoff = Backoff::new(&RetryPolicy {
            jitter_seed: seed,
            ..RetryPolicy::default()
        });
        (0..50).map(|_| backoff.next_pause()).collect()
    }

    #[test]
    fn pauses_stay_between_base_and_cap_and_grow_by_three_at_most() {
        let policy = RetryPolicy::default();
        let pauses = pauses(Some(7));
        let mut previous = policy.backoff_base;
        for pause in &pauses {
            assert!(*pause >= policy.backoff_base && *pause <= policy.backoff_cap);
            assert!(*pause <= previous * 3);
            previous = *pause;
        }
        assert!(pauses.iter().any(|pause| *pause > policy.backoff_base * 3), "they grow");
    }

    #[test]
    fn a_seed_fixes_the_pauses_and_no_seed_varies_them() {
        assert_eq!(pauses(Some(1)), pauses(Some(1)));
        assert_ne!(pauses(Some(1)), pauses(Some(2)));
        assert_ne!(pauses(None), pauses(None));
    }
}
