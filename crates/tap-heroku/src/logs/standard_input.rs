//! Standard input: `heroku logs --tail | tap-heroku`. Lines go out when they come; a quiet input is flushed; the end of
//! input or a signal ends the run well.

use std::io::{self, Read, Write};
use std::time::Duration;

use connector_process::{ExitCode, Failure, Shutdown};
use tokio::sync::mpsc;
use tokio::time::Instant;

use crate::logs::bookmark;
use crate::logs::emitter::{Emitter, Origin};
use crate::logs::file_ledger::FileLedger;
use crate::logs::intake::{Intake, Outlet, app_id};
use crate::logs::settings::STANDARD_INPUT;
use crate::logs::state_timer::StateTimer;
use crate::run::Run;

/// Read at a time: what a pipe holds.
const CHUNK_BYTES: usize = 64 * 1024;
/// Chunks that wait while the output is slow.
const CHUNKS_WAITING: usize = 8;
/// After so long without input the newest entry is taken for complete and everything is flushed.
const QUIET: Duration = Duration::from_millis(300);
/// The longest that reading goes on after a signal.
const GRACE: Duration = Duration::from_secs(2);

/// Reads standard input to its end.
///
/// # Errors
/// When stdout is closed or stdin cannot be read.
pub(crate) async fn read<W: Write>(
    run: &mut Run<'_, W>,
    emitter: &mut Emitter,
    shutdown: &Shutdown,
) -> Result<(), Failure> {
    read_chunks(run, emitter, shutdown, spawn_reader(io::stdin())).await
}

/// A thread of its own, because a read of stdin cannot be interrupted: when the run ends, the thread is left behind.
fn spawn_reader(mut input: impl Read + Send + 'static) -> mpsc::Receiver<io::Result<Vec<u8>>> {
    let (sender, receiver) = mpsc::channel(CHUNKS_WAITING);
    std::thread::spawn(move || {
        loop {
            let mut chunk = vec![0; CHUNK_BYTES];
            let outcome = match input.read(&mut chunk) {
                Ok(0) => return,
                Ok(length) => {
                    chunk.truncate(length);
                    Ok(chunk)
                }
                Err(problem) if problem.kind() == io::ErrorKind::Interrupted => continue,
                Err(problem) => Err(problem),
            };
            let is_last = outcome.is_err();
            if sender.blocking_send(outcome).is_err() || is_last {
                return;
            }
        }
    });
    receiver
}

/// What woke the loop.
enum Event {
    Chunk(Vec<u8>),
    Quiet,
    /// The input ended, well or not.
    End(Result<(), Failure>),
    Shutdown,
}

async fn next_event(chunks: &mut mpsc::Receiver<io::Result<Vec<u8>>>, shutdown: &Shutdown, is_flushed: bool) -> Event {
    tokio::select! {
        biased;
        () = shutdown.requested() => Event::Shutdown,
        chunk = chunks.recv() => match chunk {
            Some(Ok(chunk)) => Event::Chunk(chunk),
            Some(Err(problem)) => Event::End(Err(input_failure(&problem))),
            None => Event::End(Ok(())),
        },
        () = tokio::time::sleep(QUIET), if !is_flushed => Event::Quiet,
    }
}

async fn read_chunks<W: Write>(
    run: &mut Run<'_, W>,
    emitter: &mut Emitter,
    shutdown: &Shutdown,
    mut chunks: mpsc::Receiver<io::Result<Vec<u8>>>,
) -> Result<(), Failure> {
    let app = run.configuration.logs.app_of(None);
    let app_id = app.and_then(|name| app_id(run, name));
    let origin = Origin {
        kind: "stdin",
        app_id: app_id.as_deref(),
        app_name: app,
        scope: app.unwrap_or_default(),
        file_path: None,
    };
    let bookmark = bookmark::read(&run.state, &bookmark::file_context(STANDARD_INPUT));
    let mut intake = Intake::resume(0, 0, FileLedger::of_next_pipe(&bookmark, STANDARD_INPUT));
    let mut is_flushed = true;
    let mut pace = StateTimer::new();
    while Emitter::wants_more(&run.output) {
        let event = next_event(&mut chunks, shutdown, is_flushed).await;
        let mut outlet = Outlet {
            output: &mut run.output,
            emitter,
            origin,
        };
        match event {
            Event::Chunk(chunk) => {
                intake.take(&chunk, &mut outlet)?;
                is_flushed = false;
            }
            Event::Quiet => {
                intake.flush(&mut outlet)?;
                run.output.flush()?;
                is_flushed = true;
            }
            Event::End(outcome) => {
                intake.end_last_line(&mut outlet)?;
                intake.flush(&mut outlet)?;
                save(run, &intake);
                run.write_state()?;
                return outcome;
            }
            Event::Shutdown => {
                take_rest(&mut intake, &mut outlet, &mut chunks).await?;
                intake.flush(&mut outlet)?;
                save(run, &intake);
                return run.write_state();
            }
        }
        if pace.is_due() {
            save(run, &intake);
            run.write_state()?;
        }
    }
    Ok(())
}

/// After a signal: takes what is on its way, because a pipe cannot be read again. An interrupt from the keyboard ends
/// the program before the pipe too, and then this reads to the end of its output.
async fn take_rest<W: Write>(
    intake: &mut Intake,
    outlet: &mut Outlet<'_, W>,
    chunks: &mut mpsc::Receiver<io::Result<Vec<u8>>>,
) -> Result<(), Failure> {
    let deadline = Instant::now() + GRACE;
    while let Ok(Some(Ok(chunk))) = tokio::time::timeout_at(deadline.min(Instant::now() + QUIET), chunks.recv()).await {
        intake.take(&chunk, outlet)?;
    }
    if intake.pending_bytes() > 0 {
        log::warn!("asked to stop in the middle of a line of standard input; its start is not taken");
    }
    Ok(())
}

/// A pipe cannot be gone back in, so all that is kept is the numbering, and for people how far in time the lines went.
fn save<W: Write>(run: &mut Run<'_, W>, intake: &Intake) {
    if !intake.ledger.is_untouched() {
        let entry = bookmark::entry(&mut run.state, &bookmark::file_context(STANDARD_INPUT));
        intake.ledger.write_pipe_to(entry);
    }
}

fn input_failure(problem: &io::Error) -> Failure {
    Failure::new(
        ExitCode::Failed,
        format!("standard input cannot be read: {}", problem.kind()),
    )
    .with_hint("what was read before is written; see why the program before the pipe failed")
}

#[cfg(test)]
#[path = "standard_input/tests.rs"]
mod tests;
