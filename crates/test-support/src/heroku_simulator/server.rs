//! Starts the simulator on free loopback ports and gives tests direct access to its world.

use super::faults::FaultRule;
use super::guard::guard;
use super::log_buffer::LogLine;
use super::scenario::Scenario;
use super::wire::{BreakableListener, Breaker};
use super::world::{RequestEntry, Shared, World};
use super::{admin, api, checks, log_sessions, log_stream};
use aws_lc_rs::{hmac, rand::SystemRandom};
use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::{get, post};
use serde_json::{Map, Value};
use std::net::{Ipv4Addr, TcpListener};
use std::time::Duration;
use tokio::runtime::Runtime;

/// A running simulator. It runs on threads of its own, may be started from synchronous and asynchronous tests
/// alike, and stops when dropped.
#[derive(Debug)]
pub struct HerokuSimulator {
    shared: Shared,
    url: String,
    runtime: Option<Runtime>,
}

impl HerokuSimulator {
    /// Starts it on a free port.
    ///
    /// # Panics
    /// When the scenario or the machine does not allow it.
    #[must_use]
    #[expect(clippy::panic, reason = "a test that cannot start its server is over")]
    pub fn start(scenario: Scenario) -> Self {
        Self::start_on_port(scenario, 0)
            .unwrap_or_else(|problem| panic!("the Heroku simulator did not start: {problem}"))
    }

    /// Starts it on this port of 127.0.0.1, 0 for a free one.
    ///
    /// # Errors
    /// The reason in words: a port in use, a start time that is none.
    pub fn start_on_port(scenario: Scenario, port: u16) -> Result<Self, String> {
        let api_listener = listen(port)?;
        let url = url_of(&api_listener)?;
        let log_listener = if scenario.separate_log_port {
            Some(listen(0)?)
        } else {
            None
        };
        let log_url = log_listener.as_ref().map_or_else(|| Ok(url.clone()), url_of)?;
        let lines_per_second = scenario.live_lines_per_second;
        let key =
            hmac::Key::generate(hmac::HMAC_SHA256, &SystemRandom::new()).map_err(|_| "no randomness".to_owned())?;
        let shared = Shared::new(World::new(scenario)?, key, log_url);
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .map_err(|problem| problem.to_string())?;
        let mut api_routes = api_routes(&shared);
        if let Some(listener) = log_listener {
            runtime.spawn(serve(listener, log_routes(&shared)));
        } else {
            api_routes = api_routes.merge(log_routes(&shared));
        }
        runtime.spawn(serve(api_listener, api_routes));
        if lines_per_second > 0.0 {
            runtime.spawn(live(shared.clone(), lines_per_second));
        }
        Ok(Self {
            shared,
            url,
            runtime: Some(runtime),
        })
    }

    /// `http://127.0.0.1:PORT`, without a slash at the end.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The bearer token it accepts.
    #[must_use]
    pub fn api_token(&self) -> String {
        self.shared.world().scenario.api_token.clone()
    }

    /// Writes these finished lines to an app's log as they are.
    pub fn append_lines<Line: AsRef<str>>(&self, app: &str, lines: impl IntoIterator<Item = Line>) {
        self.with_app(app, |app| {
            lines
                .into_iter()
                .for_each(|line| app.log.append(LogLine::from_text(line.as_ref())))
        });
    }

    /// Lets an app write exactly this many new lines of ordinary life.
    pub fn generate_lines(&self, app: &str, count: u64) {
        self.with_app(app, |app| app.generate_lines(count));
    }

    /// The last lines of an app's log as Heroku keeps them (at most 1500), in order of arrival.
    #[must_use]
    pub fn kept_lines(&self, app: &str) -> Vec<String> {
        self.with_app(app, |app| {
            app.log
                .last_lines(usize::MAX)
                .iter()
                .map(|line| line.text.clone())
                .collect()
        })
    }

    /// How many lines an app has written so far, kept or not.
    #[must_use]
    pub fn lines_written(&self, app: &str) -> u64 {
        self.with_app(app, |app| app.log.written())
    }

    /// Ends all streams that follow an app's log.
    pub fn end_followers(&self, app: &str) {
        self.with_app(app, |app| app.log.end_followers());
    }

    /// Makes new releases, with the log lines that deploys leave behind; returns the version of the newest.
    pub fn add_releases(&self, app: &str, count: u64) -> u64 {
        let mut world = self.shared.world();
        (0..count)
            .filter_map(|_| world.add_release(app, None, None))
            .last()
            .unwrap_or(0)
    }

    /// Gives a release another status.
    pub fn set_release_status(&self, app: &str, version: u64, status: &str) {
        let found = self.with_app(app, |app| app.set_release_status(version, status));
        assert!(found, "app {app} has no release v{version}");
    }

