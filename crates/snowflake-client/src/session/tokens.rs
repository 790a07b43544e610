//! The tokens of a session and their renewal: however many statements meet an expired token, one of them renews it.

use std::sync::{PoisonError, RwLock};

use tokio::sync::Mutex;

use crate::call::{self, Endpoint};
use crate::error::Error;
use crate::secret::Secret;

#[derive(Clone)]
pub(crate) struct TokenPair {
    pub(crate) session: Secret,
    pub(crate) master: Secret,
}

pub(crate) struct Tokens {
    current: RwLock<TokenPair>,
    renewal: Mutex<()>,
}

impl Tokens {
    pub(crate) fn new(pair: TokenPair) -> Self {
        Tokens {
            current: RwLock::new(pair),
            renewal: Mutex::new(()),
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
        let pair = TokenPair {
            session: Secret::new(renewed.session_token),
            master: Secret::new(renewed.master_token),
        };
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = pair;
        Ok(())
    }
}
