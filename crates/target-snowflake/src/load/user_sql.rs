//! The user's own SQL around a run: once before the first rows are loaded, once after the last. Not in a run without rows.

use tokio::sync::Mutex;

use super::problem::LoadProblem;
use super::warehouse::{SUSPENDED_CODE, WarehouseOptions};
use super::work_session::WorkSession;
use crate::config::LoadSettings;

/// What there is to run, and whether it was.
#[derive(Debug)]
pub(crate) struct UserSql {
    before: Vec<String>,
    after: Vec<String>,
    warehouse: WarehouseOptions,
    /// How the first statements ended. Held while they run: all lanes wait for them.
    begun: Mutex<Begun>,
}

/// Whether rows are being loaded.
#[derive(Debug)]
enum Begun {
    NotYet,
    Well,
    /// Nobody knows what the statements did, so no lane runs them again.
    Badly(LoadProblem),
}

impl UserSql {
    /// Nothing has run.
    pub(crate) fn new(settings: &LoadSettings) -> Self {
        Self {
            before: settings.before_run.clone(),
            after: settings.after_run.clone(),
            warehouse: settings.warehouse.clone(),
            begun: Mutex::new(Begun::NotYet),
        }
    }

    /// Runs the statements before the first load, if this is it. They are not tried again: nobody knows what they do.
    pub(crate) async fn before(&self, session: &WorkSession) -> Result<(), LoadProblem> {
        let mut begun = self.begun.lock().await;
        if matches!(*begun, Begun::NotYet) {
            *begun = match self.run_all(session, "before_run_sql", &self.before).await {
                Ok(()) => Begun::Well,
                Err(problem) => Begun::Badly(problem),
            };
        }
        match &*begun {
            Begun::Badly(problem) => Err(problem.clone()),
            Begun::Well | Begun::NotYet => Ok(()),
        }
    }

    /// Whether there is something to run now that the last rows are loaded.
    pub(crate) async fn has_end(&self) -> bool {
        !self.after.is_empty() && matches!(*self.begun.lock().await, Begun::Well)
    }

    /// Runs the statements after the last load.
    pub(crate) async fn after(&self, session: &WorkSession) -> Result<(), LoadProblem> {
        self.run_all(session, "after_run_sql", &self.after).await
    }

    async fn run_all(&self, session: &WorkSession, setting: &str, statements: &[String]) -> Result<(), LoadProblem> {
        for (position, statement) in statements.iter().enumerate() {
            let failed = |error| LoadProblem::from_user_sql(setting, position + 1, &error);
            // Not logged: it may hold a secret.
            let run = || Box::pin(session.execute(statement, session.options()));
            match run().await {
                Ok(_) => {}
                // It did not begin, so it may be sent again.
                Err(error) if error.code() == Some(SUSPENDED_CODE) => {
                    self.warehouse.resume(session, failed(error)).await?;
                    drop(run().await.map_err(failed)?);
                }
                Err(error) => return Err(failed(error)),
            }
        }
        Ok(())
    }
}
