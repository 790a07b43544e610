//! What a simulated account holds at the start: plain data, from Rust or from a JSON file.

use super::faults::FaultRule;
use serde::Deserialize;

/// The only bearer token the default account accepts. Made up, and shaped like Heroku's current tokens.
pub const API_TOKEN: &str = "HRKU-SIMULATED-0000-NOT-A-REAL-TOKEN";

/// One account with its apps, and how the server treats its clients.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Scenario {
    /// Every generated value depends on this number.
    pub seed: u64,
    /// RFC 3339. The releases at the start were made before it; an app's log begins two hours before it (on fir: at it)
    /// and goes on by a clock of its own, which moves only with its lines and releases.
    pub start_time: String,
    /// The bearer token that is accepted.
    pub api_token: String,
    /// E-mail address of the account.
    pub email: String,
    /// The apps, in no particular order.
    pub apps: Vec<AppScenario>,
    /// Size of the account's pool of requests; 4500 at Heroku.
    pub rate_limit_tokens: u32,
    /// Refill of that pool per minute of wall clock; 75 at Heroku.
    pub rate_limit_per_minute: f64,
    /// How long a log URL may be opened after it was signed, in seconds of wall clock.
    pub log_url_seconds: u64,
    /// After this long the server ends a log stream that follows new lines.
    pub tail_seconds: u64,
    /// Serve log streams from a second port, as Heroku serves them from another host.
    pub separate_log_port: bool,
    /// New lines per app and second of wall clock; 0 means only when asked through the admin calls.
    pub live_lines_per_second: f64,
    /// Faults that are armed from the start.
    pub faults: Vec<FaultRule>,
}

/// Which of Heroku's two platforms an app runs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Generation {
    /// The classic one: 1500 lines of history, filters, optional follow.
    Cedar,
    /// The newer one: no history, always follows, event stream.
    Fir,
}

/// One app at the start of the simulation.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AppScenario {
    /// Unique name.
    pub name: String,
    /// Platform generation.
    pub generation: Generation,
    /// In maintenance mode every request is answered by the router with H80.
    pub maintenance: bool,
    /// `us` or `eu`.
    pub region: String,
    /// Name of the team that owns it, if any.
    pub team: Option<String>,
    /// Number of `web` dynos.
    pub web_dynos: u32,
    /// Number of `worker` dynos.
    pub worker_dynos: u32,
    /// Releases in its history; 0 means an app that never had code.
    pub releases: u64,
    /// Log lines written before the simulation starts. Only the last 1500 can be read.
    pub log_lines: u64,
    /// The newest release is still running its release command.
    pub newest_release_pending: bool,
}

impl Default for AppScenario {
    fn default() -> Self {
        Self {
            name: "example".to_owned(),
            generation: Generation::Cedar,
            maintenance: false,
            region: "us".to_owned(),
            team: None,
            web_dynos: 1,
            worker_dynos: 0,
            releases: 3,
            log_lines: 100,
            newest_release_pending: false,
        }
    }
}

impl AppScenario {
    /// A small cedar app with the given name.
    #[must_use]
    pub fn named(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            ..Self::default()
        }
    }
}

impl Default for Scenario {
    /// Six apps: a busy shop, its staging copy in maintenance, a worker-only app of a team, an app with hundreds of
    /// releases and a full log, one on fir, and one that never had code.
    fn default() -> Self {
        Self {
            seed: 1,
            start_time: "2026-11-02T09:00:00Z".to_owned(),
            api_token: API_TOKEN.to_owned(),
            email: "ines@lantern-goods.example".to_owned(),
            apps: default_apps(),
            rate_limit_tokens: 4500,
            rate_limit_per_minute: 75.0,
            log_url_seconds: 60,
            tail_seconds: 900,
            separate_log_port: true,
            live_lines_per_second: 0.0,
            faults: Vec::new(),
        }
    }
}

impl Scenario {
    /// The default account with these apps in place of its own.
    #[must_use]
    pub fn with_apps(apps: Vec<AppScenario>) -> Self {
        Self {
            apps,
            ..Self::default()
        }
    }
}

fn default_apps() -> Vec<AppScenario> {
    vec![
        AppScenario {
            web_dynos: 2,
            worker_dynos: 1,
            releases: 48,
            log_lines: 900,
            newest_release_pending: true,
            ..AppScenario::named("lantern-shop")
        },
        AppScenario {
            maintenance: true,
            releases: 61,
            log_lines: 150,
            ..AppScenario::named("lantern-shop-staging")
        },
        AppScenario {
            team: Some("lantern-goods".to_owned()),
            web_dynos: 0,
            worker_dynos: 2,
            releases: 17,
            log_lines: 300,
            region: "eu".to_owned(),
            ..AppScenario::named("parcel-notices")
        },
        AppScenario {
            releases: 640,
            log_lines: 2200,
            ..AppScenario::named("old-ledger")
        },
        AppScenario {
            generation: Generation::Fir,
            releases: 12,
            log_lines: 0,
            ..AppScenario::named("meadow-api")
        },
        AppScenario {
            web_dynos: 0,
            releases: 0,
            log_lines: 0,
            ..AppScenario::named("blank-slate")
        },
    ]
}