    /// The JSON bodies of all releases of an app, by version.
    #[must_use]
    pub fn releases(&self, app: &str) -> Vec<Value> {
        self.with_app(app, |app| app.release_bodies())
    }

    /// The JSON body of an app.
    #[must_use]
    pub fn app(&self, app: &str) -> Value {
        self.with_app(app, |app| app.body())
    }

    /// Overwrites properties of an app and marks it as updated.
    pub fn change_app(&self, app: &str, properties: Map<String, Value>) {
        self.with_app(app, |app| app.change(properties));
    }

    /// Removes an app, as when its owner destroys it.
    pub fn delete_app(&self, app: &str) {
        self.shared
            .world()
            .apps
            .retain(|known| known.id != app && known.facts.name != app);
    }

    /// Arms a fault.
    pub fn add_fault(&self, rule: FaultRule) {
        self.shared.world().faults.push(rule);
    }

    /// Disarms all faults.
    pub fn clear_faults(&self) {
        self.shared.world().faults.clear();
    }

    /// Sets what is left of the account's budget of requests.
    pub fn set_remaining_requests(&self, tokens: u32) {
        self.shared.world().rate_limit.set_remaining(tokens);
    }

    /// All requests so far, without the admin calls, in the order of their answers.
    #[must_use]
    pub fn requests(&self) -> Vec<RequestEntry> {
        self.shared.world().requests.clone()
    }

    /// Forgets the requests so far.
    pub fn clear_requests(&self) {
        self.shared.world().requests.clear();
    }

    /// What clients did that no client may do, such as sending the bearer to the log stream.
    #[must_use]
    pub fn violations(&self) -> Vec<String> {
        self.shared.world().violations.clone()
    }

    #[expect(clippy::panic, reason = "a test that names an app which does not exist is wrong")]
    fn with_app<Answer>(&self, name: &str, act: impl FnOnce(&mut super::app::App) -> Answer) -> Answer {
        self.shared
            .world()
            .app_mut(name)
            .map(act)
            .unwrap_or_else(|| panic!("the scenario has no app {name}"))
    }
}

impl Drop for HerokuSimulator {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

fn listen(port: u16) -> Result<TcpListener, String> {
    let listener =
        TcpListener::bind((Ipv4Addr::LOCALHOST, port)).map_err(|problem| format!("port {port}: {problem}"))?;
    listener.set_nonblocking(true).map_err(|problem| problem.to_string())?;
    Ok(listener)
}

fn url_of(listener: &TcpListener) -> Result<String, String> {
    listener
        .local_addr()
        .map(|address| format!("http://{address}"))
        .map_err(|problem| problem.to_string())
}

async fn serve(listener: TcpListener, routes: Router) {
    if let Ok(listener) = tokio::net::TcpListener::from_std(listener) {
        let service = routes.into_make_service_with_connect_info::<Breaker>();
        let _runs_until_dropped = axum::serve(BreakableListener(listener), service).await;
    }
}

fn api_routes(shared: &Shared) -> Router {
    Router::new()
        .route("/account", get(api::get_account))
        .route("/account/rate-limits", get(api::get_rate_limits))
        .route("/users/{user}", get(api::get_user))
        .route("/users/{user}/apps", get(api::list_user_apps))
        .route("/teams/{team}/apps", get(api::list_team_apps))
        .route("/apps", get(api::list_apps))
        .route("/apps/{app}", get(api::get_app))
        .route("/apps/{app}/releases", get(api::list_releases))
        .route("/apps/{app}/releases/{release}", get(api::get_release))
        .route("/apps/{app}/log-sessions", post(log_sessions::create_log_session))
        .fallback(api::unknown_endpoint)
        .method_not_allowed_fallback(api::unknown_endpoint)
        .layer(from_fn_with_state(shared.clone(), checks::checks))
        .layer(from_fn_with_state(shared.clone(), guard))
        .merge(admin::routes())
        .with_state(shared.clone())
}

fn log_routes(shared: &Shared) -> Router {
    Router::new()
        .route("/stream", get(log_stream::read_log_stream))
        .route("/streams/{name}", get(log_stream::read_log_stream))
        .layer(from_fn_with_state(shared.clone(), guard))
        .with_state(shared.clone())
}

/// Writes lines of every app at an even pace.
async fn live(shared: Shared, lines_per_second: f64) {
    let mut ticks = tokio::time::interval(Duration::from_secs_f64(1.0 / lines_per_second));
    loop {
        ticks.tick().await;
        shared.world().apps.iter_mut().for_each(|app| app.generate_lines(1));
    }
}
