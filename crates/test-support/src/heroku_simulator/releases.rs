//! Releases of an app: history at the start, new ones on request, bodies as in Heroku's published schema.

use super::scenario::Scenario;
use super::seeded::{Seeded, uuid_of};
use jiff::Timestamp;
use serde_json::{Value, json};

#[derive(Debug, Clone)]
pub(crate) struct Release {
    pub(crate) id: String,
    pub(crate) version: u64,
    pub(crate) description: String,
    pub(crate) status: String,
    pub(crate) created_at: Timestamp,
    pub(crate) updated_at: Timestamp,
    slug_id: Option<String>,
    user: (String, String),
    has_output: bool,
}

impl Release {
    /// A release with the description and status that its version number brings in this made-up history.
    pub(crate) fn new(scenario: &Scenario, app_name: &str, version: u64, created_at: Timestamp) -> Self {
        let mut random = Seeded::new(scenario.seed, &format!("release/{app_name}/{version}"));
        let id = random.uuid();
        let description = description(version, &mut random);
        let failed = version > 3 && version.is_multiple_of(37);
        let user = pick_user(scenario, &mut random);
        let has_code = version > 2;
        let seconds = if failed { 41 } else { 2 };
        Self {
            slug_id: has_code.then(|| random.uuid()),
            status: if failed { "failed" } else { "succeeded" }.to_owned(),
            updated_at: created_at
                .checked_add(jiff::SignedDuration::from_secs(seconds))
                .unwrap_or(created_at),
            has_output: failed || version.is_multiple_of(9),
            id,
            version,
            description,
            created_at,
            user,
        }
    }

    /// The body in lists and by itself. `current` is decided by the whole list, so it is passed in.
    pub(crate) fn body(&self, app: (&str, &str), plans: &[&str], current: bool) -> Value {
        let (app_id, app_name) = app;
        let output = format!(
            "https://release-output.heroku.example/streams/{}/{}",
            self.id, self.version
        );
        json!({
            "addon_plan_names": plans,
            "app": { "id": app_id, "name": app_name },
            "artifacts": self.slug_id.as_ref().map_or_else(|| json!([]), |id| json!([{ "id": id, "type": "slug" }])),
            "created_at": seconds_text(self.created_at),
            "current": current,
            "description": self.description,
            "eligible_for_rollback": self.status == "succeeded" && self.slug_id.is_some(),
            "id": self.id,
            "output_stream_url": if self.has_output { json!(output) } else { Value::Null },
            "slug": self.slug_id.as_ref().map_or(Value::Null, |id| json!({ "id": id })),
            "status": self.status,
            "updated_at": seconds_text(self.updated_at),
            "user": { "email": self.user.1, "id": self.user.0 },
            "version": self.version,
        })
    }

    pub(crate) fn user_email(&self) -> &str {
        &self.user.1
    }
}

/// Heroku's API times have whole seconds and end with `Z`.
pub(crate) fn seconds_text(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

fn description(version: u64, random: &mut Seeded) -> String {
    let commit = format!("{:08x}", random.next() >> 32);
    match version {
        1 => "Initial release".to_owned(),
        2 => "Enable Logplex".to_owned(),
        3 => "Attach DATABASE (@ref:postgresql-shallow-40218)".to_owned(),
        _ if version.is_multiple_of(50) => format!("Rollback to v{}", version - 2),
        _ if version.is_multiple_of(11) => "Set MAIL_SENDER, QUEUE_PREFIX config vars".to_owned(),
        _ if version.is_multiple_of(23) => "Remove OLD_CACHE_URL config vars".to_owned(),
        _ if version.is_multiple_of(29) => "Promote lantern-shop-staging v17 \"straße & 日本\"".to_owned(),
        _ => format!("Deploy {commit}"),
    }
}

fn pick_user(scenario: &Scenario, random: &mut Seeded) -> (String, String) {
    let email = if random.chance(1, 4) {
        "deploys@lantern-goods.example"
    } else {
        &scenario.email
    };
    (uuid_of(scenario.seed, "account", email), email.to_owned())
}
