//! Remembers what a run was asked to read and was not allowed to, so that it does not end as if all were well.

use connector_process::{ExitCode, Failure};
use heroku_api::Error;

/// Refused parts of a run.
#[derive(Debug, Default)]
pub(crate) struct Skipped {
    parts: Vec<String>,
    first_hint: Option<&'static str>,
}

/// More names than this make the last line unreadable; each was warned of before.
const NAMES_SHOWN: usize = 5;

impl Skipped {
    /// Remembers one stream of one app.
    pub(crate) fn add(&mut self, stream: &str, app: &str, error: &Error) {
        self.parts.push(format!("{stream} of {app}"));
        self.first_hint = self.first_hint.or_else(|| error.hint());
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
            "refused by Heroku and left out: {}{more}; everything else was read",
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
