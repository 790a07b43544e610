//! Tokens that one log-in leaves for the next, so that several sessions need one code, one browser window, one token
//! request. In memory only: nothing is written to a disk or a key chain.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::secret::Secret;

/// What may be remembered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Remembered {
    /// Stands in for the digits of an authenticator app.
    SecondFactor,
    /// Stands in for a person at a browser.
    Person,
    /// Of OAuth client credentials.
    OAuthAccess,
}

struct Entry {
    token: Secret,
    good_until: Option<Instant>,
}

/// Shared by the clones of one configuration. Tokens are kept per user, because a clone may be given another one.
#[derive(Default)]
pub(crate) struct LogInMemory {
    tokens: Mutex<HashMap<(Remembered, String), Entry>>,
    /// Held during a log-in that may leave a token for the next.
    pub(crate) one_at_a_time: tokio::sync::Mutex<()>,
}

impl LogInMemory {
    /// The token, unless its time is over.
    pub(crate) fn recall(&self, kind: Remembered, whose: &str) -> Option<Secret> {
        let tokens = self.lock();
        let entry = tokens.get(&(kind, whose.to_owned()))?;
        let is_good = entry.good_until.is_none_or(|until| Instant::now() < until);
        is_good.then(|| entry.token.clone())
    }

    /// Keeps a token for so long, or for good.
    pub(crate) fn remember(&self, kind: Remembered, whose: &str, token: Secret, lifetime: Option<Duration>) {
        let good_until = lifetime.and_then(|lifetime| Instant::now().checked_add(lifetime));
        self.lock()
            .insert((kind, whose.to_owned()), Entry { token, good_until });
    }

    pub(crate) fn forget(&self, kind: Remembered, whose: &str) {
        self.lock().remove(&(kind, whose.to_owned()));
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<(Remembered, String), Entry>> {
        // Entries are whole whatever happened to the thread that held them.
        self.tokens.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for LogInMemory {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("LogInMemory")
    }
}
