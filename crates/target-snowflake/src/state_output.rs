//! Prints STATE on stdout: the bare value, one line, flushed, each once. Which STATE may be printed is `state_ledger.rs`.

use std::io::Write;

use connector_process::{ExitCode, Failure, live_lines};
use serde_json::value::RawValue;
use singer_protocol::MessageWriter;

/// The only writer of the target's stdout.
#[derive(Debug)]
pub(crate) struct StateOutput<W> {
    writer: MessageWriter<W>,
    last: Option<Box<RawValue>>,
}

impl<W: Write> StateOutput<W> {
    /// Owns the output.
    pub(crate) fn new(output: W) -> Self {
        Self {
            writer: MessageWriter::new(output),
            last: None,
        }
    }

    /// Prints a STATE, unless it is the one that was printed last.
    ///
    /// # Errors
    /// When the output is closed or cannot be written: a run whose STATE nobody keeps is a failed run.
    pub(crate) fn print(&mut self, state: Box<RawValue>) -> Result<(), Failure> {
        if self.last.as_ref().is_some_and(|last| last.get() == state.get()) {
            return Ok(());
        }
        // Where it goes may be the same terminal.
        live_lines::hide();
        self.writer.bare_state(&state).map_err(|error| {
            Failure::new(ExitCode::Failed, format!("cannot write STATE to stdout: {error}"))
                .with_hint("whatever reads this program's output ended before it; run again from the last STATE it has")
        })?;
        self.last = Some(state);
        Ok(())
    }
}
