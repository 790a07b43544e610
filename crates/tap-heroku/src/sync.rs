//! The outline of a run: connect, list the apps, read stream after stream, and leave a STATE that is safe whatever happened.

use std::future::Future;
use std::io::Write;
use std::time::Instant;

use connector_process::{ExitCode, Failure, Metric, MetricValue, Shutdown};
use jiff::Timestamp;
use singer_protocol::{CatalogEntry, State};

use crate::apps_list::list_apps;
use crate::config::Configuration;
use crate::logs::sync_logs;
use crate::output::{Extent, Output};
use crate::run::Run;
use crate::skipped::Skipped;
use crate::streams::{Source, StreamEntry, sync_apps, sync_releases};

/// What a run is to do.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) configuration: Configuration,
    pub(crate) selected: Vec<(&'static StreamEntry, CatalogEntry)>,
    pub(crate) state: State,
    pub(crate) extent: Extent,
}

/// Runs the plan, writing to `stdout`. A request to shut down ends it early and well.
///
/// # Errors
/// The failure that ended the run; STATE is out as far as records are.
pub(crate) async fn sync<W: Write>(plan: Plan, stdout: W, shutdown: &Shutdown) -> Result<(), Failure> {
    let Plan {
        configuration,
        selected,
        state,
        extent,
    } = plan;
    let client = configuration.connect()?;
    let selected = readable(selected, client.is_some(), &configuration)?;
    let streams: Vec<&StreamEntry> = selected.iter().map(|&(stream, _)| stream).collect();
    if selected.is_empty() {
        log::warn!("no stream is selected: nothing to read");
    }
    let mut run = Run {
        configuration: &configuration,
        client: client.as_ref(),
        apps: Vec::new(),
        listed_at: Timestamp::now(),
        output: Output::new(stdout, &selected, extent),
        state,
        skipped: Skipped::default(),
    };
    let outcome = read_streams(&mut run, &streams, extent, shutdown).await;
    if shutdown.is_requested() {
        log::info!("stopped as asked: the last state covers everything that was written");
    }
    let written = run.output.state(&run.state);
    run.output.log_counts();
    outcome.and(written)?;
    run.skipped.failure().map_or(Ok(()), Err)
}

/// Leaves out the streams that cannot be read without a token, when log files give the run a purpose without one.
fn readable(
    selected: Vec<(&'static StreamEntry, CatalogEntry)>,
    has_token: bool,
    configuration: &Configuration,
) -> Result<Vec<(&'static StreamEntry, CatalogEntry)>, Failure> {
    if has_token {
        return Ok(selected);
    }
    if configuration.logs.reads_sessions() {
        return Err(Failure::new(
            ExitCode::Usage,
            "setting `api_token`: missing, and there are no log_files to read without it",
        )
        .with_hint(
            "set api_token, TAP_HEROKU_API_TOKEN or HEROKU_API_KEY; `heroku authorizations:create` makes a token",
        ));
    }
    let (unreadable, readable): (Vec<_>, Vec<_>) =
        selected.into_iter().partition(|(stream, _)| stream.source.needs_api());
    if !unreadable.is_empty() {
        let names: Vec<&str> = unreadable.iter().map(|(stream, _)| stream.name).collect();
        log::info!("no api_token: only log_files are read, not {}", names.join(", "));
    }
    Ok(readable)
}

async fn read_streams<W: Write>(
    run: &mut Run<'_, W>,
    streams: &[&StreamEntry],
    extent: Extent,
    shutdown: &Shutdown,
) -> Result<(), Failure> {
    if extent != Extent::SchemasOnly {
        // Before the first SCHEMA: a refused token should leave nothing behind.
        unless_stopped(shutdown, read_apps(run, streams)).await?;
    }
    for stream in streams {
        run.output.schema(stream.name)?;
    }
    if extent == Extent::SchemasOnly {
        return Ok(());
    }
    for (source, first_stream) in steps(streams, run.state.currently_syncing()) {
        if shutdown.is_requested() {
            return Ok(());
        }
        let started = Instant::now();
        run.state.set_currently_syncing(Some(first_stream));
        match source {
            Source::Apps => sync_apps(run)?,
            Source::Releases => unless_stopped(shutdown, sync_releases(run)).await?,
            Source::Logs => sync_logs(run, shutdown).await?,
        }
        run.output.state(&run.state)?;
        let seconds = started.elapsed().as_secs_f64();
        Metric::new("sync_duration", MetricValue::Timer(seconds))
            .tag("stream", first_stream)
            .log();
    }
    if !shutdown.is_requested() {
        run.state.set_currently_syncing(None);
    }
    Ok(())
}

/// Lists the apps when a stream needs them.
async fn read_apps<W: Write>(run: &mut Run<'_, W>, streams: &[&StreamEntry]) -> Result<(), Failure> {
    let sessions = run.configuration.logs.reads_sessions();
    let needed = streams.iter().any(|stream| stream.source.needs_api() || sessions);
    let Some(client) = run.client.filter(|_| needed) else {
        return Ok(());
    };
    run.listed_at = Timestamp::now();
    run.apps = list_apps(client, run.configuration).await?;
    log::info!("{} apps to read", run.apps.len());
    Ok(())
}

/// Drops the work at its next pause when the program is asked to stop. The streams keep their state behind what they
/// wrote at every pause, so nothing is lost.
async fn unless_stopped(shutdown: &Shutdown, work: impl Future<Output = Result<(), Failure>>) -> Result<(), Failure> {
    tokio::select! {
        biased;
        () = shutdown.requested() => Ok(()),
        outcome = work => outcome,
    }
}

/// What to read in which order: the table's, but the one that was being read when the last run stopped comes first.
/// All log streams are one step.
fn steps<'a>(streams: &[&'a StreamEntry], interrupted: Option<&str>) -> Vec<(Source, &'a str)> {
    let mut steps: Vec<(Source, &'a str)> = Vec::new();
    for stream in streams {
        if !steps.iter().any(|(source, _)| *source == stream.source) {
            steps.push((stream.source, stream.name));
        }
    }
    let source = streams
        .iter()
        .find(|stream| Some(stream.name) == interrupted)
        .map(|stream| stream.source);
    let first = steps.iter().position(|(step, _)| Some(*step) == source);
    steps.rotate_left(first.unwrap_or(0));
    steps
}
