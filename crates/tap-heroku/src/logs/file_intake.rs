//! Reads what is new in one file and keeps its bookmark. The bookmark never runs ahead of the records written.

use std::io::{self, Read, Write};

use connector_process::{Failure, Shutdown};

use crate::logs::bookmark;
use crate::logs::emitter::{Emitter, Origin};
use crate::logs::file_bookmark::FileBookmark;
use crate::logs::file_reader::{self, CHUNK_BYTES};
use crate::logs::file_recognition::KnownFile;
use crate::logs::gaps::Gap;
use crate::logs::intake::{Intake, Outlet, app_id};
use crate::logs::state_pace::StatePace;
use crate::run::Run;

/// Reads one file. The outer error ends the run, the inner one only this file.
///
/// # Errors
/// When stdout is closed or full.
pub(crate) async fn read_file<W: Write>(
    run: &mut Run<'_, W>,
    emitter: &mut Emitter,
    shutdown: &Shutdown,
    file: &KnownFile,
    pace: &mut StatePace,
) -> Result<io::Result<()>, Failure> {
    let path_text = file.path.to_string_lossy();
    let app = run.configuration.logs.app_of(Some(&file.path));
    let app_id = app.and_then(|name| app_id(run, name));
    let origin = Origin {
        kind: "file",
        app_id: app_id.as_deref(),
        app_name: app,
        scope: app.unwrap_or_default(),
        file_path: Some(&path_text),
    };
    if let Some((reason, own)) = &file.broken {
        let mark = format!("{} {}", own.head_hash, own.offset);
        emitter.gap(&mut run.output, &Gap::found(*reason, &origin, mark))?;
    }
    let start = file
        .continued
        .as_ref()
        .map(|(_, bookmark)| bookmark.clone())
        .unwrap_or_default();
    let mut intake = Intake::resume(start.resume_offset, start.offset, file.ledger.clone());
    if file.is_done || file.face.size_bytes == Some(start.offset) {
        save(run, file, &intake, true);
        return Ok(Ok(()));
    }
    let mut text = match file_reader::open_at(&file.path, file.is_packed(), start.resume_offset) {
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
                save(run, file, &intake, false);
                return Ok(Err(problem));
            }
        };
        let is_stopped = shutdown.is_requested() || !Emitter::wants_more(&run.output);
        let is_due = pace.is_due();
        if is_at_end || is_stopped || is_due {
            save(run, file, &intake, is_at_end);
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
fn save<W: Write>(run: &mut Run<'_, W>, file: &KnownFile, intake: &Intake, is_at_end: bool) {
    let (resume_offset, offset) = intake.position();
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
    intake.ledger.write_to(entry);
}
