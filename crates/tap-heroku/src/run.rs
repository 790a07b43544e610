//! What the streams of one run share. Dropping a stream's future at any `await` must leave `state` behind the
//! records that are written, never ahead of them: that is what makes SIGTERM safe.

use std::io::Write;

use connector_process::Failure;
use heroku_api::{Error, ErrorKind, HerokuClient};
use jiff::Timestamp;
use singer_protocol::State;

use crate::apps_list::App;
use crate::config::Configuration;
use crate::output::Output;
use crate::skipped::Skipped;

/// The run.
#[derive(Debug)]
pub(crate) struct Run<'a, W> {
    pub(crate) configuration: &'a Configuration,
    /// `None` without a token.
    pub(crate) client: Option<&'a HerokuClient>,
    /// When the list of apps was asked for.
    pub(crate) listed_at: Timestamp,
    /// The apps to read; empty without a token.
    pub(crate) apps: Vec<App>,
    pub(crate) output: Output<W>,
    pub(crate) state: State,
    /// What could not be read although it was asked for.
    pub(crate) skipped: Skipped,
}

impl<W: Write> Run<'_, W> {
    /// Writes STATE if it changed and the last one is not too fresh; flushes in any case. The end of each step writes it anyway.
    ///
    /// # Errors
    /// When stdout is closed or full.
    pub(crate) fn write_state(&mut self) -> Result<(), Failure> {
        self.output.checkpoint(&self.state)
    }

    /// Decides about a failed call that concerns one app: a deleted app is said and passed over; a refusal or
    /// an outage is remembered, so that the run ends with exit code 1 after everything else was read; the rest ends the run now.
    ///
    /// # Errors
    /// The failure that ends the run.
    pub(crate) fn pass_over(&mut self, stream: &str, app: &App, error: &Error) -> Result<(), Failure> {
        let is_outage = matches!(
            error.kind(),
            ErrorKind::Unavailable | ErrorKind::Network | ErrorKind::Protocol
        );
        if !error.concerns_one_resource() && (!is_outage || self.skipped.is_too_many_outages()) {
            return Err(crate::failures::api_failure(error).in_context(format!("stream {stream}")));
        }
        if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::Gone) {
            log::warn!(
                "{stream} of app {}: {error}; the app seems to be deleted since it was listed",
                app.name
            );
        } else {
            log::warn!("{stream} of app {}: {error}; going on without it", app.name);
            self.skipped.add(stream, &app.name, error);
        }
        Ok(())
    }
}
