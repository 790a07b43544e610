//! Finds the prefix `TIME SOURCE[PROCESS]: ` that log sessions and `heroku logs` put before every message.
//! Works on bytes and answers with ranges, so that a caller can keep the line in its own buffer.

use std::borrow::Cow;
use std::ops::Range;

use crate::ansi;
use crate::log_time::LogTime;

/// No prefix of Heroku comes near this; it bounds the search in foreign text.
const MAXIMUM_PREFIX_BYTES: usize = 512;

/// Where the parts of a prefix are in the line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Prefix {
    /// `None` when the text in its place looks like a timestamp but is none.
    pub(crate) time: Option<LogTime>,
    pub(crate) source: Range<usize>,
    pub(crate) process: Range<usize>,
    /// Start of the message; the length of the line when it is empty.
    pub(crate) message_start: usize,
}

/// The prefix of `line`, and the line with colour codes removed from the prefix (only from there). `None` when the line
/// has no prefix: it continues the message of the line before, or is not a log line at all.
pub(crate) fn find(line: &[u8]) -> Option<(Cow<'_, [u8]>, Prefix)> {
    if let Some(prefix) = find_plain(line) {
        return Some((Cow::Borrowed(line), prefix));
    }
    let clean = without_prefix_colours(line)?;
    let prefix = find_plain(&clean)?;
    Some((Cow::Owned(clean), prefix))
}

fn find_plain(line: &[u8]) -> Option<Prefix> {
    // Cheap refusals first: most continuation lines start with a space or a letter.
    let [y0, y1, y2, y3, b'-', ..] = line else {
        return None;
    };
    if ![y0, y1, y2, y3].iter().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let window = line.get(..MAXIMUM_PREFIX_BYTES.min(line.len()))?;
    let time_end = memchr::memchr(b' ', window)?;
    let source_start = time_end + 1;
    let source_end = source_start + name_length(window.get(source_start..)?, b'[')?;
    let process_start = source_end + 1;
    let process_end = process_start + name_length(window.get(process_start..)?, b']')?;
    if source_end == source_start || line.get(process_end + 1) != Some(&b':') {
        return None;
    }
    let after_colon = process_end + 2;
    let message_start = if line.get(after_colon) == Some(&b' ') {
        after_colon + 1
    } else {
        after_colon
    };
    let time = std::str::from_utf8(line.get(..time_end)?).ok().and_then(LogTime::parse);
    Some(Prefix {
        time,
        source: source_start..source_end,
        process: process_start..process_end,
        message_start,
    })
}

/// Length of the run of visible ASCII before `end`; `None` when something else comes first.
fn name_length(bytes: &[u8], end: u8) -> Option<usize> {
    let length = memchr::memchr(end, bytes)?;
    bytes.get(..length)?.iter().all(u8::is_ascii_graphic).then_some(length)
}

/// A copy of `line` without the colour codes before and right behind `]:`; `None` when there are none.
fn without_prefix_colours(line: &[u8]) -> Option<Vec<u8>> {
    let window = line.get(..MAXIMUM_PREFIX_BYTES.min(line.len()))?;
    memchr::memchr(ansi::ESCAPE, window)?;
    let mut clean = Vec::with_capacity(line.len());
    let mut position = 0;
    let mut is_behind_colon = false;
    while let Some(&byte) = line.get(position) {
        let code_length = ansi::code_length(line.get(position..)?);
        if code_length > 0 {
            position += code_length;
            continue;
        }
        if is_behind_colon || position > MAXIMUM_PREFIX_BYTES {
            break;
        }
        is_behind_colon = byte == b':' && clean.last() == Some(&b']');
        clean.push(byte);
        position += 1;
    }
    clean.extend_from_slice(line.get(position..)?);
    Some(clean)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parts(line: &str) -> Option<(Option<String>, String, String, String)> {
        let (clean, prefix) = find(line.as_bytes())?;
        let text = |range: Range<usize>| String::from_utf8(clean[range].to_vec()).unwrap();
        let message = text(prefix.message_start..clean.len());
        Some((
            prefix.time.map(|time| time.to_string()),
            text(prefix.source),
            text(prefix.process),
            message,
        ))
    }

    fn expected(source: &str, process: &str, message: &str) -> Option<(Option<String>, String, String, String)> {
        Some((
            Some("2024-11-08T20:46:09.000000Z".into()),
            source.into(),
            process.into(),
            message.into(),
        ))
    }

    #[test]
    fn the_parts_are_found() {
        for (line, source, process, message) in [
            (
                "2024-11-08T20:46:09Z heroku[web-abc-123]: up",
                "heroku",
                "web-abc-123",
                "up",
            ),
            (
                "2024-11-08T20:46:09+00:00 app[web.1]:   two spaces kept",
                "app",
                "web.1",
                "  two spaces kept",
            ),
            ("2024-11-08T20:46:09+00:00 app[web.1]: ", "app", "web.1", ""),
            ("2024-11-08T20:46:09+00:00 app[web.1]:", "app", "web.1", ""),
            ("2024-11-08T20:46:09+00:00 app[]: [a]: b", "app", "", "[a]: b"),
        ] {
            assert_eq!(parts(line), expected(source, process, message), "{line}");
        }
    }

    #[test]
    fn colours_leave_the_prefix_and_stay_in_the_message() {
        for line in [
            "\x1b[36m2024-11-08T20:46:09+00:00 app[web.1]:\x1b[39m \x1b[31mred\x1b[0m",
            "\x1b[1;36m2024-11-08T20:46:09+00:00\x1b[0m \x1b[2mapp[\x1b[35mweb.1\x1b[0m]:\x1b[39m \x1b[31mred\x1b[0m",
        ] {
            assert_eq!(parts(line), expected("app", "web.1", "\x1b[31mred\x1b[0m"), "{line:?}");
        }
    }

    #[test]
    fn other_lines_have_no_prefix() {
        for line in [
            "",
            "  at Object.<anonymous>",
            "2024-11-08T20:46:09Z",
            "2024-11-08T20:46:09Z app web.1: x",
            "2024-11-08 note [x]: y",
            "2024-11-08T20:46:09Z app[web.1] x",
            "\x1b[31mtext\x1b[0m",
        ] {
            assert_eq!(parts(line), None, "{line}");
        }
        assert_eq!(
            parts("2024-13-08T20:46:09Z app[web.1]: x").map(|found| found.0),
            Some(None)
        );
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(line in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = find(&line);
            let line = [b"\x1b[3m2024-11-08T20:46:09Z ".as_slice(), &line].concat();
            if let Some((clean, prefix)) = find(&line) {
                prop_assert!(prefix.message_start <= clean.len());
                prop_assert!(clean[..prefix.message_start].is_ascii());
            }
        }
    }
}
