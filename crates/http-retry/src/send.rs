//! The loop: build, send, read the whole body, judge, pause. Knows nothing of any service.

use std::time::{Duration, Instant, SystemTime};

use reqwest::{Method, RequestBuilder};

use crate::backoff::Backoff;
use crate::failure::{GivenUp, RetryCause, RetryError, TransportFailure, TransportKind};
use crate::outcome::{Attempt, Outcome, Reply, RetryReason, Verdict};
use crate::policy::RetryPolicy;
use crate::redacted_url::RedactedUrl;
use crate::retry_after::retry_after;

/// Sends one logical request until `judge` accepts an outcome or the policy's limits are reached.
///
/// `build` makes the request of each attempt anew (a streamed body can be used only once; some services want to know
/// the number of the attempt). The body of the reply is read inside the attempt, so a cut body is tried again.
///
/// # Errors
/// [`RetryError`] when the judge gives up, or the attempts or the time are used up; it carries the last reply.
pub async fn send<Build, Judge>(policy: &RetryPolicy, mut build: Build, judge: Judge) -> Result<Reply, RetryError>
where
    Build: FnMut(&Attempt) -> RequestBuilder,
    Judge: Fn(&Outcome<'_>) -> Verdict,
{
    let started = Instant::now();
    let mut backoff = Backoff::new(policy);
    let mut attempt = Attempt {
        number: 1,
        first_started_at: SystemTime::now(),
        last_reason: None,
    };
    loop {
        let mut target = Target::take(build(&attempt), policy.path_is_secret);
        let time_left = policy.total_time.saturating_sub(started.elapsed());
        let result = target
            .send_once(policy.attempt_timeout.min(time_left), policy.reply_limit_bytes)
            .await;
        let verdict = match &result {
            Ok(reply) => judge(&Outcome::Reply(reply)),
            Err(failure) => judge(&Outcome::Transport(failure)),
        };
        let (cause, reason) = match result {
            Ok(reply) if verdict == Verdict::Accept => return Ok(reply),
            Ok(reply) => (
                RetryCause::Reply(reply.clone()),
                RetryReason::Status(reply.status.as_u16()),
            ),
            Err(failure) => {
                let reason = RetryReason::Transport(failure.kind());
                (RetryCause::Transport(failure), reason)
            }
        };
        let pause = pause_before_next(verdict, &cause, &mut backoff);
        let elapsed = started.elapsed();
        let within_limits =
            |pause: &Duration| attempt.number < policy.attempts && elapsed.saturating_add(*pause) < policy.total_time;
        let Some(pause) = pause.filter(within_limits) else {
            let given_up = GivenUp {
                method: &target.method,
                url: &target.url,
                attempts: attempt.number,
                attempts_limit: policy.attempts.max(1),
                elapsed,
                time_limit: policy.total_time,
            };
            return Err(RetryError::new(&given_up, cause));
        };
        target.log_retry(reason, &attempt, policy.attempts, pause);
        tokio::time::sleep(pause).await;
        attempt = Attempt {
            number: attempt.number + 1,
            last_reason: Some(reason),
            ..attempt
        };
    }
}

/// `None` when there is to be no further attempt.
fn pause_before_next(verdict: Verdict, cause: &RetryCause, backoff: &mut Backoff) -> Option<Duration> {
    match verdict {
        Verdict::Accept | Verdict::GiveUp => None,
        Verdict::RetryIn(pause) => Some(pause),
        Verdict::Retry => {
            let asked = match cause {
                RetryCause::Reply(reply) => retry_after(&reply.headers, SystemTime::now()),
                RetryCause::Transport(_) => None,
            };
            // Waiting less than asked would be rude, waiting less than our own pause would be a storm.
            Some(backoff.next_pause().max(asked.unwrap_or_default()))
        }
    }
}

/// One attempt's request, with what a log line may say about it.
struct Target {
    client: reqwest::Client,
    request: Result<reqwest::Request, TransportFailure>,
    method: Method,
    url: RedactedUrl,
}

impl Target {
    fn take(builder: RequestBuilder, path_is_secret: bool) -> Self {
        let (client, request) = builder.build_split();
        let redact = if path_is_secret {
            RedactedUrl::origin_only
        } else {
            RedactedUrl::new
        };
        match request {
            Ok(request) => {
                let (method, url) = (request.method().clone(), redact(request.url()));
                Target {
                    client,
                    request: Ok(request),
                    method,
                    url,
                }
            }
            Err(failure) => {
                let url = failure.url().map_or_else(RedactedUrl::unknown, redact);
                let failure = TransportFailure::from_reqwest(&failure, false);
                Target {
                    client,
                    request: Err(failure),
                    method: Method::GET,
                    url,
                }
            }
        }
    }

    async fn send_once(&mut self, time_limit: Duration, limit_bytes: usize) -> Result<Reply, TransportFailure> {
        let unbuildable = Err(TransportFailure::new(TransportKind::Build));
        let request = std::mem::replace(&mut self.request, unbuildable)?;
        match tokio::time::timeout(time_limit, exchange(&self.client, request, limit_bytes)).await {
            Ok(result) => result,
            Err(_) => Err(TransportFailure::new(TransportKind::Timeout)),
        }
    }

    fn log_retry(&self, reason: RetryReason, attempt: &Attempt, attempts_limit: u32, pause: Duration) {
        let why = match reason {
            RetryReason::Transport(kind) => kind.text().to_owned(),
            RetryReason::Status(status) => format!("status {status}"),
        };
        // The first retry is everyday life on a network; the third is worth a look.
        let level = if attempt.number < 3 {
            log::Level::Info
        } else {
            log::Level::Warn
        };
        log::log!(
            level,
            "{} {}: {why}, attempt {} of {attempts_limit}, next in {:.1} s",
            self.method,
            self.url,
            attempt.number,
            pause.as_secs_f64()
        );
    }
}

/// Sends and reads to the end of the body.
async fn exchange(
    client: &reqwest::Client,
    request: reqwest::Request,
    limit_bytes: usize,
) -> Result<Reply, TransportFailure> {
    let sent = client.execute(request).await;
    let mut response = sent.map_err(|failure| TransportFailure::from_reqwest(&failure, false))?;
    let mut body = Vec::new();
    while let Some(piece) = response
        .chunk()
        .await
        .map_err(|failure| TransportFailure::from_reqwest(&failure, true))?
    {
        if body.len().saturating_add(piece.len()) > limit_bytes {
            return Err(TransportFailure::new(TransportKind::TooLong));
        }
        body.extend_from_slice(&piece);
    }
    Ok(Reply {
        status: response.status(),
        headers: std::mem::take(response.headers_mut()),
        body,
    })
}
