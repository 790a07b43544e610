//! Everything the simulator knows at a moment, behind one lock, and what it remembers of its clients.

use super::app::App;
use super::faults::{FaultAction, FaultRule, take_actions};
use super::rate_limit::RateLimit;
use super::scenario::Scenario;
use aws_lc_rs::hmac;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// One request as it arrived, for tests to look at. Holds whether a credential came, never the credential.
#[derive(Debug, Clone, Serialize)]
pub struct RequestEntry {
    /// HTTP method.
    pub method: String,
    /// Path without the query.
    pub path: String,
    /// Query, empty when there is none. Signatures of log URLs are cut out.
    pub query: String,
    /// `Range` header.
    pub range: Option<String>,
    /// `Accept` header.
    pub accept: Option<String>,
    /// `User-Agent` header.
    pub user_agent: Option<String>,
    /// `If-None-Match` header.
    pub if_none_match: Option<String>,
    /// Whether an `Authorization` header was sent.
    pub has_authorization: bool,
    /// Request body when it was JSON.
    pub body: Option<Value>,
    /// Status of the answer; 0 when the connection was broken on purpose.
    pub status: u16,
}

#[derive(Debug)]
pub(crate) struct World {
    pub(crate) scenario: Scenario,
    pub(crate) apps: Vec<App>,
    pub(crate) rate_limit: RateLimit,
    pub(crate) faults: Vec<FaultRule>,
    pub(crate) requests: Vec<RequestEntry>,
    pub(crate) violations: Vec<String>,
}

/// What all handlers share.
#[derive(Debug, Clone)]
pub(crate) struct Shared {
    world: Arc<Mutex<World>>,
    /// Signs log URLs; new for every server.
    pub(crate) signing_key: Arc<hmac::Key>,
    /// Where log streams are served, `http://host:port`.
    pub(crate) log_base_url: Arc<str>,
}

impl World {
    /// Builds the apps with their history. Fails when the scenario's start time is not RFC 3339.
    pub(crate) fn new(scenario: Scenario) -> Result<Self, String> {
        let start: Timestamp = scenario
            .start_time
            .parse()
            .map_err(|problem| format!("start_time of the scenario: {problem}"))?;
        let apps = scenario
            .apps
            .iter()
            .map(|facts| App::new(&scenario, facts, start))
            .collect();
        let rate_limit = RateLimit::new(scenario.rate_limit_tokens, scenario.rate_limit_per_minute);
        let faults = scenario.faults.clone();
        Ok(Self {
            scenario,
            apps,
            rate_limit,
            faults,
            requests: Vec::new(),
            violations: Vec::new(),
        })
    }

    /// An app by id or name.
    pub(crate) fn app(&self, id_or_name: &str) -> Option<&App> {
        self.apps
            .iter()
            .find(|app| app.id == id_or_name || app.facts.name == id_or_name)
    }

    /// An app by id or name, to be changed.
    pub(crate) fn app_mut(&mut self, id_or_name: &str) -> Option<&mut App> {
        self.apps
            .iter_mut()
            .find(|app| app.id == id_or_name || app.facts.name == id_or_name)
    }

    pub(crate) fn take_faults(&mut self, method: &str, path: &str) -> Vec<FaultAction> {
        take_actions(&mut self.faults, method, path)
    }

    pub(crate) fn add_release(&mut self, app: &str, status: Option<&str>, description: Option<&str>) -> Option<u64> {
        let scenario = self.scenario.clone();
        self.app_mut(app)
            .map(|app| app.add_release(&scenario, status, description))
    }
}

impl Shared {
    pub(crate) fn new(world: World, signing_key: hmac::Key, log_base_url: String) -> Self {
        Self {
            world: Arc::new(Mutex::new(world)),
            signing_key: Arc::new(signing_key),
            log_base_url: log_base_url.into(),
        }
    }

    /// The one lock. A handler that panicked must not hide the state from the test that looks for the reason.
    pub(crate) fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
