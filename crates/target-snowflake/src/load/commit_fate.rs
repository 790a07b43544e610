//! What became of a transaction whose COMMIT got no answer: asked of Snowflake in another session. Not for loads that
//! may be repeated.
//!
//! Sources: docs.snowflake.com/en/sql-reference/sql/desc-transaction (columns `id`, `user`, `session`, `name`,
//! `started_on`, `state`, `ended_on`; state is running, committed or rolled back) and
//! …/sql-reference/functions/system_abort_transaction (allowed to whoever began the transaction).

use std::time::Duration;

use snowflake_client::{Error, ResultSet};

use super::attempt::{execute, is_broken};
use super::work_session::WorkSession;

/// Snowflake's number of a transaction: digits only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TransactionId(String);

/// How a transaction ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    Committed,
    RolledBack,
    /// Snowflake does not say, or not in a word that is known.
    Unknown,
}

/// How often a transaction that goes on is looked at.
const LOOKS: u32 = 6;

impl TransactionId {
    /// That of the session's open transaction. Without it the load goes on: it only matters when COMMIT gets no answer.
    pub(crate) async fn of_open(session: &WorkSession) -> Result<Option<Self>, Error> {
        let found = unless_refused(execute(session, "SELECT CURRENT_TRANSACTION()").await)?;
        Ok(found.and_then(|found| Self::from_text(found.single()?)))
    }

    fn from_text(text: &str) -> Option<Self> {
        let is_number = !text.is_empty() && text.len() <= 38 && text.bytes().all(|byte| byte.is_ascii_digit());
        is_number.then(|| Self(text.to_owned()))
    }

    /// How it ended. One that goes on is ended first: nobody is left who could use it, and a COMMIT that is on its way is
    /// waited for.
    pub(crate) async fn fate(&self, session: &WorkSession, pause: Duration) -> Result<Fate, Error> {
        for look in 0..LOOKS {
            if look > 0 {
                let abort = format!("SELECT SYSTEM$ABORT_TRANSACTION({})", self.0);
                // Refused when it has just ended: the next look tells how.
                unless_refused(execute(session, &abort).await)?;
                tokio::time::sleep(pause * look).await;
            }
            let describe = format!("DESCRIBE TRANSACTION {}", self.0);
            let described = unless_refused(execute(session, &describe).await)?;
            let row = described.as_ref().and_then(|described| described.rows().next());
            match row
                .and_then(|row| row.get("state"))
                .map(str::to_ascii_lowercase)
                .as_deref()
            {
                Some("running") => {}
                Some("committed") => return Ok(Fate::Committed),
                Some("rolled back" | "rolled_back") => return Ok(Fate::RolledBack),
                _ => return Ok(Fate::Unknown),
            }
        }
        Ok(Fate::Unknown)
    }
}

/// `None` for what the server refuses, because it matters to nobody but the one who asked.
fn unless_refused(outcome: Result<ResultSet, Error>) -> Result<Option<ResultSet>, Error> {
    match outcome {
        Ok(result) => Ok(Some(result)),
        Err(error) if is_broken(&error) => Err(error),
        Err(error) => {
            log::debug!("refused: {error}");
            Ok(None)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_digits_are_an_id() {
        assert!(TransactionId::from_text("1651535571261000000").is_some());
        for text in ["", "1 OR 1", "-1", "x"] {
            assert_eq!(TransactionId::from_text(text), None, "{text}");
        }
    }
}
