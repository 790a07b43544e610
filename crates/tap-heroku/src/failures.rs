//! From an API error to the program's failure: the exit code and the hint. The only place that knows both.

use connector_process::{ExitCode, Failure};
use heroku_api::{Error, ErrorKind};

/// The failure of a call that the run cannot go on without.
pub(crate) fn api_failure(error: &Error) -> Failure {
    let code = match error.kind() {
        ErrorKind::Unauthorized | ErrorKind::TwoFactor | ErrorKind::Forbidden | ErrorKind::Suspended => {
            ExitCode::Credentials
        }
        ErrorKind::Configuration => ExitCode::Usage,
        _ => ExitCode::Failed,
    };
    let failure = Failure::new(code, error.to_string());
    match error.hint() {
        Some(hint) => failure.with_hint(hint),
        None => failure,
    }
}
