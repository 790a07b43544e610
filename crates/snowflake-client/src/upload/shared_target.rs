//! The target that the files of an upload share; the first to meet expired credentials asks anew for all.

use std::sync::Arc;

use tokio::sync::Mutex;

use crate::error::Error;
use crate::session::Connection;
use crate::upload::stage_target::{PutStatement, StageTarget, ask_for_target};

pub(crate) struct SharedTarget<'a> {
    connection: &'a Connection,
    put: PutStatement<'a>,
    current: Mutex<Numbered>,
}

/// A target and how often it was renewed.
#[derive(Clone)]
pub(crate) struct Numbered {
    pub(crate) number: u32,
    pub(crate) target: Arc<StageTarget>,
}

impl<'a> SharedTarget<'a> {
    pub(crate) async fn ask(connection: &'a Connection, put: PutStatement<'a>) -> Result<Self, Error> {
        let target = Arc::new(ask_for_target(connection, &put).await?);
        Ok(SharedTarget {
            connection,
            put,
            current: Mutex::new(Numbered { number: 0, target }),
        })
    }

    pub(crate) async fn current(&self) -> Numbered {
        self.current.lock().await.clone()
    }

    /// Runs the same PUT again unless someone did since the expired target was taken.
    pub(crate) async fn renew(&self, expired_number: u32) -> Result<(), Error> {
        let mut current = self.current.lock().await;
        if current.number == expired_number {
            let target = Arc::new(ask_for_target(self.connection, &self.put).await?);
            *current = Numbered {
                number: expired_number + 1,
                target,
            };
        }
        Ok(())
    }
}
