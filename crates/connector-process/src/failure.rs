//! The documented exit codes and the one place where a failure becomes a line on stderr and a code.
//! Each crate keeps its own errors; they become a `Failure` where the program knows what the user can do about them.

use std::fmt;

use crate::logging;
use crate::program::Program;

/// How a program ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExitCode {
    /// All is done.
    Done = 0,
    /// Failed while running; the newest safe STATE is out.
    Failed = 1,
    /// Wrong arguments, settings or catalog; nothing was done.
    Usage = 2,
    /// Credentials were refused.
    Credentials = 3,
    /// The input itself is wrong.
    Input = 4,
}

/// What ended a run, in words for a user. Message and hint are lower-case fragments without secrets or record values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// The exit code.
    pub code: ExitCode,
    /// What happened, and to which stream, line, key or setting.
    pub message: String,
    /// What to do next.
    pub hint: Option<String>,
}

impl Failure {
    /// A failure without a hint.
    #[must_use]
    pub fn new(code: ExitCode, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            hint: None,
        }
    }

    /// The same with a hint.
    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// The same with its message after a context: `context: message`.
    #[must_use]
    pub fn in_context(mut self, context: impl fmt::Display) -> Self {
        self.message = format!("{context}: {}", self.message);
        self
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        // One line whatever a server's text holds.
        let one_line = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        formatter.write_str(&one_line(&self.message))?;
        match &self.hint {
            Some(hint) => write!(formatter, " [hint: {}]", one_line(hint)),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Failure {}

/// Ends a program: prints `program: what [hint: …]` when it failed, and gives the exit code for `main`.
#[must_use]
pub fn finish(program: &Program, outcome: Result<(), Failure>) -> std::process::ExitCode {
    let code = match outcome {
        Ok(()) => ExitCode::Done,
        Err(failure) => {
            logging::print_final_line(program.name, &failure.to_string());
            failure.code
        }
    };
    std::process::ExitCode::from(code as u8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_is_one_line_with_its_hint() {
        let failure = Failure::new(ExitCode::Failed, "the server said:\n  no")
            .with_hint("ask\nagain")
            .in_context("stream \"s\"");
        assert_eq!(
            failure.to_string(),
            "stream \"s\": the server said: no [hint: ask again]"
        );
    }
}
