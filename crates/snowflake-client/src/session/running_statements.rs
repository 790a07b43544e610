//! Which statements of a session may be running on the server, so that they can be cancelled.
//! One whose caller stopped waiting stays listed: it runs on until somebody cancels it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use uuid::Uuid;

#[derive(Default)]
pub(crate) struct RunningStatements(Mutex<HashMap<Uuid, Arc<str>>>);

impl RunningStatements {
    fn lock(&self) -> MutexGuard<'_, HashMap<Uuid, Arc<str>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn started(&self, request_id: Uuid, sql: &str) {
        self.lock().insert(request_id, Arc::from(sql));
    }

    pub(crate) fn finished(&self, request_id: Uuid) {
        self.lock().remove(&request_id);
    }

    pub(crate) fn contains(&self, request_id: Uuid) -> bool {
        self.lock().contains_key(&request_id)
    }

    pub(crate) fn all(&self) -> Vec<(Uuid, Arc<str>)> {
        self.lock()
            .iter()
            .map(|(request_id, sql)| (*request_id, Arc::clone(sql)))
            .collect()
    }
}
