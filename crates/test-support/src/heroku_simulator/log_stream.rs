//! The log stream behind a signed URL: plain text or event stream, history and then, if asked, what follows.

use super::log_buffer::{LogFilter, LogLine};
use super::log_sessions::StreamRequest;
use super::replies::with_type;
use super::world::Shared;
use axum::body::Body;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, HeaderValue, Uri, header};
use axum::response::Response;
use futures_util::{Stream, StreamExt, stream};
use jiff::Timestamp;
use serde::Deserialize;
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use tokio::time::Instant;

/// A comment goes out on a quiet event stream this often.
const HEARTBEAT: Duration = Duration::from_secs(15);

#[derive(Debug, Deserialize)]
pub(crate) struct StreamQuery {
    channel_id: String,
    num: usize,
    ps: String,
    source: String,
    tail: bool,
    timestamp: i64,
    token: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    EventStream,
    Plain,
    /// Fir without an event stream: records with nothing between them.
    Concatenated,
}

pub(crate) async fn read_log_stream(
    State(shared): State<Shared>,
    uri: Uri,
    headers: HeaderMap,
    query: Result<Query<StreamQuery>, axum::extract::rejection::QueryRejection>,
) -> Response {
    if headers.contains_key(header::AUTHORIZATION) {
        shared
            .world()
            .violations
            .push(format!("Authorization sent to the log stream {}", uri.path()));
        return with_type(
            400,
            "text/plain",
            "this host takes no Authorization header\n".to_owned(),
        );
    }
    let Ok(Query(query)) = query else {
        return with_type(400, "text/plain", "incomplete URL\n".to_owned());
    };
    let present = |text: String| (!text.is_empty()).then_some(text);
    let request = StreamRequest {
        app_id: query.channel_id.strip_prefix("app-").unwrap_or_default().to_owned(),
        lines: query.num,
        filter: LogFilter {
            source: present(query.source),
            process: present(query.ps),
        },
        follow: query.tail,
        signed_at: query.timestamp,
    };
    if !request.has_token(&shared.signing_key, &query.token) {
        return with_type(403, "text/plain", "signature does not match\n".to_owned());
    }
    open(&shared, request, &headers)
}

fn open(shared: &Shared, request: StreamRequest, headers: &HeaderMap) -> Response {
    let world = shared.world();
    let lifetime = i64::try_from(world.scenario.log_url_seconds).unwrap_or(i64::MAX);
    if Timestamp::now().as_second().saturating_sub(request.signed_at) > lifetime {
        return with_type(404, "text/plain", "session expired\n".to_owned());
    }
    let Some(app) = world.app(&request.app_id) else {
        return with_type(404, "text/plain", "no such channel\n".to_owned());
    };
    let accept = headers
        .get(header::ACCEPT)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let form = match (accept.contains("text/event-stream"), app.is_fir()) {
        (true, _) => Form::EventStream,
        (false, true) => Form::Concatenated,
        (false, false) => Form::Plain,
    };
    // Heroku reads its list from 0 to num inclusively, so one line more than asked for may come.
    let history = if app.is_fir() {
        Vec::new()
    } else {
        app.log.last_lines(request.lines + 1)
    };
    let tail_ends = Instant::now() + Duration::from_secs(world.scenario.tail_seconds);
    let reader = Reader {
        waiting: history.into_iter().collect(),
        follower: request.follow.then(|| app.log.follow()),
        filter: request.filter,
        form,
        sent: 0,
        tail_ends,
    };
    respond(form, reader)
}

fn respond(form: Form, reader: Reader) -> Response {
    let opening = if form == Form::EventStream { ":\n\n" } else { "" };
    let pieces = stream::once(async move { opening.to_owned() }).chain(reader.into_stream());
    let mut response = Response::new(Body::from_stream(pieces.map(Ok::<String, std::convert::Infallible>)));
    let content_type = if form == Form::EventStream {
        "text/event-stream"
    } else {
        "text/plain"
    };
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}

struct Reader {
    waiting: VecDeque<Arc<LogLine>>,
    follower: Option<Receiver<Arc<LogLine>>>,
    filter: LogFilter,
    form: Form,
    sent: u64,
    tail_ends: Instant,
}

impl Reader {
    fn into_stream(self) -> impl Stream<Item = String> {
        stream::unfold(self, |mut reader| async move {
            reader.next_piece().await.map(|piece| (piece, reader))
        })
    }

    async fn next_piece(&mut self) -> Option<String> {
        loop {
            if let Some(line) = self.waiting.pop_front() {
                if self.filter.accepts(&line) {
                    return Some(self.framed(&line.text));
                }
                continue;
            }
            let follower = self.follower.as_mut()?;
            let until = self.tail_ends.min(Instant::now() + HEARTBEAT);
            match tokio::time::timeout_at(until, follower.recv()).await {
                Ok(Ok(line)) => self.waiting.push_back(line),
                Ok(Err(RecvError::Closed)) => return None,
                Ok(Err(RecvError::Lagged(lost))) => self.waiting.push_back(Arc::new(tail_overflow(lost))),
                Err(_) if Instant::now() >= self.tail_ends => return None,
                Err(_) if self.form == Form::EventStream => return Some(": still here\n\n".to_owned()),
                Err(_) => {}
            }
        }
    }

    fn framed(&mut self, text: &str) -> String {
        self.sent += 1;
        match self.form {
            Form::Plain => format!("{text}\n"),
            Form::Concatenated => text.to_owned(),
            Form::EventStream => {
                let data: String = text.split('\n').map(|line| format!("data: {line}\n")).collect();
                format!("id: {}\n{data}\n", self.sent)
            }
        }
    }
}

fn tail_overflow(lost: u64) -> LogLine {
    let now = Timestamp::now().strftime("%Y-%m-%dT%H:%M:%S%.6f+00:00").to_string();
    let message = format!("Error L11 (Tail buffer overflow) -> This tail session dropped {lost} messages since {now}.");
    LogLine::new(&now, "heroku", "logplex", &message)
}
