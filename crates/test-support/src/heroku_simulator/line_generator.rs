//! The daily life of one app as log lines, from a seed and a simulated clock. No wall clock, no I/O.

use super::app_lines;
use super::log_buffer::LogLine;
use super::releases::Release;
use super::router_lines::{Front, next_request};
use super::scenario::{AppScenario, Generation};
use super::seeded::Seeded;
use jiff::{SignedDuration, Timestamp};
use std::collections::VecDeque;

/// Log history begins this long before the simulation does.
const HISTORY_HOURS: i64 = 2;

#[derive(Debug)]
pub(crate) struct LineGenerator {
    random: Seeded,
    now: Timestamp,
    waiting: VecDeque<LogLine>,
    front: Front,
    dynos: Vec<(String, String)>,
    metrics_due: Timestamp,
    style: u64,
    fir: bool,
}

impl LineGenerator {
    pub(crate) fn new(seed: u64, facts: &AppScenario, start: Timestamp) -> Self {
        let mut random = Seeded::new(seed, &format!("lines/{}", facts.name));
        let fir = facts.generation == Generation::Fir;
        let front = Front {
            host: format!("{}-{:012x}.herokuapp.com", facts.name, random.next() >> 16),
            web_dynos: u64::from(facts.web_dynos),
            maintenance: facts.maintenance,
            has_code: facts.releases > 0,
            newer_router: fir || facts.web_dynos > 1,
        };
        let now = if fir { start } else { earlier(start, HISTORY_HOURS) };
        let dynos = dynos(facts, fir, &mut random);
        let style = random.next() % 3;
        Self {
            random,
            now,
            waiting: VecDeque::new(),
            front,
            dynos,
            metrics_due: now,
            style,
            fir,
        }
    }

    /// The host name of the app's router lines.
    pub(crate) fn host(&self) -> &str {
        &self.front.host
    }

    /// Moves the app's clock and says what time it is then.
    pub(crate) fn advance_seconds(&mut self, seconds: i64) -> Timestamp {
        self.advance(SignedDuration::from_secs(seconds));
        self.now
    }

    /// The next line, for ever.
    pub(crate) fn next_line(&mut self) -> LogLine {
        while self.waiting.is_empty() {
            self.happen();
        }
        self.waiting.pop_front().unwrap_or_else(|| LogLine::from_text(""))
    }

    /// What a new release leaves in the log.
    pub(crate) fn release_lines(&mut self, release: &Release) -> Vec<LogLine> {
        let user = release.user_email();
        let mut lines = vec![
            self.line("app", "api", &format!("{} by user {user}", release.description)),
            self.line(
                "app",
                "api",
                &format!("Release v{} created by user {user}", release.version),
            ),
        ];
        for (dyno, _) in self.dynos.clone() {
            lines.push(self.line("heroku", &dyno, "Restarting"));
            lines.push(self.line("heroku", &dyno, "State changed from up to starting"));
            lines.push(self.line("heroku", &dyno, "Stopping all processes with SIGTERM"));
            lines.push(self.line("heroku", &dyno, "Process exited with status 143"));
            lines.push(self.line("heroku", &dyno, "State changed from starting to up"));
        }
        lines
    }

    fn advance(&mut self, by: SignedDuration) {
        self.now = self.now.checked_add(by).unwrap_or(self.now);
    }

    fn line(&mut self, source: &str, process: &str, message: &str) -> LogLine {
        let step = i64::try_from(self.random.between(90, 4000)).unwrap_or(90);
        self.advance(SignedDuration::from_micros(step));
        LogLine::new(&self.time_text(self.now), source, process, message)
    }

    /// Six fractional digits; trailing zeros are dropped, as some producers do. Fir ends with `Z` and milliseconds.
    fn time_text(&self, time: Timestamp) -> String {
        if self.fir {
            return time.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string();
        }
        time.strftime("%Y-%m-%dT%H:%M:%S%.f+00:00").to_string()
    }

    fn happen(&mut self) {
        let pause = i64::try_from(self.random.between(60, 2500)).unwrap_or(60);
        self.advance(SignedDuration::from_millis(pause));
        if !self.fir && self.now >= self.metrics_due {
            self.metrics();
            return;
        }
        match self.random.between(0, 60) {
            0 => self.trouble(),
            1 => self.platform(),
            2..=9 => self.background(),
            _ if self.front.web_dynos == 0 && self.front.has_code => self.background(),
            _ => self.request(),
        }
    }

    fn request(&mut self) {
        let request = next_request(&mut self.random, &self.front);
        let mut app_lines = Vec::new();
        if request.reached_the_app {
            let web = request
                .router_message
                .split(' ')
                .find_map(|pair| pair.strip_prefix("dyno="))
                .unwrap_or("web.1");
            let dyno = if self.fir { self.dyno_name(0) } else { web.to_owned() };
            for message in app_lines::about_request(&mut self.random, &request, self.style) {
                app_lines.push(self.line("app", &dyno, &message));
            }
        }
        let router = self.line("heroku", "router", &request.router_message);
        // Lines are kept as they arrive: often the router's is first although its time is later.
        if self.random.chance(1, 2) {
            self.waiting.push_back(router);
            self.waiting.extend(app_lines);
        } else {
            self.waiting.extend(app_lines);
            self.waiting.push_back(router);
        }
    }

