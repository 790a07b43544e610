//! What a program printed and how it ended, with the questions Singer tests ask of it.
#![expect(
    clippy::panic,
    reason = "a failed expectation ends the test with everything the program said"
)]
#![expect(clippy::indexing_slicing, reason = "a key that a JSON value lacks reads as null")]

use serde_json::Value;
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;

/// The end of a run.
#[derive(Debug, Clone)]
pub struct ProgramOutput {
    /// Everything on stdout.
    pub stdout: Vec<u8>,
    /// Everything on stderr.
    pub stderr: String,
    /// Exit code; `None` when a signal ended it.
    pub code: Option<i32>,
    /// Number of the signal that ended it.
    pub signal: Option<i32>,
}

impl ProgramOutput {
    pub(crate) fn new(stdout: Vec<u8>, stderr: String, status: ExitStatus) -> Self {
        Self {
            stdout,
            stderr,
            code: status.code(),
            signal: status.signal(),
        }
    }

    /// The lines of stdout.
    #[must_use]
    pub fn stdout_lines(&self) -> Vec<String> {
        String::from_utf8_lossy(&self.stdout)
            .lines()
            .map(str::to_owned)
            .collect()
    }

    /// Every stdout line as JSON.
    ///
    /// # Panics
    /// When a line is not JSON.
    #[must_use]
    pub fn messages(&self) -> Vec<Value> {
        let parse = |line: &String| {
            serde_json::from_str(line).unwrap_or_else(|problem| panic!("stdout line is not JSON ({problem}): {line}"))
        };
        self.stdout_lines().iter().map(parse).collect()
    }

    /// The messages of one type, such as `RECORD`.
    #[must_use]
    pub fn messages_of_type(&self, kind: &str) -> Vec<Value> {
        self.messages()
            .into_iter()
            .filter(|message| message["type"] == kind)
            .collect()
    }

    /// The record bodies of one stream, in order.
    #[must_use]
    pub fn records(&self, stream: &str) -> Vec<Value> {
        let of_stream = self
            .messages_of_type("RECORD")
            .into_iter()
            .filter(|message| message["stream"] == stream);
        of_stream.map(|mut message| message["record"].take()).collect()
    }

    /// The newest state: the `value` of a tap's last STATE message, or a target's last line.
    #[must_use]
    pub fn last_state(&self) -> Option<Value> {
        let mut last = self.messages().pop()?;
        if last.get("type").is_none() {
            return Some(last);
        }
        last = self.messages_of_type("STATE").pop()?;
        Some(last["value"].take())
    }

    /// Itself, when it ended with this exit code.
    ///
    /// # Panics
    /// When it ended otherwise; the message shows its stderr.
    #[must_use]
    #[track_caller]
    pub fn expect_code(self, code: i32) -> Self {
        assert!(
            self.code == Some(code),
            "exit code {:?}, expected {code}; stderr:\n{}",
            self.code,
            self.stderr
        );
        self
    }

    /// Fails when one of these texts appears in anything the program printed.
    ///
    /// # Panics
    /// When a secret is found; the message names its position, not its text.
    #[track_caller]
    pub fn assert_hides(&self, secrets: &[&str]) {
        let stdout = String::from_utf8_lossy(&self.stdout);
        for (number, secret) in secrets.iter().enumerate() {
            assert!(!secret.is_empty(), "secret {number} is empty: that proves nothing");
            assert!(!stdout.contains(secret), "secret {number} is on stdout");
            assert!(!self.stderr.contains(secret), "secret {number} is on stderr");
        }
    }

    /// Fails unless stderr's last line is `PROGRAM: …` containing this text, and nothing panicked.
    ///
    /// # Panics
    /// When it is not so.
    #[track_caller]
    pub fn assert_last_words(&self, program: &str, text: &str) {
        let last = self.stderr.lines().last().unwrap_or_default();
        assert!(!self.stderr.contains("panicked at"), "it panicked:\n{}", self.stderr);
        assert!(
            last.starts_with(&format!("{program}: ")) && last.contains(text),
            "last words are {last:?}, expected {text:?}"
        );
    }
}
