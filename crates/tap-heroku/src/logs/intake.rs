//! The way from bytes to records that files and standard input share: split, join, number, emit.

use std::io::Write;

use connector_process::Failure;
use heroku_logs::{EntryAssembler, LineSplitter, LogEntry, RawLine};

use crate::logs::emitter::{Emitter, Origin};
use crate::logs::file_ledger::FileLedger;
use crate::output::Output;
use crate::run::Run;

/// The id of the app that a setting names, when the API listed it.
pub(crate) fn app_id<W>(run: &Run<'_, W>, name: &str) -> Option<String> {
    run.apps.iter().find(|app| app.name == name).map(|app| app.id.clone())
}

/// The state of one byte stream while it is read.
#[derive(Debug)]
pub(crate) struct Intake {
    splitter: LineSplitter,
    assembler: EntryAssembler,
    pub(crate) ledger: FileLedger,
}

/// What an intake writes to.
#[derive(Debug)]
pub(crate) struct Outlet<'a, W> {
    pub(crate) output: &'a mut Output<W>,
    pub(crate) emitter: &'a mut Emitter,
    pub(crate) origin: Origin<'a>,
}

impl<W: Write> Outlet<'_, W> {
    fn emit(&mut self, ledger: &mut FileLedger, entry: &LogEntry<'_>) -> Result<(), Failure> {
        let place = ledger.place(self.origin.scope, entry);
        self.emitter.emit(self.output, &self.origin, entry, place)
    }
}

impl Intake {
    /// Goes on at `resume_offset`, with everything before `offset` handed out already.
    pub(crate) fn resume(resume_offset: u64, offset: u64, ledger: FileLedger) -> Intake {
        Intake {
            splitter: LineSplitter::new(resume_offset),
            assembler: EntryAssembler::resume(resume_offset, offset),
            ledger,
        }
    }

    /// Takes the next bytes.
    ///
    /// # Errors
    /// When stdout is closed or full.
    pub(crate) fn take<W: Write>(&mut self, chunk: &[u8], outlet: &mut Outlet<'_, W>) -> Result<(), Failure> {
        let Intake {
            splitter,
            assembler,
            ledger,
        } = self;
        outlet.emitter.take_time();
        splitter.push(chunk, &mut |line: RawLine<'_>| match assembler.push(line) {
            Some(entry) => outlet.emit(ledger, &entry),
            None => Ok(()),
        })
    }

    /// Takes what has no newline yet as a line: nothing can follow.
    ///
    /// # Errors
    /// When stdout is closed or full.
    pub(crate) fn end_last_line<W: Write>(&mut self, outlet: &mut Outlet<'_, W>) -> Result<(), Failure> {
        let Intake {
            splitter,
            assembler,
            ledger,
        } = self;
        splitter.finish(&mut |line: RawLine<'_>| match assembler.push(line) {
            Some(entry) => outlet.emit(ledger, &entry),
            None => Ok(()),
        })
    }

    /// Hands out the newest entry although it may still grow.
    ///
    /// # Errors
    /// When stdout is closed or full.
    pub(crate) fn flush<W: Write>(&mut self, outlet: &mut Outlet<'_, W>) -> Result<(), Failure> {
        match self.assembler.flush() {
            Some(entry) => outlet.emit(&mut self.ledger, &entry),
            None => Ok(()),
        }
    }

    /// The offsets to resume with.
    pub(crate) fn position(&self) -> (u64, u64) {
        self.assembler.position()
    }

    /// Bytes of a line whose end has not come.
    pub(crate) fn pending_bytes(&self) -> usize {
        self.splitter.pending_bytes()
    }
}
