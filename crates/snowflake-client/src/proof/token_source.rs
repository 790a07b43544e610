//! Reads a token from where it is kept: small files, anew for each log-in, because something else keeps them fresh.

use crate::config::TokenSource;
use crate::error::{Error, ErrorKind};
use crate::secret::Secret;

/// Longest token file read. Tokens have some thousand characters.
const LONGEST_BYTES: u64 = 1 << 20;

impl TokenSource {
    /// The token without white space around it; `what` names it in messages.
    pub(crate) fn read(&self, what: &str) -> Result<Secret, Error> {
        let problem = |text: String| Error::new(ErrorKind::Configuration, text);
        let text = match self {
            TokenSource::Text(text) => text.expose().to_owned(),
            TokenSource::Path(path) => {
                let unreadable = |failure: std::io::Error| {
                    let reason = match failure.kind() {
                        std::io::ErrorKind::InvalidData => "is not text".to_owned(),
                        kind => format!("cannot be read: {kind}"),
                    };
                    problem(format!("the file of {what}, {}, {reason}", path.display()))
                };
                if std::fs::metadata(path).map_err(unreadable)?.len() > LONGEST_BYTES {
                    return Err(problem(format!("the file of {what}, {}, is too long", path.display())));
                }
                std::fs::read_to_string(path).map_err(unreadable)?
            }
        };
        let token = text.trim();
        if token.is_empty() {
            return Err(problem(format!("{what} is empty")));
        }
        if !token.chars().all(|character| character.is_ascii_graphic()) {
            return Err(problem(format!("{what} has characters that no token has")));
        }
        Ok(Secret::new(token))
    }
}
