//! SIGTERM and SIGINT as something a program can wait for. What is saved before the end is the program's business.

use tokio::sync::watch;

/// Tells whether, and how often, the process was asked to stop.
#[derive(Debug, Clone)]
pub struct Shutdown {
    requests: watch::Receiver<u32>,
}

impl Shutdown {
    /// A handle that is never asked: for runs that nobody interrupts (tests, `--test`).
    #[must_use]
    pub fn never() -> Self {
        Self {
            requests: watch::channel(0).1,
        }
    }

    /// True after the first signal.
    #[must_use]
    pub fn is_requested(&self) -> bool {
        *self.requests.borrow() > 0
    }

    /// Waits for the first signal; returns at once when it came already. Safe to drop and call again.
    pub async fn requested(&self) {
        self.requested_times(1).await;
    }

    /// Waits until `times` signals came: the second one usually means "now".
    pub async fn requested_times(&self, times: u32) {
        let mut requests = self.requests.clone();
        if requests.wait_for(|&count| count >= times).await.is_err() {
            // Nobody is listening any more, so no signal can come.
            std::future::pending::<()>().await;
        }
    }
}

/// Listens for SIGTERM and SIGINT from now on; without this the first of them kills the process. Call it once, inside a
/// tokio runtime that drives I/O.
///
/// # Errors
/// When the operating system refuses the handlers.
pub fn listen() -> std::io::Result<Shutdown> {
    let (sender, requests) = watch::channel(0);
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let mut terminate = signal(SignalKind::terminate())?;
        let mut interrupt = signal(SignalKind::interrupt())?;
        tokio::spawn(async move {
            loop {
                let received = tokio::select! {
                    received = terminate.recv() => received,
                    received = interrupt.recv() => received,
                };
                if received.is_none() {
                    return;
                }
                sender.send_modify(|count| *count += 1);
            }
        });
    }
    #[cfg(not(unix))]
    tokio::spawn(async move {
        while tokio::signal::ctrl_c().await.is_ok() {
            sender.send_modify(|count| *count += 1);
        }
    });
    Ok(Shutdown { requests })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(flavor = "current_thread")]
    async fn waits_for_the_count_that_was_asked_for() {
        let (sender, requests) = watch::channel(0);
        let shutdown = Shutdown { requests };
        assert!(!shutdown.is_requested());
        sender.send_modify(|count| *count += 1);
        shutdown.requested().await;
        assert!(shutdown.is_requested());
        let second = tokio::time::timeout(std::time::Duration::from_millis(5), shutdown.requested_times(2));
        assert!(second.await.is_err(), "one signal is not two");
    }
}
