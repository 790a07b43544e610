//! The apps of the account: listed whole in every run, because everything else hangs on them. Emits nothing.

use heroku_api::{AppScope, Call, Error, ErrorKind, HerokuClient};
use serde_json::{Map, Value};

use crate::config::Configuration;
use crate::failures::api_failure;
use crate::record::text;
use connector_process::{ExitCode, Failure};

/// One app as Heroku listed it.
#[derive(Debug, Clone)]
pub(crate) struct App {
    /// Never changes.
    pub(crate) id: String,
    /// May change.
    pub(crate) name: String,
    /// The whole object.
    pub(crate) object: Map<String, Value>,
}

impl App {
    fn new(item: Value) -> Option<Self> {
        let Value::Object(object) = item else { return None };
        let id = text(&object, "id").filter(|id| !id.is_empty())?.to_owned();
        let name = text(&object, "name").unwrap_or(&id).to_owned();
        Some(Self { id, name, object })
    }

    /// True on the Fir generation, which keeps no log history. The generation is an object in `version=3` and a word in `3.sdk`.
    pub(crate) fn is_fir(&self) -> bool {
        let generation = self.object.get("generation");
        let name = generation.and_then(|generation| generation.get("name").or(Some(generation)));
        name.and_then(Value::as_str) == Some("fir")
    }
}

/// Lists the apps, of the configured teams if there are any, without those that the configuration leaves out.
/// Ordered by id, each once.
///
/// # Errors
/// Those of the list calls; without this list nothing can be read.
pub(crate) async fn list_apps(client: &HerokuClient, configuration: &Configuration) -> Result<Vec<App>, Failure> {
    let mut calls = vec![Call::apps(AppScope::All)];
    if !configuration.teams.is_empty() {
        calls = configuration
            .teams
            .iter()
            .map(|team| Call::apps(AppScope::Team(team)))
            .collect();
    }
    let mut apps = Vec::new();
    for call in calls {
        let items = client.pages(call).collect().await;
        for item in items.map_err(|problem| list_failure(&problem))? {
            apps.push(App::new(item).ok_or_else(nameless)?);
        }
    }
    apps.sort_by(|one, other| one.id.cmp(&other.id));
    apps.dedup_by(|one, other| one.id == other.id);
    let names: Vec<(&str, &str)> = apps.iter().map(|app| (app.id.as_str(), app.name.as_str())).collect();
    for pattern in configuration.apps.without_match(&names) {
        log::warn!(
            "`{pattern}` in the setting apps fits none of the {} apps that the token can see",
            names.len()
        );
    }
    apps.retain(|app| configuration.apps.accepts(&app.id, &app.name));
    Ok(apps)
}

fn list_failure(problem: &Error) -> Failure {
    let failure = api_failure(problem);
    match problem.kind() {
        ErrorKind::NotFound => {
            failure.with_hint("check the names in the setting teams, and that the token's user is a member")
        }
        _ => failure,
    }
}

fn nameless() -> Failure {
    Failure::new(
        ExitCode::Failed,
        "an entry of the list of apps is not an object with an id",
    )
    .with_hint("check that api_url is Heroku's API")
}
