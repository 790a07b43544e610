//! The outline of the log streams: sessions of all apps, then files, then standard input.

use std::io::Write;

use connector_process::{Failure, Shutdown};
use heroku_api::ErrorKind;
use jiff::Timestamp;

use crate::apps_list::App;
use crate::logs::emitter::{Emitter, LOG_LINES, STREAMS};
use crate::logs::session::{self, LogApp};
use crate::logs::session_window::{self, WindowProblem};
use crate::logs::state_pace::StatePace;
use crate::logs::{files, standard_input};
use crate::run::Run;

/// Reads the selected log streams. Ends early and well when `shutdown` is requested.
///
/// # Errors
/// What ends a run: stdout closed, the API out of reach or the token refused, a file that cannot be read (after
/// everything else was).
pub(crate) async fn sync_logs<W: Write>(run: &mut Run<'_, W>, shutdown: &Shutdown) -> Result<(), Failure> {
    let settings = &run.configuration.logs;
    let mut emitter = Emitter::new(settings, &run.output);
    if emitter.has_nothing_to_do() || shutdown.is_requested() {
        return Ok(());
    }
    for stream in STREAMS {
        run.output.schema(stream)?;
    }
    let outcome = read_all(run, &mut emitter, shutdown).await;
    emitter.gaps.log_counts();
    outcome
}

async fn read_all<W: Write>(run: &mut Run<'_, W>, emitter: &mut Emitter, shutdown: &Shutdown) -> Result<(), Failure> {
    let settings = &run.configuration.logs;
    if settings.reads_sessions() {
        read_sessions(run, emitter, shutdown).await?;
    }
    let files_outcome = files::read_files(run, emitter, shutdown).await;
    if settings.reads_standard_input && Emitter::wants_more(&run.output) && !shutdown.is_requested() {
        standard_input::read(run, emitter, shutdown).await?;
    }
    files_outcome
}

async fn read_sessions<W: Write>(
    run: &mut Run<'_, W>,
    emitter: &mut Emitter,
    shutdown: &Shutdown,
) -> Result<(), Failure> {
    let mut pace = StatePace::new();
    for app in run.apps.clone() {
        if shutdown.is_requested() || !Emitter::wants_more(&run.output) {
            return Ok(());
        }
        tokio::select! {
            outcome = read_session(run, emitter, &app) => outcome?,
            () = shutdown.requested() => return Ok(()),
        }
        if pace.is_due() {
            run.write_state()?;
        }
    }
    run.write_state()
}

async fn read_session<W: Write>(run: &mut Run<'_, W>, emitter: &mut Emitter, app: &App) -> Result<(), Failure> {
    let Some(client) = run.client else {
        return Ok(());
    };
    let log_app = LogApp {
        id: app.id.clone(),
        name: app.name.clone(),
        is_fir: app.is_fir(),
    };
    let read_at = Timestamp::now();
    emitter.take_time();
    if log_app.is_fir {
        return session::take_fir(&mut run.output, &mut run.state, emitter, &log_app, read_at);
    }
    match session_window::fetch(client, &app.id).await {
        Ok(window) => session::take_window(&mut run.output, &mut run.state, emitter, &log_app, &window, read_at),
        Err(WindowProblem::Api(error)) => match error.kind() {
            // The lines are still with Heroku: the next run gets them, or says that it came too late.
            ErrorKind::LogStreamIncomplete | ErrorKind::LogStreamRefused => {
                log::warn!("{LOG_LINES} of app {}: {error}; going on without it", app.name);
                run.skipped.add(LOG_LINES, &app.name, &error);
                Ok(())
            }
            _ => run.pass_over(LOG_LINES, app, &error),
        },
        Err(WindowProblem::Unavailable) => {
            log::warn!(
                "log of {}: Heroku cannot read its buffer now (L15); its lines are left for the next run",
                app.name
            );
            Ok(())
        }
        Err(WindowProblem::TooLong) => {
            log::warn!(
                "log of {}: the session sent more than a log session can hold; nothing of it was taken",
                app.name
            );
            Ok(())
        }
    }
}
