//! Remembers what a run was asked to read and was not allowed to, so that it does not end as if all were well.

use connector_process::{ExitCode, Failure};
use heroku_api::Error;

/// Refused parts of a run.
#[derive(Debug, Default)]
pub(crate) struct Skipped {
    parts: Vec<String>,
    first_hint: Option<&'static str>,
    outages_in_a_row: u32,
}

/// So many apps that fail one after another are no trouble of an app but of Heroku or the network.
const OUTAGES_BEFORE_THE_END: u32 = 3;
/// More names than this make the last line unreadable; each was warned of before.
const NAMES_SHOWN: usize = 5;

impl Skipped {
    /// Remembers one stream of one app.
    pub(crate) fn add(&mut self, stream: &str, app: &str, error: &Error) {
        self.parts.push(format!("{stream} of {app}"));
        self.first_hint = self.first_hint.or_else(|| error.hint());
    }

    /// Notes that an app could not be read because something is broken. True when so many could not be read in a row
    /// that the run should end.
    pub(crate) fn is_too_many_outages(&mut self) -> bool {
        self.outages_in_a_row += 1;
        self.outages_in_a_row >= OUTAGES_BEFORE_THE_END
    }

    /// Notes that an app could be read.
    pub(crate) fn end_outage(&mut self) {
        self.outages_in_a_row = 0;
    }

    /// The failure to end with, when there is anything.
    pub(crate) fn failure(&self) -> Option<Failure> {
        if self.parts.is_empty() {
            return None;
        }
        let shown: Vec<&str> = self.parts.iter().take(NAMES_SHOWN).map(String::as_str).collect();
        let more = match self.parts.len().saturating_sub(NAMES_SHOWN) {
            0 => String::new(),
            count => format!(" and {count} more"),
        };
        let message = format!(
            "could not be read and left out: {}{more}; everything else was read",
            shown.join(", ")
        );
        let failure = Failure::new(ExitCode::Failed, message);
        let or_leave_out = "leave the app out with `!name` in the setting apps, or deselect the stream";
        Some(match self.first_hint {
            Some(hint) => failure.with_hint(format!("{hint}; or {or_leave_out}")),
            None => failure.with_hint(or_leave_out),
        })
    }
}
