//! Lines that stay at the end of a terminal and are drawn anew, while log lines pass above them. What they say is their
//! owner's business; not for stdout.

use std::io::{IsTerminal, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use crate::environment::Environment;

/// The most lines that fit on any terminal; what scrolled off its top cannot be drawn anew.
pub const MAXIMUM_LIVE_LINES: usize = 12;

/// What stands at the end of the terminal now.
static SHOWN: Mutex<Vec<String>> = Mutex::new(Vec::new());
/// Whether there ever were lines.
static IS_USED: AtomicBool = AtomicBool::new(false);

/// Whether stderr is a terminal that a person may be looking at: one that can move its cursor, and no CI's.
#[must_use]
pub fn is_watched(environment: &Environment) -> bool {
    let can_move = environment.get("TERM").is_some_and(|term| !matches!(term, "" | "dumb"));
    let is_ci = environment
        .get("CI")
        .is_some_and(|value| !matches!(value, "" | "0" | "false"));
    can_move && !is_ci && std::io::stderr().is_terminal()
}

/// Draws these lines in the place of those before; the first [`MAXIMUM_LIVE_LINES`] of them.
pub fn show(mut lines: Vec<String>) {
    lines.truncate(MAXIMUM_LIVE_LINES);
    IS_USED.store(true, Ordering::Relaxed);
    let mut shown = SHOWN.lock().unwrap_or_else(PoisonError::into_inner);
    if *shown != lines {
        write(&frame(shown.len(), None, &lines));
        *shown = lines;
    }
}

/// Takes the lines away, for somebody else who writes to the terminal. The next [`show`] draws them again.
pub fn hide() {
    let mut shown = SHOWN.lock().unwrap_or_else(PoisonError::into_inner);
    if !shown.is_empty() {
        write(&frame(shown.len(), None, &[]));
        shown.clear();
    }
}

/// Leaves the lines where they are: what comes next is written below.
pub fn leave() {
    SHOWN.lock().unwrap_or_else(PoisonError::into_inner).clear();
}

/// Whether a person reads lines here, and not a program.
pub(crate) fn is_used() -> bool {
    IS_USED.load(Ordering::Relaxed)
}

/// Writes a line of the log, above the lines that stay.
pub(crate) fn write_above(line: &str) {
    let shown = SHOWN.lock().unwrap_or_else(PoisonError::into_inner);
    write(&frame(shown.len(), Some(line), &shown));
}

/// What a terminal gets: back over `shown` lines, which go; then a log line; then the lines. The sequences are ECMA-48's and
/// DEC's: cursor up, erase to the end, and no wrapping, so that the terminal itself cuts lines that are too long for it.
fn frame(shown: usize, log_line: Option<&str>, lines: &[String]) -> String {
    let mut text = String::new();
    if shown > 0 {
        text.push_str(&format!("\x1b[{shown}A\r\x1b[J"));
    }
    if let Some(line) = log_line {
        text.push_str(line);
        text.push('\n');
    }
    for line in lines {
        text.push_str("\x1b[?7l");
        text.extend(
            line.chars()
                .map(|character| if character.is_control() { '?' } else { character }),
        );
        text.push_str("\x1b[?7h\n");
    }
    text
}

/// In one piece. What cannot be written to stderr has nowhere else to go.
fn write(text: &str) {
    let _nowhere_to_report = std::io::stderr().lock().write_all(text.as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn log_lines_pass_above() {
        assert_eq!(frame(0, Some("log"), &[]), "log\n", "as it always was");
        let lines = ["a \x1b[2J".to_owned(), "b".to_owned()];
        assert_eq!(
            frame(2, Some("log"), &lines),
            "\x1b[2A\r\x1b[Jlog\n\x1b[?7la ?[2J\x1b[?7h\n\x1b[?7lb\x1b[?7h\n"
        );
        assert_eq!(frame(3, None, &[]), "\x1b[3A\r\x1b[J");
    }

    #[test]
    fn only_a_person_is_shown_anything() {
        // Tests have no terminal; what speaks against one is decided before that is looked at.
        for variables in [vec![], vec![("TERM", "dumb")], vec![("TERM", "xterm"), ("CI", "true")]] {
            assert!(!is_watched(&Environment::from_pairs(variables)));
        }
    }
}
