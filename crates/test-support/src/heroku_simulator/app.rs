//! One app: its facts, releases and log. Bodies as in Heroku's published schema.

use super::account::account_id;
use super::line_generator::LineGenerator;
use super::log_buffer::LogBuffer;
use super::releases::{Release, seconds_text};
use super::scenario::{AppScenario, Generation, Scenario};
use super::seeded::{Seeded, uuid_of};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};

#[derive(Debug)]
pub(crate) struct App {
    pub(crate) id: String,
    pub(crate) facts: AppScenario,
    pub(crate) releases: Vec<Release>,
    pub(crate) log: LogBuffer,
    generator: LineGenerator,
    created_at: Timestamp,
    updated_at: Timestamp,
    owner: Value,
    /// Properties a test has overwritten through the admin calls.
    changed: Map<String, Value>,
}

impl App {
    pub(crate) fn new(scenario: &Scenario, facts: &AppScenario, start: Timestamp) -> Self {
        let mut random = Seeded::new(scenario.seed, &format!("app-facts/{}", facts.name));
        let age = SignedDuration::from_hours(24 * i64::try_from(random.between(200, 900)).unwrap_or(200));
        let created_at = start.checked_sub(age).unwrap_or(start);
        let releases = history(scenario, facts, created_at, start);
        let updated_at = releases.last().map_or(created_at, |release| release.updated_at);
        let mut app = Self {
            id: uuid_of(scenario.seed, "app", &facts.name),
            generator: LineGenerator::new(scenario.seed, facts, start),
            facts: facts.clone(),
            releases,
            log: LogBuffer::new(),
            created_at,
            updated_at,
            owner: owner(scenario, facts),
            changed: Map::new(),
        };
        app.generate_lines(facts.log_lines);
        app
    }

    pub(crate) fn is_fir(&self) -> bool {
        self.facts.generation == Generation::Fir
    }

    /// Writes exactly this many new log lines of ordinary life.
    pub(crate) fn generate_lines(&mut self, count: u64) {
        for _ in 0..count {
            let line = self.generator.next_line();
            self.log.append(line);
        }
    }

    /// Makes one new release now, with the log lines that a deploy leaves behind.
    pub(crate) fn add_release(&mut self, scenario: &Scenario, status: Option<&str>, description: Option<&str>) -> u64 {
        let version = self.releases.last().map_or(0, |release| release.version) + 1;
        let now = self.generator.advance_seconds(30);
        let mut release = Release::new(scenario, &self.facts.name, version, now);
        if let Some(status) = status {
            status.clone_into(&mut release.status);
        }
        if let Some(description) = description {
            description.clone_into(&mut release.description);
        }
        for line in self.generator.release_lines(&release) {
            self.log.append(line);
        }
        self.updated_at = release.updated_at;
        self.releases.push(release);
        version
    }

    /// Gives a release another status, as when its release command ends. False when there is no such version.
    pub(crate) fn set_release_status(&mut self, version: u64, status: &str) -> bool {
        let now = self.generator.advance_seconds(5);
        let Some(release) = self.releases.iter_mut().find(|release| release.version == version) else {
            return false;
        };
        status.clone_into(&mut release.status);
        release.updated_at = now;
        self.updated_at = now;
        true
    }

    /// Overwrites properties of the app's body and marks it as updated.
    pub(crate) fn change(&mut self, properties: Map<String, Value>) {
        self.updated_at = self.generator.advance_seconds(1);
        self.changed.extend(properties);
    }

    pub(crate) fn body(&self) -> Value {
        let name = &self.facts.name;
        let released_at = self.releases.last().map(|release| seconds_text(release.created_at));
        let has_code = !self.releases.is_empty();
        let team = self
            .facts
            .team
            .as_ref()
            .map(|team| json!({ "id": uuid_of(0, "team", team), "name": team }));
        let generation = if self.is_fir() { "fir" } else { "cedar" };
        let stack = if self.is_fir() { "cnb" } else { "heroku-24" };
        let mut body = json!({
            "acm": has_code,
            "archived_at": null,
            "build_stack": { "id": uuid_of(0, "stack", stack), "name": stack },
            "buildpack_provided_description": if has_code { json!("Ruby") } else { Value::Null },
            "created_at": seconds_text(self.created_at),
            "generation": { "id": uuid_of(0, "generation", generation), "name": generation },
            "git_url": format!("https://git.heroku.com/{name}.git"),
            "id": self.id,
            "internal_routing": null,
            "maintenance": self.facts.maintenance,
            "name": name,
            "organization": team,
            "owner": self.owner,
            "region": { "id": uuid_of(0, "region", &self.facts.region), "name": self.facts.region },
            "released_at": released_at,
            "repo_size": if has_code { json!(4_210_688) } else { Value::Null },
            "slug_size": if has_code { json!(88_121_344) } else { Value::Null },
            "space": null,
            "stack": { "id": uuid_of(0, "stack", stack), "name": stack },
            "team": team,
            "updated_at": seconds_text(self.updated_at),
            "web_url": format!("https://{}/", self.generator.host()),
        });
        if let Some(properties) = body.as_object_mut() {
            properties.extend(self.changed.clone());
        }
        body
    }

    pub(crate) fn release_bodies(&self) -> Vec<Value> {
        let current = self
            .releases
            .iter()
            .rev()
            .find(|release| release.status == "succeeded")
            .map(|it| it.version);
        let plans = ["heroku-postgresql:standard-0", "heroku-redis:premium-0"];
        let body = |release: &Release| {
            let plans = if release.version > 3 { plans.as_slice() } else { &[] };
            release.body((&self.id, &self.facts.name), plans, Some(release.version) == current)
        };
        self.releases.iter().map(body).collect()
    }
}

fn owner(scenario: &Scenario, facts: &AppScenario) -> Value {
    match &facts.team {
        Some(team) => json!({ "email": format!("{team}@herokumanager.com"), "id": uuid_of(0, "team-owner", team) }),
        None => json!({ "email": scenario.email, "id": account_id(scenario) }),
    }
}

/// Releases spread evenly between the app's creation and the start of the simulation.
fn history(scenario: &Scenario, facts: &AppScenario, created_at: Timestamp, start: Timestamp) -> Vec<Release> {
    let span_seconds = start.duration_since(created_at).as_secs();
    let count = i64::try_from(facts.releases).unwrap_or(0).max(1);
    let at = |index: i64| {
        created_at
            .checked_add(SignedDuration::from_secs(span_seconds / count * index))
            .unwrap_or(start)
    };
    let indexes = (1..=facts.releases).zip(0_i64..);
    let mut releases: Vec<Release> = indexes
        .map(|(version, index)| Release::new(scenario, &facts.name, version, at(index)))
        .collect();
    if let Some(newest) = releases.last_mut().filter(|_| facts.newest_release_pending) {
        "pending".clone_into(&mut newest.status);
    }
    releases
}
