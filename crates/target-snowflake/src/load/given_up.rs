//! The word that a run was given up: said once, heard by everything that waits. Not for why.

use std::future::Future;

use tokio::sync::watch;

use super::attempt::Attempt;

/// Whether the run was given up.
#[derive(Debug)]
pub(crate) struct GivenUp(watch::Sender<bool>);

impl GivenUp {
    /// It was not.
    pub(crate) fn new() -> Self {
        Self(watch::Sender::new(false))
    }

    /// Gives the run up, for good.
    pub(crate) fn say(&self) {
        self.0.send_replace(true);
    }

    /// True once it was said.
    pub(crate) fn is_said(&self) -> bool {
        *self.0.borrow()
    }

    /// Waits for it.
    pub(crate) async fn heard(&self) {
        // The sender is here, so the wait ends with the word alone.
        let mut word = self.0.subscribe();
        let _heard = word.wait_for(|&is_said| is_said).await;
    }

    /// Does the work, or leaves it where it is when the run is given up. The statement that it was at may still run.
    pub(crate) async fn unless<T>(&self, work: impl Future<Output = Result<T, Attempt>>) -> Result<T, Attempt> {
        tokio::select! {
            biased;
            () = self.heard() => Err(Attempt::GivenUp),
            done = work => done,
        }
    }
}
