//! Reads what is new in one file and keeps its bookmark. The bookmark never runs ahead of the records written.

use std::io::{self, Read, Write};

use connector_process::{Failure, Shutdown};
use heroku_logs::{EntryAssembler, LineSplitter, RawLine};

use crate::logs::bookmark;
use crate::logs::emitter::{Emitter, Origin};
use crate::logs::file_bookmark::FileBookmark;
use crate::logs::file_ledger::FileLedger;
use crate::logs::file_reader::{self, CHUNK_BYTES};
use crate::logs::file_recognition::KnownFile;
use crate::logs::gaps::Gap;
use crate::logs::intake::{Intake, Outlet, app_id};
use crate::logs::state_timer::StateTimer;
use crate::run::Run;

/// Reads one file. The outer error ends the run, the inner one only this file.
///
/// # Errors
/// When stdout is closed or full.
pub(crate) async fn read_file<W: Write>(
    run: &mut Run<'_, W>,
    emitter: &mut Emitter,
    shutdown: &Shutdown,
    (file, mut ledger): (&KnownFile, FileLedger),
    pace: &mut StateTimer,
) -> Result<io::Result<()>, Failure> {
    let path_text = file.path.to_string_lossy();
    let app = run.configuration.logs.app_of(Some(&file.path));
    let app_id = app.and_then(|name| app_id(run, name));
    let origin = Origin::file(&path_text, app, app_id.as_deref());
    let (resume_offset, offset) = file.start();
    if file.is_unchanged() {
        return Ok(Ok(()));
    }
    if let Err(problem) = remember(file, offset, origin.scope, &mut ledger) {
        return Ok(Err(problem));
    }
    let mut intake = Intake::resume(resume_offset, offset, ledger);
    let mut text = match file_reader::open_at(&file.path, file.is_packed(), resume_offset) {
        Ok(text) => text,
        Err(problem) => return Ok(Err(problem)),
    };
    let mut buffer = vec![0; CHUNK_BYTES];
    loop {
        let mut outlet = Outlet {
            output: &mut run.output,
            emitter,
            origin,
        };
        let is_at_end = match step(text.as_mut(), &mut buffer, &mut intake, &mut outlet, file.is_packed())? {
            Ok(is_at_end) => is_at_end,
            Err(problem) => {
                save(run, file, &intake.ledger, intake.position(), false);
                return Ok(Err(problem));
            }
        };
        let is_stopped = shutdown.is_requested() || !Emitter::wants_more(&run.output);
        let is_due = pace.is_due();
        if is_at_end || is_stopped || is_due {
            save(run, file, &intake.ledger, intake.position(), is_at_end);
        }
        if is_due {
            run.write_state()?;
        }
        if is_at_end || is_stopped {
            return Ok(Ok(()));
        }
        // Signals are noticed here also when everything runs on one thread.
        tokio::task::yield_now().await;
    }
}

/// Says what may be lost before this file, and gives it a bookmark before anything of it is read: should the run be
/// killed and the file renamed, it is still known.
///
/// # Errors
/// When stdout is closed or full.
pub(crate) fn register<W: Write>(
    run: &mut Run<'_, W>,
    emitter: &mut Emitter,
    file: &KnownFile,
    ledger: &FileLedger,
) -> Result<(), Failure> {
    if let Some((reason, own)) = file.gap.zip(file.replaced.as_ref()) {
        let path_text = file.path.to_string_lossy();
        let app = run.configuration.logs.app_of(Some(&file.path));
        let app_id = app.and_then(|name| app_id(run, name));
        let origin = Origin::file(&path_text, app, app_id.as_deref());
        let mark = format!("{} {}", own.head_hash, own.offset);
        emitter.gap(&mut run.output, &Gap::found(reason, &origin, mark))?;
    }
    save(run, file, ledger, file.start(), file.is_unchanged());
    Ok(())
}

/// Fills the ledger's memory from the lines before `offset`, as the run that handed them out had it.
fn remember(file: &KnownFile, offset: u64, scope: &str, ledger: &mut FileLedger) -> io::Result<()> {
    let Some(from) = ledger.memory_offset().filter(|from| *from < offset) else {
        return Ok(());
    };
    let mut text = file_reader::open_at(&file.path, file.is_packed(), from)?.take(offset - from);
    let (mut splitter, mut assembler) = (LineSplitter::new(from), EntryAssembler::resume(from, 0));
    let mut buffer = vec![0; CHUNK_BYTES];
    let mut each_line = |line: RawLine<'_>| {
        if let Some(entry) = assembler.push(line) {
            ledger.remember(scope, &entry);
        }
        Ok::<(), io::Error>(())
    };
    loop {
        match text.read(&mut buffer) {
            Ok(0) => break,
            Ok(length) => splitter.push(buffer.get(..length).unwrap_or_default(), &mut each_line)?,
            Err(problem) if problem.kind() == io::ErrorKind::Interrupted => {}
            Err(problem) => return Err(problem),
        }
    }
    splitter.finish(&mut each_line)?;
    if let Some(entry) = assembler.flush() {
        ledger.remember(scope, &entry);
    }
    Ok(())
}

/// Takes the next chunk; true at the end of the file.
fn step<W: Write>(
    text: &mut dyn Read,
    buffer: &mut [u8],
    intake: &mut Intake,
    outlet: &mut Outlet<'_, W>,
    is_packed: bool,
) -> Result<io::Result<bool>, Failure> {
    let length = match text.read(buffer) {
        Ok(length) => length,
        Err(problem) if problem.kind() == io::ErrorKind::Interrupted => return Ok(Ok(false)),
        Err(problem) => return Ok(Err(problem)),
    };
    match buffer.get(..length) {
        None | Some([]) => {
            // A plain file may still grow, so a line without newline waits; a packed one is complete.
            if is_packed {
                intake.end_last_line(outlet)?;
            }
            intake.flush(outlet)?;
            Ok(Ok(true))
        }
        Some(chunk) => {
            intake.take(chunk, outlet)?;
            Ok(Ok(false))
        }
    }
}

/// Moves the bookmark of a file to what was handed out of it.
fn save<W: Write>(
    run: &mut Run<'_, W>,
    file: &KnownFile,
    ledger: &FileLedger,
    (resume_offset, offset): (u64, u64),
    is_at_end: bool,
) {
    let head = file.face.head.as_slice();
    let bookmark = FileBookmark {
        inode: file.face.inode,
        head_bytes: head.len() as u64,
        head_hash: file_reader::hash_of(head),
        offset,
        resume_offset,
        packed_hash: file.face.packed_hash.clone().filter(|_| is_at_end),
    };
    let context = bookmark::file_context(&file.path.to_string_lossy());
    let entry = bookmark::entry(&mut run.state, &context);
    bookmark.write_to(entry);
    ledger.write_to(entry);
}
