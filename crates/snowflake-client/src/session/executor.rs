//! One statement from its first send to its final answer: replay, renewal, polling, time limit, cancelling.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant, SystemTime};

use serde_json::value::RawValue;
use url::Url;
use uuid::Uuid;

use crate::call::{self, ServerReply, Submission};
use crate::error::{Error, ErrorKind};
use crate::session::connection::Connection;
use crate::session::session_state::{Added, ends_transaction, is_repeatable};
use crate::session::statement_kind::statement_kind;
use crate::statement_options::StatementOptions;

/// Renewals in a row without another answer in between; a token that is born expired would go on for ever.
const RENEWALS_LIMIT: u32 = 3;
/// Snowflake holds each poll for about 45 s. A server that does not is asked at most once in this time.
const SHORTEST_POLL: Duration = Duration::from_millis(500);
/// "Not executing" may mean "not yet": so often it is asked again, as the official drivers do.
const ABORT_ATTEMPTS: u32 = 5;
const ABORT_PAUSE: Duration = Duration::from_millis(200);
/// Too many statements wait for the lock of one table: they may be fewer soon.
const TOO_MANY_WAIT: &str = "000625";
const LOCK_WAITS_LIMIT: u32 = 4;

/// What a finished statement gave.
pub(crate) struct Finished {
    /// First words of the statement, for messages.
    pub(crate) kind: String,
    pub(crate) data: Option<Box<RawValue>>,
}

impl Connection {
    /// Runs a statement to its end: again when too many wait for a lock, and in a new session when the old one was
    /// lost, held nothing, and the statement did not run in it.
    pub(crate) async fn run(&self, sql: &str, options: &StatementOptions) -> Result<Finished, Error> {
        self.check_open()?;
        let kind = statement_kind(sql);
        let started = Instant::now();
        let mut lock_waits = 0;
        let mut is_replaced = false;
        loop {
            let log_ins = self.tokens.log_ins();
            let added = self.state.sent(sql);
            let (outcome, may_have_run) = self.run_once(&kind, sql, options).await;
            match outcome {
                Err(failure) if failure.code() == Some(TOO_MANY_WAIT) && lock_waits < LOCK_WAITS_LIMIT => {
                    lock_waits += 1;
                    log::info!(
                        "{kind}: too many wait for the table's lock, attempt {lock_waits} of {LOCK_WAITS_LIMIT}"
                    );
                    tokio::time::sleep(self.endpoint.time_limits.backoff.1).await;
                }
                Err(failure) if failure.kind() == ErrorKind::SessionLost && !is_replaced => {
                    if !may_have_run {
                        self.state.withdraw(&added);
                    }
                    self.replace_session(sql, may_have_run, log_ins, failure).await?;
                    is_replaced = true;
                }
                Err(failure) => {
                    if failure.kind() == ErrorKind::Statement && added != Added::Other {
                        self.state.withdraw(&added);
                    }
                    return Err(failure);
                }
                Ok(data) => {
                    self.state.succeeded(sql);
                    log::debug!("{kind}: {} ms", started.elapsed().as_millis());
                    return Ok(Finished { kind, data });
                }
            }
        }
    }

    /// Logs in anew, unless that would hide a loss: then the failure comes back.
    async fn replace_session(&self, sql: &str, may_have_run: bool, log_ins: u64, lost: Error) -> Result<(), Error> {
        let runs_once = !ends_transaction(sql) && (!may_have_run || is_repeatable(sql));
        if !runs_once || !self.state.is_empty() || !self.log_in.autocommits() || self.check_open().is_err() {
            return Err(lost);
        }
        let logged_in = Box::pin(self.tokens.log_in_again(&self.endpoint, &self.log_in, log_ins)).await;
        // It stays the loss of a session: who handles that will log in, too, and tell what is wrong then.
        logged_in.map_err(|failure| lost.with_addition(&format!("and again: {failure}")))
    }

