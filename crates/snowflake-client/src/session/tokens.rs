//! The tokens of a session and their renewal: however many statements meet an expired token, one of them renews it.
//! The same for a lost session: one of them logs in again.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{PoisonError, RwLock};

use tokio::sync::Mutex;

use crate::call::{self, Endpoint};
use crate::error::Error;
use crate::secret::Secret;
use crate::session::log_in::LogIn;

#[derive(Clone)]
pub(crate) struct TokenPair {
    pub(crate) session: Secret,
    pub(crate) master: Secret,
}

pub(crate) struct Tokens {
    current: RwLock<TokenPair>,
    renewal: Mutex<()>,
    log_ins: AtomicU64,
}

impl Tokens {
    pub(crate) fn new(pair: TokenPair) -> Self {
        Tokens {
            current: RwLock::new(pair),
            renewal: Mutex::new(()),
            log_ins: AtomicU64::new(1),
        }
    }

    /// The session token to send with the next call.
    pub(crate) fn session(&self) -> Secret {
        self.pair().session
    }

    fn pair(&self) -> TokenPair {
        // A poisoned lock still holds a whole pair: it is only ever replaced.
        self.current.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Renews, unless `expired` was renewed by another task already.
    pub(crate) async fn renew(&self, endpoint: &Endpoint, expired: &Secret) -> Result<(), Error> {
        let _one_at_a_time = self.renewal.lock().await;
        let pair = self.pair();
        if pair.session != *expired {
            return Ok(());
        }
        let renewed = call::renew(endpoint, &pair.session, &pair.master).await?;
        log::debug!("session token renewed");
        self.replace(TokenPair {
            session: Secret::new(renewed.session_token),
            master: Secret::new(renewed.master_token),
        });
        Ok(())
    }

    /// How many log-ins these tokens have behind them.
    pub(crate) fn log_ins(&self) -> u64 {
        self.log_ins.load(Ordering::Acquire)
    }

    /// Logs in anew, unless another task did so since there were `seen` log-ins.
    pub(crate) async fn log_in_again(&self, endpoint: &Endpoint, log_in: &LogIn, seen: u64) -> Result<(), Error> {
        let _one_at_a_time = self.renewal.lock().await;
        if self.log_ins() != seen {
            return Ok(());
        }
        let (pair, information) = log_in.run(endpoint).await?;
        log::info!(
            "the session was lost and is replaced by session {}",
            information.session_id
        );
        self.replace(pair);
        self.log_ins.fetch_add(1, Ordering::AcqRel);
        Ok(())
    }

    fn replace(&self, pair: TokenPair) {
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = pair;
    }
}
