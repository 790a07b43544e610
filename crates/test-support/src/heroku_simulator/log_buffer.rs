//! An app's log as Heroku keeps it: the last 1500 lines of all sources in order of arrival, and whoever follows it.

use std::collections::VecDeque;
use std::sync::Arc;
use tokio::sync::broadcast;

/// Lines kept per app (Heroku's Dev Center, "Logging").
pub(crate) const KEPT_LINES: usize = 1500;

/// Lines a slow follower may lag behind before it loses some.
const FOLLOWER_LINES: usize = 4096;

/// One log message. Its text may hold newlines of its own.
#[derive(Debug, Clone)]
pub(crate) struct LogLine {
    /// `app` or `heroku`.
    pub(crate) source: String,
    /// `web.1`, `router`, `api`, …
    pub(crate) process: String,
    /// The whole line as a client sees it, without the newline that ends it.
    pub(crate) text: String,
}

impl LogLine {
    pub(crate) fn new(time: &str, source: &str, process: &str, message: &str) -> Self {
        let text = format!("{time} {source}[{process}]: {message}");
        Self {
            source: source.to_owned(),
            process: process.to_owned(),
            text,
        }
    }

    /// A line in its finished form. What has no recognisable head belongs to no source and fails every filter.
    pub(crate) fn from_text(text: &str) -> Self {
        let head = text.split_once(' ').and_then(|(_, rest)| rest.split_once("]: "));
        let (source, process) = head.and_then(|(head, _)| head.split_once('[')).unwrap_or_default();
        Self {
            source: source.to_owned(),
            process: process.to_owned(),
            text: text.to_owned(),
        }
    }
}

/// Which lines a session wants; applied after the last lines were taken, as Heroku does.
#[derive(Debug, Clone, Default)]
pub(crate) struct LogFilter {
    pub(crate) source: Option<String>,
    /// `web.1` for one dyno, `web` for all of that type.
    pub(crate) process: Option<String>,
}

impl LogFilter {
    pub(crate) fn accepts(&self, line: &LogLine) -> bool {
        let process_matches = |wanted: &String| {
            line.process == *wanted
                || line
                    .process
                    .strip_prefix(wanted.as_str())
                    .is_some_and(|rest| rest.starts_with(['.', '-']))
        };
        self.source.as_ref().is_none_or(|wanted| line.source == *wanted)
            && self.process.as_ref().is_none_or(process_matches)
    }
}

#[derive(Debug)]
pub(crate) struct LogBuffer {
    lines: VecDeque<Arc<LogLine>>,
    written: u64,
    followers: broadcast::Sender<Arc<LogLine>>,
}

impl LogBuffer {
    pub(crate) fn new() -> Self {
        Self {
            lines: VecDeque::new(),
            written: 0,
            followers: broadcast::Sender::new(FOLLOWER_LINES),
        }
    }

    pub(crate) fn append(&mut self, line: LogLine) {
        let line = Arc::new(line);
        self.written += 1;
        self.lines.push_back(Arc::clone(&line));
        while self.lines.len() > KEPT_LINES {
            self.lines.pop_front();
        }
        // Nobody following is the ordinary case.
        let _unheard = self.followers.send(line);
    }

    /// The last `count` lines that are kept, oldest first.
    pub(crate) fn last_lines(&self, count: usize) -> Vec<Arc<LogLine>> {
        let skipped = self.lines.len().saturating_sub(count);
        self.lines.iter().skip(skipped).cloned().collect()
    }

    pub(crate) fn follow(&self) -> broadcast::Receiver<Arc<LogLine>> {
        self.followers.subscribe()
    }

    /// Ends every stream that follows this log.
    pub(crate) fn end_followers(&mut self) {
        self.followers = broadcast::Sender::new(FOLLOWER_LINES);
    }

    /// Lines ever written, kept or not.
    pub(crate) fn written(&self) -> u64 {
        self.written
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_last_1500_lines_are_kept() {
        let mut buffer = LogBuffer::new();
        for number in 0..1600 {
            buffer.append(LogLine::new(
                "2026-01-01T00:00:00Z",
                "app",
                "web.1",
                &number.to_string(),
            ));
        }
        let kept = buffer.last_lines(5000);
        assert_eq!((kept.len(), buffer.written()), (1500, 1600));
        assert!(kept[0].text.ends_with(" 100"));
    }

    #[test]
    fn a_process_type_is_a_prefix_up_to_the_dot_only() {
        let filter = |process: &str| LogFilter {
            source: None,
            process: Some(process.to_owned()),
        };
        let line = LogLine::from_text("2026-01-01T00:00:00Z app[web.10]: hello");
        assert!(filter("web").accepts(&line) && filter("web.10").accepts(&line));
        assert!(!filter("web.1").accepts(&line) && !filter("we").accepts(&line));
    }
}
