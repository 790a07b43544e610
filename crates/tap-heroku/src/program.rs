//! What the program is and every setting it has: the one table behind `--about`, the README and the schema of the settings.

use connector_process::{Program, Setting};

use crate::logs::OPTIONS_DESCRIPTION;

/// Heroku's public API.
pub(crate) const DEFAULT_API_URL: &str = "https://api.heroku.com";
/// Sent as `User-Agent` unless a setting says otherwise.
pub(crate) const DEFAULT_USER_AGENT: &str = concat!("tap-heroku/", env!("CARGO_PKG_VERSION"));

/// The table of `tap-heroku`. Public so that the check of generated files can print it.
pub const PROGRAM: Program = Program {
    name: "tap-heroku",
    version: env!("CARGO_PKG_VERSION"),
    description: "Reads a Heroku account (apps, releases) and its logs, and writes them as Singer messages.",
    capabilities: &["properties", "catalog", "discover", "state", "about", "test", "structured-logging"],
    settings: &[
        Setting::text(
            "api_token",
            "Heroku API token. `heroku authorizations:create` makes one; for apps and releases \
             `--scope identity,read-protected` is enough, log sessions are known to work with the scope global. \
             HEROKU_API_KEY stands in. Not needed when only log_files are read.",
        )
        .secret(),
        Setting::list(
            "apps",
            "Apps to read, by name, id or glob (`shop-*`); a pattern after `!` leaves apps out. Default: every app the token can see.",
        ),
        Setting::list("teams", "Read the apps of these teams (names or ids) instead of every app the token can see."),
        Setting::text(
            "start_date",
            "Date or RFC 3339 time. Apps last changed and releases made before it are left out as long as there is no state.",
        ),
        Setting::list(
            "log_files",
            "Files that `heroku logs` wrote, as paths or globs, or `-` for standard input. They take the place of log sessions.",
        ),
        Setting::object("logs", OPTIONS_DESCRIPTION),
        Setting::integer(
            "rate_limit_reserve",
            "Requests of the account's pool (4500, refilled at 75 a minute) left to others: below this many the program \
             waits for the refill. 0 never waits.",
        )
        .default("500"),
        Setting::text("api_url", "Address of the Platform API; http is accepted for loopback addresses only.")
            .default("\"https://api.heroku.com\""),
        Setting::text("user_agent", "User-Agent of every request. Default: tap-heroku and its version."),
    ],
    other_settings: &[],
};
