//! The Platform API's read endpoints: apps, releases, account.

use super::account::{account_body, account_id};
use super::range::page;
use super::replies::{error, json_reply, missing, set_header};
use super::world::Shared;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, header};
use axum::response::Response;
use serde_json::{Value, json};

const APP_RANGES: &[&str] = &["id", "name", "updated_at"];
/// `version` is not declared in the published schema, but Heroku's own CLI pages by it.
const RELEASE_RANGES: &[&str] = &["id", "version"];

pub(crate) async fn list_apps(State(shared): State<Shared>, headers: HeaderMap) -> Response {
    let apps = shared.world().apps.iter().map(super::app::App::body).collect();
    paged(apps, &headers, APP_RANGES)
}

/// Apps the user owns or works on by invitation: without those of teams.
pub(crate) async fn list_user_apps(
    State(shared): State<Shared>,
    Path(user): Path<String>,
    headers: HeaderMap,
) -> Response {
    if !is_self(&shared, &user) {
        return missing("user");
    }
    let own = shared
        .world()
        .apps
        .iter()
        .filter(|app| app.facts.team.is_none())
        .map(super::app::App::body)
        .collect();
    paged(own, &headers, APP_RANGES)
}

/// The apps of a team, by its name or id. Heroku declares no ranges for this list: it comes whole, whatever was asked.
pub(crate) async fn list_team_apps(State(shared): State<Shared>, Path(team): Path<String>) -> Response {
    let bodies: Vec<Value> = shared.world().apps.iter().map(super::app::App::body).collect();
    let is_of_team = |body: &&Value| {
        let name_and_id = [body.pointer("/team/name"), body.pointer("/team/id")];
        name_and_id.into_iter().flatten().any(|value| *value == team)
    };
    let apps: Vec<Value> = bodies.iter().filter(is_of_team).map(as_team_app).collect();
    if apps.is_empty() {
        return missing("team");
    }
    json_reply(200, &Value::Array(apps))
}

/// What the list of a team says besides: whether the asker is a member of the app, and whether it is locked.
fn as_team_app(body: &Value) -> Value {
    let mut app = body.clone();
    if let Some(app) = app.as_object_mut() {
        app.insert("joined".to_owned(), Value::Bool(true));
        app.insert("locked".to_owned(), Value::Bool(false));
    }
    app
}

pub(crate) async fn get_app(State(shared): State<Shared>, Path(app): Path<String>) -> Response {
    let body = shared.world().app(&app).map(super::app::App::body);
    body.map_or_else(|| missing("app"), |body| json_reply(200, &body))
}

pub(crate) async fn list_releases(
    State(shared): State<Shared>,
    Path(app): Path<String>,
    headers: HeaderMap,
) -> Response {
    let bodies = shared.world().app(&app).map(super::app::App::release_bodies);
    bodies.map_or_else(|| missing("app"), |bodies| paged(bodies, &headers, RELEASE_RANGES))
}

/// One release by id or version.
pub(crate) async fn get_release(
    State(shared): State<Shared>,
    Path((app, release)): Path<(String, String)>,
) -> Response {
    let Some(bodies) = shared.world().app(&app).map(super::app::App::release_bodies) else {
        return missing("app");
    };
    let wanted = |body: &&Value| body["id"] == release.as_str() || body["version"].as_u64() == release.parse().ok();
    bodies
        .iter()
        .find(wanted)
        .map_or_else(|| missing("release"), |body| json_reply(200, body))
}

pub(crate) async fn get_account(State(shared): State<Shared>) -> Response {
    json_reply(200, &account_body(&shared.world().scenario))
}

pub(crate) async fn get_user(State(shared): State<Shared>, Path(user): Path<String>) -> Response {
    if is_self(&shared, &user) {
        get_account(State(shared)).await
    } else {
        missing("user")
    }
}

pub(crate) async fn get_rate_limits(State(shared): State<Shared>) -> Response {
    let remaining = shared.world().rate_limit.remaining();
    json_reply(200, &json!({ "remaining": remaining }))
}

pub(crate) async fn unknown_endpoint() -> Response {
    error(404)
}

fn is_self(shared: &Shared, user: &str) -> bool {
    let world = shared.world();
    user == "~" || user == world.scenario.email || user == account_id(&world.scenario)
}

fn paged(items: Vec<Value>, headers: &HeaderMap, attributes: &[&str]) -> Response {
    let range = headers
        .get(header::RANGE)
        .map(|value| value.to_str().unwrap_or_default());
    let Ok(page) = page(items, range, attributes) else {
        return error(416);
    };
    let status = if page.next_range.is_some() { 206 } else { 200 };
    let mut response = json_reply(status, &Value::Array(page.items));
    set_header(&mut response, "accept-ranges", &attributes.join(", "));
    for (name, value) in [("content-range", page.content_range), ("next-range", page.next_range)] {
        if let Some(value) = value {
            set_header(&mut response, name, &value);
        }
    }
    response
}
