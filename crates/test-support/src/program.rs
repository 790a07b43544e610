//! Runs a built program the way a user does: files, stdin, environment, signals; and looks at what came out.
//! The environment is emptied first, so that a developer's own settings cannot decide a test.
#![expect(clippy::panic, reason = "a test whose program cannot be started or watched is over")]

use crate::program_output::ProgramOutput;
use crate::running_program::RunningProgram;
use serde_json::Value;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;
use tempfile::TempDir;

/// A program with its arguments and files, ready to run. Its working directory is a fresh temporary one.
#[derive(Debug)]
pub struct Program {
    path: PathBuf,
    arguments: Vec<OsString>,
    environment: Vec<(OsString, OsString)>,
    stdin: Vec<u8>,
    timeout: Duration,
    directory: TempDir,
}

impl Program {
    /// A program by its path, usually `env!("CARGO_BIN_EXE_…")`.
    #[must_use]
    pub fn new(path: impl AsRef<Path>) -> Self {
        let directory = tempfile::tempdir().unwrap_or_else(|problem| panic!("no temporary directory: {problem}"));
        let mut program = Self {
            path: path.as_ref().to_owned(),
            arguments: Vec::new(),
            environment: Vec::new(),
            stdin: Vec::new(),
            timeout: Duration::from_secs(60),
            directory,
        };
        for name in ["PATH", "TMPDIR", "LLVM_PROFILE_FILE"] {
            if let Some(value) = std::env::var_os(name) {
                program = program.environment(name, value);
            }
        }
        program
    }

    /// Adds `--config` with a file of this content.
    #[must_use]
    pub fn config(self, content: &Value) -> Self {
        self.file_argument("--config", "config", content)
    }

    /// Adds `--state` with a file of this content.
    #[must_use]
    pub fn state(self, content: &Value) -> Self {
        self.file_argument("--state", "state", content)
    }

    /// Adds `--catalog` with a file of this content.
    #[must_use]
    pub fn catalog(self, content: &Value) -> Self {
        self.file_argument("--catalog", "catalog", content)
    }

    /// Adds one argument.
    #[must_use]
    pub fn argument(mut self, argument: impl AsRef<OsStr>) -> Self {
        self.arguments.push(argument.as_ref().to_owned());
        self
    }

    /// Sets one environment variable.
    #[must_use]
    pub fn environment(mut self, name: impl AsRef<OsStr>, value: impl AsRef<OsStr>) -> Self {
        self.environment
            .push((name.as_ref().to_owned(), value.as_ref().to_owned()));
        self
    }

    /// What `run` writes to the program's stdin.
    #[must_use]
    pub fn stdin(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.stdin = bytes.into();
        self
    }

    /// How long the program may run before the test fails. 60 seconds unless set.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// The program's working directory; files put there before `run` can be named by relative paths.
    #[must_use]
    pub fn directory(&self) -> &Path {
        self.directory.path()
    }

    /// Writes a file into the working directory and returns its path.
    pub fn file(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.directory.path().join(name);
        std::fs::write(&path, content).unwrap_or_else(|problem| panic!("{}: {problem}", path.display()));
        path
    }

    /// Runs it to its end, feeding all of stdin.
    ///
    /// # Panics
    /// When it cannot be started or does not end within the timeout.
    #[must_use]
    pub fn run(mut self) -> ProgramOutput {
        let (stdin, timeout) = (std::mem::take(&mut self.stdin), self.timeout);
        let mut running = self.start();
        running.feed_in_background(stdin);
        running.wait(timeout)
    }

    /// Starts it with stdin left open: for signals, and for tests that watch its output line by line.
    ///
    /// # Panics
    /// When it cannot be started.
    #[must_use]
    pub fn start(self) -> RunningProgram {
        let mut command = Command::new(&self.path);
        command
            .args(&self.arguments)
            .env_clear()
            .envs(self.environment)
            .current_dir(self.directory.path());
        RunningProgram::start(command, self.directory)
    }

    fn file_argument(self, flag: &str, name: &str, content: &Value) -> Self {
        let path = self.file(&format!("{name}-{}.json", self.arguments.len()), content.to_string());
        self.argument(flag).argument(path)
    }
}