    fn background(&mut self) {
        let last = self.dynos.len().saturating_sub(1);
        let dyno = if last == 0 && self.dynos.is_empty() {
            "scheduler.4821".to_owned()
        } else {
            self.dyno_name(last)
        };
        let time = self.now.strftime("%Y-%m-%dT%H:%M:%S+00:00").to_string();
        for message in app_lines::background(&mut self.random) {
            let line = if message.starts_with("heartbeat") {
                LogLine::new(&time, "app", &dyno, &message)
            } else {
                self.line("app", &dyno, &message)
            };
            self.waiting.push_back(line);
        }
    }

    fn metrics(&mut self) {
        self.metrics_due = self.now.checked_add(SignedDuration::from_secs(20)).unwrap_or(self.now);
        for (dyno, identifier) in self.dynos.clone() {
            for message in app_lines::runtime_metrics(&mut self.random, &dyno, &identifier) {
                let line = self.line("heroku", &dyno, &message);
                self.waiting.push_back(line);
            }
        }
        if self.random.chance(1, 3) && self.front.has_code {
            let time = self.now.strftime("%Y-%m-%dT%H:%M:%S.000000+00:00").to_string();
            let postgres = app_lines::postgres_metrics(&mut self.random);
            self.waiting
                .push_back(LogLine::new(&time, "app", "heroku-postgres", &postgres));
            let redis = app_lines::redis_metrics(&mut self.random);
            self.waiting
                .push_back(LogLine::new(&time, "app", "heroku-redis", &redis));
        }
    }

    fn trouble(&mut self) {
        let dyno = self.dyno_name(0);
        let since = self.time_text(self.now);
        let dropped = self.random.between(1, 60);
        let drain = "d.6f0c8a52-91de-4a7b-8d0e-2b7f5c1e4a93";
        let lost =
            format!("Error L10 (output buffer overflow): drain '{drain}' dropped {dropped} messages since {since}.");
        let messages: Vec<(String, String)> = match self.random.between(0, 4) {
            0 => vec![("logplex".to_owned(), lost)],
            1 => vec![
                (dyno.clone(), "Process running mem=574M(112.1%)".to_owned()),
                (dyno, "Error R14 (Memory quota exceeded)".to_owned()),
            ],
            2 => vec![(
                dyno,
                "Error R12 (Exit timeout) -> At least one process failed to exit within 30 seconds of SIGTERM"
                    .to_owned(),
            )],
            _ => vec![
                (dyno.clone(), "State changed from up to crashed".to_owned()),
                (dyno.clone(), "Process exited with status 1".to_owned()),
                (dyno, "State changed from crashed to starting".to_owned()),
            ],
        };
        for (process, message) in messages {
            let line = self.line("heroku", &process, &message);
            self.waiting.push_back(line);
        }
    }

    fn platform(&mut self) {
        let user = "ines@lantern-goods.example";
        let web = self.front.web_dynos;
        let message = match self.random.between(0, 5) {
            0 => format!("Scaled to web@{web}:Standard-1X worker@1:Standard-1X by user {user}"),
            1 => format!("Set MAIL_SENDER, QUEUE_PREFIX config vars by user {user}"),
            2 => {
                "Starting process with command `bin/rake parcels:sweep` by user scheduler@addons.heroku.com".to_owned()
            }
            3 => format!("Build started by user {user}"),
            _ => "Build succeeded".to_owned(),
        };
        let line = self.line("app", "api", &message);
        self.waiting.push_back(line);
    }

    fn dyno_name(&self, index: usize) -> String {
        self.dynos
            .get(index)
            .map_or_else(|| "web.1".to_owned(), |(name, _)| name.clone())
    }
}

fn earlier(time: Timestamp, hours: i64) -> Timestamp {
    time.checked_sub(SignedDuration::from_hours(hours)).unwrap_or(time)
}

/// Names of the running dynos with the identifiers their metrics carry.
fn dynos(facts: &AppScenario, fir: bool, random: &mut Seeded) -> Vec<(String, String)> {
    if facts.releases == 0 {
        return Vec::new();
    }
    let number = random.between(100_000_000, 400_000_000);
    let types = [("web", facts.web_dynos), ("worker", facts.worker_dynos)];
    let mut dynos = Vec::new();
    for (process_type, count) in types {
        for ordinal in 1..=count {
            let short = random.next() >> 32;
            let name = if fir {
                format!("{process_type}-{short:08x}-{:05x}", short >> 12)
            } else {
                format!("{process_type}.{ordinal}")
            };
            dynos.push((name, format!("heroku.{number}.{}", random.uuid())));
        }
    }
    dynos
}
