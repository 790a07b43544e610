//! The user's own SQL around a run: once before the first rows are loaded, once after the last. Not in a run without rows.

use tokio::sync::Mutex;

use super::problem::LoadProblem;
use super::work_session::WorkSession;

/// What there is to run, and whether it was.
#[derive(Debug)]
pub(crate) struct UserSql {
    before: Vec<String>,
    after: Vec<String>,
    /// Whether rows are being loaded. Held while the first statements run: all lanes wait for them.
    begun: Mutex<bool>,
}

impl UserSql {
    /// Nothing has run.
    pub(crate) fn new(before: Vec<String>, after: Vec<String>) -> Self {
        Self {
            before,
            after,
            begun: Mutex::new(false),
        }
    }

    /// Runs the statements before the first load, if this is it. They are not tried again: nobody knows what they do.
    pub(crate) async fn before(&self, session: &WorkSession) -> Result<(), LoadProblem> {
        let mut begun = self.begun.lock().await;
        if *begun {
            return Ok(());
        }
        run_all(session, "before_run_sql", &self.before).await?;
        *begun = true;
        Ok(())
    }

    /// Whether there is something to run now that the last rows are loaded.
    pub(crate) async fn has_end(&self) -> bool {
        !self.after.is_empty() && *self.begun.lock().await
    }

    /// Runs the statements after the last load.
    pub(crate) async fn after(&self, session: &WorkSession) -> Result<(), LoadProblem> {
        run_all(session, "after_run_sql", &self.after).await
    }
}

async fn run_all(session: &WorkSession, setting: &str, statements: &[String]) -> Result<(), LoadProblem> {
    for (position, statement) in statements.iter().enumerate() {
        let failed = |error| LoadProblem::from_user_sql(setting, position + 1, &error);
        // Not logged: it may hold a secret.
        Box::pin(session.execute(statement, session.options()))
            .await
            .map_err(failed)?;
    }
    Ok(())
}
