//! Fetches the lines that Heroku keeps of one app, whole, and cuts them into entries. Which are new is not decided here.

use std::convert::Infallible;

use connector_process::Failure;
use heroku_api::{Error, ErrorKind, HerokuClient, LogContentType, LogSessionRequest, LogStream};
use heroku_logs::{EntryAssembler, EventStreamParser, LineSplitter, LogEntry, ParseProblem};

use crate::logs::identity::LineDigest;

/// Lines Heroku keeps per app. A window may hold one more.
pub(crate) const WINDOW_LINES: usize = 1500;
/// A window with so many entries is full: what was before them is gone.
pub(crate) const FULL_WINDOW_LINES: usize = WINDOW_LINES - 1;
/// 1,500 lines of at most 10,000 bytes are 15 MB; four times that is no log session.
const MAXIMUM_WINDOW_BYTES: usize = 64 * 1024 * 1024;
/// How often a session that breaks off is asked for again.
const TRIES: u32 = 3;

/// What a session gave.
#[derive(Debug, Default)]
pub(crate) struct SessionWindow {
    text: Vec<u8>,
    /// The session said that lines were thrown away.
    pub(crate) is_discarded: bool,
}

/// Why there is no window.
#[derive(Debug)]
pub(crate) enum WindowProblem {
    /// A call failed.
    Api(Error),
    /// Heroku's buffer is not available now (L15), which must not be read as "no lines".
    Unavailable,
    /// More bytes than a log session can have.
    TooLong,
}

/// Reads the window of an app, unfiltered.
pub(crate) async fn fetch(client: &HerokuClient, app_id: &str) -> Result<SessionWindow, WindowProblem> {
    let mut number = 1;
    loop {
        let problem = match fetch_once(client, app_id).await {
            Ok(window) if !window.is_unavailable() => return Ok(window),
            Ok(_) => WindowProblem::Unavailable,
            Err(problem) => problem,
        };
        let is_worth_a_try = match &problem {
            WindowProblem::Api(error) => error.kind() == ErrorKind::LogStreamIncomplete,
            WindowProblem::Unavailable => true,
            WindowProblem::TooLong => false,
        };
        if !is_worth_a_try || number == TRIES {
            return Err(problem);
        }
        tokio::time::sleep(std::time::Duration::from_millis(500) * number).await;
        number += 1;
    }
}

async fn fetch_once(client: &HerokuClient, app_id: &str) -> Result<SessionWindow, WindowProblem> {
    let mut stream = client
        .open_logs(app_id, &LogSessionRequest::default())
        .await
        .map_err(WindowProblem::Api)?;
    let mut window = SessionWindow {
        text: Vec::new(),
        is_discarded: false,
    };
    if let Some(warning) = stream.warning() {
        window.is_discarded = warning.contains("discarded");
        log::warn!("log session: Heroku says: {warning}");
    }
    match stream.content_type() {
        LogContentType::Plain => read_plain(&mut stream, &mut window.text).await?,
        LogContentType::EventStream => read_events(&mut stream, &mut window.text).await?,
    }
    Ok(window)
}

async fn next_chunk(stream: &mut LogStream, length: usize) -> Result<Option<impl AsRef<[u8]> + use<>>, WindowProblem> {
    if length > MAXIMUM_WINDOW_BYTES {
        return Err(WindowProblem::TooLong);
    }
    stream.next_chunk().await.map_err(WindowProblem::Api)
}

async fn read_plain(stream: &mut LogStream, text: &mut Vec<u8>) -> Result<(), WindowProblem> {
    while let Some(chunk) = next_chunk(stream, text.len()).await? {
        text.extend_from_slice(chunk.as_ref());
    }
    Ok(())
}

async fn read_events(stream: &mut LogStream, text: &mut Vec<u8>) -> Result<(), WindowProblem> {
    let mut parser = EventStreamParser::new();
    while let Some(chunk) = next_chunk(stream, text.len()).await? {
        let Ok(()) = parser.push(chunk.as_ref(), &mut |event| {
            add_event(text, event.data, event.is_partial);
            Ok::<(), Infallible>(())
        });
    }
    // The connection ended properly, so an event without its empty line is complete.
    let Ok(()) = parser.finish(&mut |event| {
        add_event(text, event.data, false);
        Ok::<(), Infallible>(())
    });
    Ok(())
}

/// An event holds one line or several, with or without the newline of the last.
fn add_event(text: &mut Vec<u8>, data: &[u8], is_partial: bool) {
    text.extend_from_slice(data);
    if !is_partial && text.last() != Some(&b'\n') {
        text.push(b'\n');
    }
}

impl SessionWindow {
    /// Hands every entry to `sink`, in order of arrival.
    ///
    /// # Errors
    /// The first that `sink` returns.
    pub(crate) fn each_entry(&self, mut sink: impl FnMut(LogEntry<'_>) -> Result<(), Failure>) -> Result<(), Failure> {
        let mut assembler = EntryAssembler::new();
        let mut splitter = LineSplitter::new(0);
        let mut each_line = |line: heroku_logs::RawLine<'_>| assembler.push(line).map_or(Ok(()), &mut sink);
        splitter.push(&self.text, &mut each_line)?;
        splitter.finish(&mut each_line)?;
        assembler.flush().map_or(Ok(()), &mut sink)
    }

    /// The fingerprints of the entries. Those before the first with a prefix are counted only: they are the end of an
    /// entry whose start is no longer kept, so they look different in every window.
    pub(crate) fn fingerprints(&self, scope: &str) -> (usize, Vec<u64>) {
        let (mut headless, mut fingerprints) = (0, Vec::with_capacity(WINDOW_LINES + 1));
        // The sink never fails, so neither does the walk.
        let _ = self.each_entry(|entry| {
            if fingerprints.is_empty() && entry.problem == Some(ParseProblem::NoPrefix) {
                headless += 1;
            } else {
                fingerprints.push(LineDigest::new(scope, &entry).fingerprint());
            }
            Ok(())
        });
        (headless, fingerprints)
    }

    /// True when the only line says L15: the buffer cannot be read at the moment.
    fn is_unavailable(&self) -> bool {
        let (mut count, mut is_l15) = (0, false);
        let _ = self.each_entry(|entry| {
            count += 1;
            is_l15 = entry.process == Some("logplex") && entry.message.starts_with(b"Error L15");
            Ok(())
        });
        count == 1 && is_l15
    }

    #[cfg(test)]
    pub(crate) fn from_text(text: &str) -> SessionWindow {
        SessionWindow {
            text: text.as_bytes().to_vec(),
            is_discarded: false,
        }
    }
}
