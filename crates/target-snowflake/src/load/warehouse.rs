//! The warehouse that loads: made when it is not there, resumed when it is suspended, as far as the settings let it.
//! Nothing here starts a warehouse before a statement needed one.

use snowflake_client::{ClientConfig, Error, Identifier, Literal, Session, StatementOptions};

use super::problem::LoadProblem;

/// Snowflake's code for a statement that needs a warehouse which is suspended and does not resume by itself. The
/// statement did not begin.
pub(super) const SUSPENDED_CODE: &str = "000608";

/// What may be done about the warehouse.
#[derive(Debug, Clone, Default)]
pub(crate) struct WarehouseOptions {
    /// As it is spelled in the account; the session's own when there is none.
    pub(crate) name: Option<Identifier>,
    /// How to make it when it is not there, if that may be.
    pub(crate) new: Option<NewWarehouse>,
    pub(crate) resumes: bool,
}

/// A warehouse that is not there yet.
#[derive(Debug, Clone)]
pub(crate) struct NewWarehouse {
    pub(crate) size: String,
    pub(crate) auto_suspend_seconds: u64,
}

impl WarehouseOptions {
    /// Resumes the session's warehouse, if the settings let it.
    ///
    /// # Errors
    /// `suspended` when they do not, or what came in the way.
    pub(super) async fn resume(&self, session: &Session, suspended: LoadProblem) -> Result<(), LoadProblem> {
        let current = session.session_info().warehouse.clone();
        let current = current.and_then(|name| Identifier::new(name).ok());
        let Some(name) = current.or_else(|| self.name.clone()).filter(|_| self.resumes) else {
            return Err(suspended.with_hint(
                "the warehouse is suspended and does not resume by itself: resume it, or set `warehouse_resume`",
            ));
        };
        let statement = format!("ALTER WAREHOUSE {name} RESUME IF SUSPENDED");
        match run(session, &statement).await {
            Ok(()) => {
                log::info!("resumed warehouse {name}");
                Ok(())
            }
            Err(error) => Err(LoadProblem::of_all(&format!("cannot resume warehouse {name}"), &error)
                .with_hint("grant OPERATE on the warehouse to the role, or set its AUTO_RESUME")),
        }
    }

    /// Logs in once more after `refused`, without a warehouse, and makes it; `None` when that may not be.
    pub(super) async fn make(&self, config: &ClientConfig) -> Option<Result<Session, LoadProblem>> {
        let (name, new) = (self.name.as_ref()?, self.new.as_ref()?);
        let mut without = config.clone();
        without.warehouse = None;
        // Refused like this, it is another name that is wrong.
        let session = Box::pin(Session::log_in(&without)).await.ok()?;
        let made = async {
            run(&session, &new.statement(name)).await?;
            // One that was there already and was made for others is not the session's by that.
            run(&session, &format!("USE WAREHOUSE {name}")).await
        };
        match made.await {
            Ok(()) => {
                log::info!("made warehouse {name}");
                Some(Ok(session))
            }
            Err(error) => {
                Box::pin(session.close()).await;
                Some(Err(LoadProblem::of_all(
                    &format!("cannot make warehouse {name}"),
                    &error,
                )))
            }
        }
    }
}

impl NewWarehouse {
    /// Suspended at first: a run without rows shall cost nothing.
    fn statement(&self, name: &Identifier) -> String {
        format!(
            "CREATE WAREHOUSE IF NOT EXISTS {name} WITH WAREHOUSE_SIZE = {} AUTO_SUSPEND = {} AUTO_RESUME = TRUE \
             INITIALLY_SUSPENDED = TRUE",
            Literal::new(&self.size),
            self.auto_suspend_seconds
        )
    }
}

async fn run(session: &Session, statement: &str) -> Result<(), Error> {
    log::debug!("statement: {statement}");
    Box::pin(session.execute(statement, &StatementOptions::default()))
        .await
        .map(drop)
}
