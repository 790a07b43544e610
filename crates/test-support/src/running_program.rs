//! A started program: its pipes drained by threads of their own, so that no test can deadlock on a full pipe.
#![expect(clippy::panic, reason = "a test whose program cannot be started or watched is over")]

use crate::program_output::ProgramOutput;
use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// A program that runs. Killed when dropped.
#[derive(Debug)]
pub struct RunningProgram {
    child: Child,
    stdin: Option<ChildStdin>,
    lines: Receiver<Vec<u8>>,
    seen: Vec<u8>,
    stderr: Receiver<Vec<u8>>,
    _directory: TempDir,
}

impl RunningProgram {
    pub(crate) fn start(mut command: Command, directory: TempDir) -> Self {
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command
            .spawn()
            .unwrap_or_else(|problem| panic!("{:?}: {problem}", command.get_program()));
        let lines = child.stdout.take().map_or_else(|| channel().1, pump);
        let stderr = child.stderr.take().map_or_else(|| channel().1, pump);
        let stdin = child.stdin.take();
        Self {
            child,
            stdin,
            lines,
            seen: Vec::new(),
            stderr,
            _directory: directory,
        }
    }

    /// Writes to its stdin; false when it no longer reads.
    pub fn write(&mut self, bytes: &[u8]) -> bool {
        self.stdin
            .as_mut()
            .is_some_and(|stdin| stdin.write_all(bytes).and_then(|()| stdin.flush()).is_ok())
    }

    /// Closes its stdin.
    pub fn close_stdin(&mut self) {
        self.stdin = None;
    }

    /// Writes all of this to its stdin and closes it, without waiting.
    pub fn feed_in_background(&mut self, bytes: Vec<u8>) {
        if let Some(mut stdin) = self.stdin.take() {
            std::thread::spawn(move || {
                // A program may well end before it has read everything.
                let _not_all_may_be_read = stdin.write_all(&bytes);
            });
        }
    }

    /// The next line of stdout without its newline; `None` when it has closed stdout.
    ///
    /// # Panics
    /// When no line comes within the timeout.
    pub fn next_line(&mut self, timeout: Duration) -> Option<String> {
        match self.lines.recv_timeout(timeout) {
            Ok(line) => {
                self.seen.extend_from_slice(&line);
                Some(String::from_utf8_lossy(&line).trim_end_matches('\n').to_owned())
            }
            Err(RecvTimeoutError::Disconnected) => None,
            Err(RecvTimeoutError::Timeout) => panic!("no line on stdout within {timeout:?}"),
        }
    }

    /// Sends a signal by name: `TERM`, `INT`, `STOP`, `CONT`.
    ///
    /// # Panics
    /// When it cannot be sent.
    pub fn signal(&self, name: &str) {
        let status = Command::new("kill")
            .arg(format!("-{name}"))
            .arg(self.child.id().to_string())
            .status();
        assert!(
            status.is_ok_and(|status| status.success()),
            "SIG{name} could not be sent"
        );
    }

    /// Whether it has not ended yet.
    pub fn is_running(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// SIGKILL.
    pub fn kill(&mut self) {
        // It may have ended by itself; what matters is that it is gone.
        let _already_gone = self.child.kill();
    }

    /// Closes stdin and waits for the end.
    ///
    /// # Panics
    /// When it does not end within the timeout; the message shows its stderr.
    #[must_use]
    pub fn wait(mut self, timeout: Duration) -> ProgramOutput {
        self.stdin = None;
        let deadline = Instant::now() + timeout;
        let status = self.wait_until(deadline);
        self.seen.extend(rest_of(&self.lines));
        let stderr = String::from_utf8_lossy(&rest_of(&self.stderr)).into_owned();
        match status {
            Some(status) => ProgramOutput::new(std::mem::take(&mut self.seen), stderr, status),
            None => panic!("still running after {timeout:?}; stderr:\n{stderr}"),
        }
    }

    fn wait_until(&mut self, deadline: Instant) -> Option<ExitStatus> {
        loop {
            if let Ok(Some(status)) = self.child.try_wait() {
                return Some(status);
            }
            if Instant::now() >= deadline {
                self.kill();
                let _reaped = self.child.wait();
                return None;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

impl Drop for RunningProgram {
    fn drop(&mut self) {
        self.kill();
        let _reaped = self.child.wait();
    }
}

/// Reads a pipe line by line on a thread of its own until it closes.
fn pump(pipe: impl Read + Send + 'static) -> Receiver<Vec<u8>> {
    let (sender, lines) = channel();
    std::thread::spawn(move || {
        let mut reader = BufReader::new(pipe);
        let mut line = Vec::new();
        while reader.read_until(b'\n', &mut line).is_ok_and(|count| count > 0) {
            if sender.send(std::mem::take(&mut line)).is_err() {
                return;
            }
        }
    });
    lines
}

/// Everything that is left in a pipe of a program that has ended. A child it left behind may hold the pipe open.
fn rest_of(lines: &Receiver<Vec<u8>>) -> Vec<u8> {
    std::iter::from_fn(|| lines.recv_timeout(Duration::from_secs(2)).ok())
        .flatten()
        .collect()
}