    /// Sends it under an id of its own. Also gives whether it may have run although its answer says otherwise.
    async fn run_once(
        &self,
        kind: &str,
        sql: &str,
        options: &StatementOptions,
    ) -> (Result<Option<Box<RawValue>>, Error>, bool) {
        let submission = Submission {
            doing: kind,
            sql,
            parameters: &options.parameters,
            request_id: Uuid::new_v4(),
            sequence_id: self.next_sequence_id(),
            submitted_at: SystemTime::now(),
            may_have_run: AtomicBool::new(false),
        };
        let request_id = submission.request_id;
        self.running.started(request_id, sql);
        let outcome = match options.time_limit {
            None => self.submit_and_wait(&submission).await,
            Some(limit) => match tokio::time::timeout(limit, self.submit_and_wait(&submission)).await {
                Ok(outcome) => outcome,
                Err(_) => {
                    self.cancel(request_id, sql).await;
                    let what = format!("{kind}: cancelled after its time limit of {} s", limit.as_secs());
                    Err(Error::new(ErrorKind::Cancelled, what))
                }
            },
        };
        self.running.finished(request_id);
        (outcome, submission.may_have_run.load(Ordering::Relaxed))
    }

    async fn submit_and_wait(&self, submission: &Submission<'_>) -> Result<Option<Box<RawValue>>, Error> {
        let doing = submission.doing;
        let mut renewals = 0;
        let mut result_url: Option<Url> = None;
        loop {
            let token = self.tokens.session();
            let asked = Instant::now();
            let reply = match &result_url {
                None => call::submit(&self.endpoint, &token, submission).await?,
                Some(url) => call::poll(&self.endpoint, &token, doing, url).await?,
            };
            self.note_call();
            match reply {
                ServerReply::Done(data) => return Ok(data),
                ServerReply::Refused(refusal) => return Err(refusal.of_statement(doing)),
                ServerReply::TokenExpired if renewals < RENEWALS_LIMIT => {
                    renewals += 1;
                    // Afterwards the same request is sent again under the same request id.
                    self.tokens.renew(&self.endpoint, &token).await?;
                }
                ServerReply::TokenExpired => {
                    let what = format!("{doing}: the session token is refused although it was renewed");
                    return Err(Error::new(ErrorKind::SessionLost, what));
                }
                ServerReply::Running(data) => {
                    renewals = 0;
                    submission.may_have_run.store(true, Ordering::Relaxed);
                    // A poll's answer may leave the address out: then it stays.
                    result_url = call::result_url(&self.endpoint, doing, data.as_deref())?.or(result_url);
                    if result_url.is_none() {
                        return Err(Error::protocol(
                            doing,
                            "the server does not say where to ask for the result",
                        ));
                    }
                    tokio::time::sleep(SHORTEST_POLL.saturating_sub(asked.elapsed())).await;
                }
            }
        }
    }

    /// Asks the server to stop a statement; what it answers is only logged, the statement's own end tells.
    async fn cancel(&self, request_id: Uuid, sql: &str) {
        let asking = self.ask_to_cancel(request_id, sql);
        if tokio::time::timeout(self.endpoint.time_limits.cancel, asking)
            .await
            .is_err()
        {
            log::warn!("a running statement may not have been cancelled: no reply in time");
        }
    }

    async fn ask_to_cancel(&self, request_id: Uuid, sql: &str) {
        for attempt in 1..=ABORT_ATTEMPTS {
            let token = self.tokens.session();
            match call::abort(&self.endpoint, &token, sql, request_id).await {
                Ok(ServerReply::TokenExpired) => {
                    if self.tokens.renew(&self.endpoint, &token).await.is_err() {
                        return;
                    }
                }
                Ok(ServerReply::Refused(refusal)) if refusal.code.as_deref() == Some("000605") => {
                    tokio::time::sleep(ABORT_PAUSE * attempt).await;
                }
                Ok(_) => return,
                Err(failure) => {
                    log::warn!("a running statement may not have been cancelled ({:?})", failure.kind());
                    log::debug!("cancelling: {failure}");
                    return;
                }
            }
            // Its caller may have got the answer meanwhile.
            if !self.running.contains(request_id) {
                return;
            }
        }
    }

    /// Cancels everything that runs, all at once.
    pub(crate) async fn cancel_all(&self) {
        let running = self.running.all();
        let all = running.iter().map(|(request_id, sql)| self.cancel(*request_id, sql));
        futures_util::future::join_all(all).await;
        running
            .iter()
            .for_each(|(request_id, _)| self.running.finished(*request_id));
    }
}
