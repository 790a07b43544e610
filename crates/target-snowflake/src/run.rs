//! The outline of a run: read to the end, load what is left, say how it went.

use std::io::{Read, Write};
use std::sync::Arc;
use std::sync::mpsc::Sender;

use connector_process::{ExitCode, Failure, Shutdown};
use singer_protocol::{MessageReader, ReadError};
use tokio::runtime::Runtime;

use crate::config::Config;
use crate::events::{Event, EventInput, start_reading};
use crate::load::{BatchLoader, Lanes, LoadProblem};
use crate::pipeline::Pipeline;
use crate::progress::DRAWING_PAUSE;

/// Loads all of `input` and prints STATE to `output`. Ends well at the end of the input, and also when the process is
/// asked to stop: then what was read by that time is loaded.
///
/// # Errors
/// The first thing that went wrong. Everything read before it that can be loaded is loaded, and the newest safe STATE is
/// printed, before this returns.
pub(crate) fn run<L: BatchLoader>(
    config: Config,
    loader: Arc<L>,
    runtime: &Runtime,
    input: impl Read + Send + 'static,
    output: impl Write,
    shutdown: Shutdown,
) -> Result<(), Failure> {
    let no_threads = |error| Failure::new(ExitCode::Failed, format!("cannot start a thread: {error}"));
    let (input, events, sender) = start_reading(input).map_err(no_threads)?;
    let again = shutdown.clone();
    runtime.spawn(report_signals(shutdown, sender.clone()));
    if config.is_watched {
        runtime.spawn(ask_to_draw(sender.clone()));
    }
    let lanes = Lanes::new(
        Arc::clone(&loader),
        runtime.handle().clone(),
        sender,
        config.load.parallelism,
    );
    let mut pipeline = Pipeline::new(config, events, lanes, output).map_err(no_threads)?;

    let read = read_all(&mut MessageReader::new(input), &mut pipeline);
    if let Err(failure) = &read {
        log::debug!("reading ended early: {failure}");
    }
    let drained = pipeline.drain();
    let replaced = if read.is_ok() && drained.is_ok() {
        pipeline.replace_tables()
    } else {
        Ok(())
    };
    pipeline.end_progress();
    pipeline.log_notes();
    pipeline.log_refused();
    // A tap that is stopped by the same signal ends its output in good order, though it had more.
    let is_whole = matches!(read, Ok(Reading::Ended)) && !pipeline.is_stopped();
    let is_well = read.is_ok() && drained.is_ok() && replaced.is_ok() && pipeline.failure().is_none();
    if pipeline.has_outstanding_jobs() {
        loader.give_up();
    }
    let ended = runtime.block_on(async {
        let ended = if is_well {
            end_well(&*loader, &again, is_whole).await
        } else {
            Ok(())
        };
        loader.close().await;
        ended
    });
    pipeline.print_late_states()?;
    read?;
    drained?;
    replaced?;
    ended.map_err(|problem| problem.failure)?;
    pipeline.failure().map_or(Ok(()), Err)
}

/// What the loader does at the end of a run that went well, unless the process is asked to stop a second time.
async fn end_well(loader: &impl BatchLoader, shutdown: &Shutdown, is_whole: bool) -> Result<(), LoadProblem> {
    tokio::select! {
        ended = loader.end_well(is_whole) => ended,
        () = shutdown.requested_times(2) => {
            loader.give_up();
            Err(LoadProblem { failure: stopped_again("the last statements not done"), ends_all: true })
        }
    }
}

/// The process was asked to stop a second time.
pub(crate) fn stopped_again(what: &str) -> Failure {
    Failure::new(ExitCode::Failed, format!("asked to stop again: ended with {what}"))
        .with_hint("run again from the last STATE that was printed")
}

/// How far the input was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reading {
    Ended,
    /// The process was asked to stop, or a stream failed, before its end.
    CutShort,
}

/// Reads until the end, a stop request, or a failure of a stream, which `Pipeline::failure` then tells.
fn read_all<L: BatchLoader, W: Write>(
    reader: &mut MessageReader<EventInput>,
    pipeline: &mut Pipeline<L, W>,
) -> Result<Reading, Failure> {
    while pipeline.failure().is_none() && !pipeline.is_stopped() {
        match reader.next_message() {
            Ok(Some(line)) => pipeline.handle(line)?,
            Ok(None) => return Ok(Reading::Ended),
            Err(pause) if pause.is_pause() => {
                pipeline.handle_events()?;
                pipeline.flush_by_age()?;
                pipeline.log_notes();
            }
            Err(problem) => return Err(read_failure(&problem)),
        }
    }
    Ok(Reading::CutShort)
}

fn read_failure(problem: &ReadError) -> Failure {
    match problem {
        ReadError::Io(error) => Failure::new(ExitCode::Failed, format!("cannot read the input: {error}")),
        _ => Failure::new(ExitCode::Input, problem.to_string())
            .with_hint("every line should be one Singer message in JSON"),
    }
}

/// Turns signals into events. The run ends without waiting for this.
async fn report_signals(shutdown: Shutdown, sender: Sender<Event>) {
    for count in 1..=2 {
        shutdown.requested_times(count).await;
        if sender.send(Event::Stop(count)).is_err() {
            return;
        }
    }
}

/// Goes on until the run has ended.
async fn ask_to_draw(sender: Sender<Event>) {
    while sender.send(Event::Draw).is_ok() {
        tokio::time::sleep(DRAWING_PAUSE).await;
    }
}

#[cfg(test)]
mod tests;
