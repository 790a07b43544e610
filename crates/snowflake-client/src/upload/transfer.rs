//! One request to the storage until it is answered for good: retries, and new credentials when the old are over.
//! Knows no cloud: the requests are made and the replies judged by the cloud's module.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use http_retry::{Attempt, Outcome, Reply, RetryPolicy, Verdict, usual_judge};
use tokio::sync::Semaphore;

use crate::error::{Error, ErrorKind};
use crate::session::Connection;
use crate::upload::UploadFile;
use crate::upload::file_body::check_file;
use crate::upload::judgement::{Judgement, code_word, refused};
use crate::upload::shared_target::SharedTarget;
use crate::upload::stage_target::StageTarget;
use crate::upload::storage_request::StorageRequest;

/// Renewals for one request; credentials live for hours, so a third in a row means that they are never right.
const RENEWALS_LIMIT: u32 = 3;
/// As often as the official drivers try.
const ATTEMPTS: u32 = 6;
/// Slower than this, an upload is taken for stuck.
const SLOWEST_BYTES_PER_SECOND: u64 = 64 * 1024;

/// Makes the request of one attempt: signatures and encryption are made anew each time.
pub(crate) type MakeRequest<'m, 'f> =
    &'m (dyn Fn(&StageTarget) -> Result<StorageRequest<'f>, Error> + Send + Sync + 'm);

/// A file on its way.
#[derive(Clone, Copy)]
pub(crate) struct Transfer<'a> {
    pub(crate) connection: &'a Connection,
    pub(crate) target: &'a SharedTarget<'a>,
    pub(crate) file: &'a UploadFile,
    /// How many files, and parts of one, are begun at a time.
    pub(crate) parallel: usize,
    /// Bounds the requests under way, so the memory, for all files and parts of an upload together.
    pub(crate) under_way: &'a Semaphore,
}

/// Why a request came to nothing.
pub(crate) enum Trouble {
    /// The storage does not know the upload in parts any more.
    Gone,
    Failed(Error),
}

impl From<Error> for Trouble {
    fn from(failure: Error) -> Self {
        Trouble::Failed(failure)
    }
}

impl Transfer<'_> {
    /// Sends a request with a body of about this size; gives the reply and the target that took it.
    pub(crate) async fn exchange(
        &self,
        size_bytes: u64,
        make: MakeRequest<'_, '_>,
    ) -> Result<(Reply, Arc<StageTarget>), Trouble> {
        let closed = |_| Error::protocol("PUT", "the upload was given up");
        let _permit = self.under_way.acquire().await.map_err(closed)?;
        let mut may_be_expired = true;
        let mut renewals = 0;
        loop {
            let current = self.target.current().await;
            match Box::pin(self.attempts(&current.target, size_bytes, make)).await {
                Ok(reply) => match current.target.judge(&reply) {
                    Judgement::Done => return Ok((reply, current.target)),
                    Judgement::Gone => return Err(Trouble::Gone),
                    Judgement::Expired if renewals < RENEWALS_LIMIT => log::info!(
                        "upload of {}: the stage's credentials expired, asking for new ones",
                        self.file.name
                    ),
                    Judgement::Expired => return Err(self.always_expired(&reply).into()),
                    Judgement::TryAgain | Judgement::Refused => return Err(refused(self.file, &reply).into()),
                },
                Err(failure) => {
                    // A file that was cut or removed looks like a lost connection from the outside.
                    check_file(self.file).await?;
                    // So do expired credentials when the storage hangs up on a long body before its answer is read.
                    if failure.kind() != ErrorKind::Network || !std::mem::take(&mut may_be_expired) {
                        return Err(failure.into());
                    }
                }
            }
            renewals += 1;
            self.target.renew(current.number).await?;
        }
    }

    /// Under one set of credentials.
    async fn attempts(&self, target: &StageTarget, size_bytes: u64, make: MakeRequest<'_, '_>) -> Result<Reply, Error> {
        let client = &self.connection.endpoint.client;
        let unmade = Mutex::new(None);
        let build = |_: &Attempt| match make(target) {
            Ok(request) => request.into_builder(client),
            Err(failure) => {
                *unmade.lock().unwrap_or_else(PoisonError::into_inner) = Some(failure);
                // An empty URL makes a request that is refused before it is sent.
                client.put("")
            }
        };
        let judge = |outcome: &Outcome<'_>| match outcome {
            Outcome::Reply(reply) if target.judge(reply) == Judgement::TryAgain => Verdict::Retry,
            Outcome::Reply(_) => Verdict::Accept,
            Outcome::Transport(_) => usual_judge(outcome),
        };
        let outcome = http_retry::send(&self.policy(size_bytes), build, judge).await;
        if let Some(failure) = unmade.into_inner().unwrap_or_else(PoisonError::into_inner) {
            return Err(failure);
        }
        outcome.map_err(|failure| match failure.reply() {
            Some(reply) => refused(self.file, reply),
            None => Error::network(&format!("upload of {}", self.file.name), &failure),
        })
    }

    /// An attempt may take as long as the slowest acceptable line needs for the body.
    fn policy(&self, size_bytes: u64) -> RetryPolicy {
        let policy = self.connection.endpoint.policy();
        let sending = Duration::from_secs(size_bytes / SLOWEST_BYTES_PER_SECOND);
        RetryPolicy {
            attempts: ATTEMPTS,
            total_time: policy.total_time.saturating_add(sending.saturating_mul(3)),
            attempt_timeout: policy.attempt_timeout.saturating_add(sending),
            ..policy
        }
    }

    fn always_expired(&self, reply: &Reply) -> Error {
        Error::new(
            ErrorKind::Storage,
            format!(
                "PUT: the stage's credentials for {} are always expired (status {}, {})",
                self.file.name,
                reply.status.as_u16(),
                code_word(reply).unwrap_or("no reason given")
            ),
        )
        .with_hint("check the clock of this machine")
    }
}
