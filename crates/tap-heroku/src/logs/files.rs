//! The files of `log_files`: finds them, pairs them with their bookmarks, has each read.
//! A file that cannot be read does not keep the others from being read.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::Path;

use connector_process::{ExitCode, Failure, Shutdown};
use serde_json::{Map, Value};

use crate::logs::bookmark;
use crate::logs::emitter::Emitter;
use crate::logs::file_bookmark::FileBookmark;
use crate::logs::file_intake::{read_file, register};
use crate::logs::file_ledger::FileLedger;
use crate::logs::file_recognition::{KnownFile, recognise};
use crate::logs::identity::LineId;
use crate::logs::state_timer::StateTimer;
use crate::logs::{file_paths, file_reader};
use crate::run::Run;

/// Reads all files.
///
/// # Errors
/// Stdout closed, at once; otherwise the first file that could not be read, after all others were.
pub(crate) async fn read_files<W: Write>(
    run: &mut Run<'_, W>,
    emitter: &mut Emitter,
    shutdown: &Shutdown,
) -> Result<(), Failure> {
    let found = file_paths::find(&run.configuration.logs.files);
    let mut failures: Vec<Failure> = found
        .problems
        .into_iter()
        .map(|problem| Failure::new(ExitCode::Failed, format!("setting `log_files`: {problem}")))
        .collect();
    for pattern in found.without_match {
        log::warn!("setting log_files: no file fits `{pattern}`");
    }
    let mut faces = Vec::new();
    for path in found.paths {
        match file_reader::look(&path) {
            Ok(face) if is_utf16(&face.head) => failures.push(utf16_failure(&path)),
            Ok(face) => faces.push((path, face)),
            Err(problem) => failures.push(file_failure(&path, &problem)),
        }
    }
    warn_of_mixed_apps(run, faces.iter().map(|(path, _)| path.as_path()));
    // As the last run left them: reading one file may move the bookmark that another goes on from.
    let bookmarks: BTreeMap<String, Map<String, Value>> = bookmark::files(&run.state).into_iter().collect();
    let kept = bookmarks
        .iter()
        .filter_map(|(path, bookmark)| Some((path.clone(), FileBookmark::read_from(bookmark)?)))
        .collect();
    let mut pace = StateTimer::new();
    let known: Vec<(KnownFile, FileLedger)> = recognise(faces, kept)
        .into_iter()
        .map(|file| {
            let ledger = ledger_of(&file, &bookmarks);
            (file, ledger)
        })
        .collect();
    for (file, ledger) in &known {
        register(run, emitter, file, ledger)?;
    }
    run.write_state()?;
    for (file, ledger) in known {
        if shutdown.is_requested() || !Emitter::wants_more(&run.output) {
            break;
        }
        match read_file(run, emitter, shutdown, (&file, ledger), &mut pace).await? {
            Ok(()) => {}
            Err(problem) => failures.push(file_failure(&file.path, &problem)),
        }
        if pace.is_due() {
            run.write_state()?;
        }
    }
    run.write_state()?;
    report(failures)
}

/// The numbering to go on with, or a new one that gives no line an id of the file that had this path before.
fn ledger_of(file: &KnownFile, bookmarks: &BTreeMap<String, Map<String, Value>>) -> FileLedger {
    let path = file.path.to_string_lossy();
    if let Some(bookmark) = file.continued.as_ref().and_then(|(path, _)| bookmarks.get(path)) {
        return FileLedger::read_from(bookmark, &path);
    }
    let Some(before) = &file.replaced else {
        return FileLedger::new(path.into_owned());
    };
    let place_before = bookmarks.get(&*path).and_then(|bookmark| bookmark.get("id_place"));
    let parts = [
        &*path,
        place_before.and_then(Value::as_str).unwrap_or_default(),
        &before.head_hash,
        &before.offset.to_string(),
    ];
    FileLedger::new(LineId::of_parts(&parts).as_str().to_owned())
}

/// Equal lines of two apps would count as one.
fn warn_of_mixed_apps<'a, W>(run: &Run<'_, W>, paths: impl Iterator<Item = &'a Path>) {
    let settings = &run.configuration.logs;
    let nameless = paths.filter(|path| settings.app_of(Some(path)).is_none()).count();
    if nameless > 1 {
        log::warn!(
            "{nameless} log files have no app: if they are of different apps, name them in the setting logs (app or file_apps); \
             equal lines count as one line otherwise"
        );
    }
}

fn file_failure(path: &Path, problem: &io::Error) -> Failure {
    let what = path.display();
    match problem.kind() {
        io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof => Failure::new(
            ExitCode::Input,
            format!("log file `{what}` cannot be unpacked: its gzip data is damaged or cut"),
        )
        .with_hint("what could be unpacked was read; put a whole file in its place"),
        kind => Failure::new(ExitCode::Failed, format!("log file `{what}` cannot be read: {kind}"))
            .with_hint("check the path in log_files and the permissions"),
    }
}

/// `heroku logs > file` in Windows PowerShell 5 writes UTF-16 with its mark.
fn is_utf16(head: &[u8]) -> bool {
    head.starts_with(b"\xff\xfe") || head.starts_with(b"\xfe\xff")
}

fn utf16_failure(path: &Path) -> Failure {
    Failure::new(
        ExitCode::Input,
        format!("log file `{}` is UTF-16; nothing of it was read", path.display()),
    )
    .with_hint("write it as UTF-8: `heroku logs | Out-File -Encoding utf8 FILE`")
}

/// All failures are said, the first ends the run.
fn report(failures: Vec<Failure>) -> Result<(), Failure> {
    let mut failures = failures.into_iter();
    let first = failures.next();
    for further in failures {
        log::warn!("{further}");
    }
    first.map_or(Ok(()), Err)
}

#[cfg(test)]
mod tests;
