//! From raw settings to what the run works with: parsed, checked, with defaults. Sends nothing, opens nothing.

use connector_process::{Environment, Failure, Settings, load_settings};
use heroku_api::{ApiToken, ClientConfig, HerokuClient};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use url::Url;

use crate::app_filter::AppFilter;
use crate::failures::api_failure;
use crate::logs::LogSettings;
use crate::program::{DEFAULT_API_URL, DEFAULT_USER_AGENT, PROGRAM};

/// Ready settings.
#[derive(Debug)]
pub(crate) struct Configuration {
    /// `None` when there is no token; then only `log_files` can be read.
    pub(crate) client: Option<ClientConfig>,
    pub(crate) apps: AppFilter,
    pub(crate) teams: Vec<String>,
    pub(crate) start: Option<Timestamp>,
    pub(crate) logs: LogSettings,
}

impl Configuration {
    /// Reads files and environment.
    ///
    /// # Errors
    /// One [`Failure`] with exit code 2 that names every wrong setting.
    pub(crate) fn load(sources: &[String], environment: &Environment) -> Result<Self, Failure> {
        let mut settings = load_settings(&PROGRAM, sources, environment);
        let token = settings
            .text("api_token")
            .or_else(|| environment.get("HEROKU_API_KEY").map(str::to_owned));
        let api_url = api_url(&mut settings);
        let reserve = settings.integer_within("rate_limit_reserve", 0..=4500);
        let start = start(&mut settings);
        let apps = AppFilter::new(&settings.list("apps")).unwrap_or_else(|problem| {
            settings.problem("apps", problem);
            AppFilter::default()
        });
        let logs = log_settings(&mut settings);
        settings.check()?;
        let client = token.map(|token| {
            let user_agent = settings
                .text("user_agent")
                .unwrap_or_else(|| DEFAULT_USER_AGENT.to_owned());
            let mut client = ClientConfig::new(api_url, ApiToken::new(&token), &user_agent);
            client.rate_limit_reserve = reserve.and_then(|reserve| u32::try_from(reserve).ok()).unwrap_or(500);
            client
        });
        Ok(Self {
            client,
            apps,
            teams: settings.list("teams"),
            start,
            logs,
        })
    }

    /// The API client, when there is a token.
    ///
    /// # Errors
    /// Exit code 2 for an unusable token, address or user agent.
    pub(crate) fn connect(&self) -> Result<Option<HerokuClient>, Failure> {
        let client = self.client.clone().map(HerokuClient::new).transpose();
        client.map_err(|problem| api_failure(&problem))
    }
}

fn log_settings(settings: &mut Settings) -> LogSettings {
    let options = settings.object("logs").cloned().unwrap_or_default();
    LogSettings::new(&settings.list("log_files"), &options).unwrap_or_else(|problems| {
        for problem in problems {
            settings.problem("logs", problem);
        }
        LogSettings::default()
    })
}

fn api_url(settings: &mut Settings) -> Url {
    let text = settings.text("api_url").unwrap_or_else(|| DEFAULT_API_URL.to_owned());
    Url::parse(&text).unwrap_or_else(|problem| {
        settings.problem("api_url", format!("not a URL ({problem})"));
        UNREACHABLE_URL.clone()
    })
}

/// Stands in after a problem was noted, so that the other settings are still checked; never used for a request.
static UNREACHABLE_URL: std::sync::LazyLock<Url> = std::sync::LazyLock::new(|| {
    #[expect(clippy::expect_used, reason = "a constant")]
    Url::parse(DEFAULT_API_URL).expect("a valid URL")
});

fn start(settings: &mut Settings) -> Option<Timestamp> {
    let text = settings.text("start_date")?;
    let start = parse_start(&text);
    if start.is_none() {
        settings.problem(
            "start_date",
            "should be a date (2026-01-31) or an RFC 3339 time (2026-01-31T00:00:00Z)",
        );
    }
    start
}

/// A bare date is midnight UTC.
fn parse_start(text: &str) -> Option<Timestamp> {
    text.parse().ok().or_else(|| {
        let date: Date = text.parse().ok()?;
        Some(date.to_zoned(TimeZone::UTC).ok()?.timestamp())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_start_is_a_date_or_a_time() {
        let midnight = parse_start("2026-01-31").unwrap();
        assert_eq!(midnight.to_string(), "2026-01-31T00:00:00Z");
        assert_eq!(parse_start("2026-01-31T01:00:00+01:00"), Some(midnight));
        assert_eq!(parse_start("2026-02-30"), None);
    }
}
