//! How often, how long and with which pauses a request is tried. Plain data: the loop is in `send`.

use std::time::Duration;

/// Limits of one logical request. Every field may be changed; [`RetryPolicy::default`] suits a JSON API.
#[derive(Debug, Clone)]
pub struct RetryPolicy {
    /// Most attempts, the first included; 0 is taken as 1.
    pub attempts: u32,
    /// Most time from the start of the first attempt to the end of the last; a pause that would pass it is not begun.
    pub total_time: Duration,
    /// Most time for one attempt, from connecting to the last byte of the body.
    pub attempt_timeout: Duration,
    /// Shortest pause between two attempts.
    pub backoff_base: Duration,
    /// Longest pause that we choose ourselves; a `Retry-After` may ask for more.
    pub backoff_cap: Duration,
    /// Most bytes of a body, after decompression; a longer one is refused instead of filling the memory.
    pub reply_limit_bytes: usize,
    /// The path is part of the secret (signed log session): lines and errors then show scheme, host and port only.
    pub path_is_secret: bool,
    /// Fixes the jitter; `None` draws a seed from the operating system.
    pub jitter_seed: Option<u64>,
}

impl Default for RetryPolicy {
    /// 6 attempts within 120 s, pauses of 0.25 s to 16 s, 60 s for one attempt, bodies up to 256 MiB.
    fn default() -> Self {
        RetryPolicy {
            attempts: 6,
            total_time: Duration::from_secs(120),
            attempt_timeout: Duration::from_secs(60),
            backoff_base: Duration::from_millis(250),
            backoff_cap: Duration::from_secs(16),
            reply_limit_bytes: 256 * 1024 * 1024,
            path_is_secret: false,
            jitter_seed: None,
        }
    }
}
