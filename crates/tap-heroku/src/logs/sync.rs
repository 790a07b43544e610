//! The outline of the log streams: sessions of all apps, then files, then standard input.

use std::io::Write;

use connector_process::{Failure, Shutdown};
use futures_util::stream::{self, StreamExt};
use heroku_api::{ErrorKind, HerokuClient};
use jiff::Timestamp;

use crate::apps_list::App;
use crate::logs::emitter::{Emitter, LOG_LINES, STREAMS};
use crate::logs::session::{self, LogApp};
use crate::logs::session_window::{self, SessionWindow, WindowProblem};
use crate::logs::state_timer::StateTimer;
use crate::logs::{files, old_bookmarks, standard_input};
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
    old_bookmarks::forget(&mut run.state, Timestamp::now(), |path| path.exists());
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
    let Some(client) = run.client else {
        return Ok(());
    };
    let mut pace = StateTimer::new();
    let fetches = run.apps.clone().into_iter().map(|app| fetch_session(client, app));
    let mut fetched = stream::iter(fetches).buffered(run.output.apps_at_once());
    while Emitter::wants_more(&run.output) {
        let session = tokio::select! {
            biased;
            () = shutdown.requested() => return Ok(()),
            session = fetched.next() => session,
        };
        let Some(session) = session else { break };
        take_session(run, emitter, session)?;
        if pace.is_due() {
            run.write_state()?;
        }
    }
    run.write_state()
}

/// What an app's log session gave.
struct FetchedSession {
    app: App,
    /// When it was asked for.
    read_at: Timestamp,
    window: Result<SessionWindow, WindowProblem>,
}

/// Several run at the same time; their windows are taken in the order of the apps.
async fn fetch_session(client: &HerokuClient, app: App) -> FetchedSession {
    let read_at = Timestamp::now();
    let window = match app.is_fir() {
        // Nothing is kept for these, so there is nothing to ask for.
        true => Ok(SessionWindow::default()),
        false => session_window::fetch(client, &app.id).await,
    };
    FetchedSession { app, read_at, window }
}

fn take_session<W: Write>(run: &mut Run<'_, W>, emitter: &mut Emitter, session: FetchedSession) -> Result<(), Failure> {
    let FetchedSession { app, read_at, window } = session;
    let log_app = LogApp {
        id: app.id.clone(),
        name: app.name.clone(),
        is_fir: app.is_fir(),
    };
    emitter.take_time();
    if log_app.is_fir {
        return session::take_fir(&mut run.output, &mut run.state, emitter, &log_app, read_at);
    }
    match window {
        Ok(window) => {
            run.skipped.end_outage();
            session::take_window(&mut run.output, &mut run.state, emitter, &log_app, &window, read_at)
        }
        Err(WindowProblem::Api(error)) => match error.kind() {
            // The lines are still with Heroku: the next run gets them, or says that it came too late.
            ErrorKind::LogStreamIncomplete | ErrorKind::LogStreamRefused => {
                log::warn!("{LOG_LINES} of app {}: {error}; going on without it", app.name);
                run.skipped.add(LOG_LINES, &app.name, &error);
                Ok(())
            }
            _ => run.pass_over(LOG_LINES, &app, &error),
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
