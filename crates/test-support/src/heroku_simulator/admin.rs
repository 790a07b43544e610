//! Loopback calls under `/__simulator/` by which the demo and tests move the simulated world on. Not part of Heroku.

use super::faults::FaultRule;
use super::log_buffer::LogLine;
use super::replies::{invalid, json_reply, missing};
use super::world::{Shared, World};
use axum::Json;
use axum::Router;
use axum::extract::{Path, State};
use axum::response::Response;
use axum::routing::{delete, get, patch, post, put};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::sync::Arc;

/// The routes; `{app}` is an id or a name.
pub(crate) fn routes() -> Router<Shared> {
    Router::new()
        .route("/__simulator/apps", get(list_apps))
        .route("/__simulator/apps/{app}", delete(delete_app).patch(change_app))
        .route(
            "/__simulator/apps/{app}/log-lines",
            get(list_log_lines).post(add_log_lines),
        )
        .route("/__simulator/apps/{app}/followers", delete(end_followers))
        .route("/__simulator/apps/{app}/releases", post(add_releases))
        .route("/__simulator/apps/{app}/releases/{version}", patch(change_release))
        .route("/__simulator/faults", post(add_fault).delete(clear_faults))
        .route("/__simulator/rate-limit", put(set_rate_limit))
        .route("/__simulator/requests", get(list_requests).delete(clear_requests))
        .route("/__simulator/violations", get(list_violations))
}

#[derive(Deserialize)]
#[serde(default, deny_unknown_fields)]
#[derive(Default)]
struct NewLogLines {
    /// Whole lines, `TIME SOURCE[PROCESS]: MESSAGE`, written as they are.
    lines: Vec<String>,
    /// Lines of ordinary life, made after those.
    generate: u64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewReleases {
    count: u64,
    #[serde(default)]
    status: Option<String>,
    #[serde(default)]
    description: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ReleaseChange {
    status: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RateLimitChange {
    remaining: u32,
}

fn summary(world: &World) -> Value {
    let app = |app: &super::app::App| {
        json!({
            "id": app.id,
            "name": app.facts.name,
            "generation": if app.is_fir() { "fir" } else { "cedar" },
            "releases": app.releases.len(),
            "log_lines_written": app.log.written(),
        })
    };
    world.apps.iter().map(app).collect()
}

async fn list_apps(State(shared): State<Shared>) -> Json<Value> {
    Json(summary(&shared.world()))
}

async fn delete_app(State(shared): State<Shared>, Path(name): Path<String>) -> Response {
    let mut world = shared.world();
    let before = world.apps.len();
    world.apps.retain(|app| app.id != name && app.facts.name != name);
    if world.apps.len() == before {
        missing("app")
    } else {
        done()
    }
}

async fn change_app(
    State(shared): State<Shared>,
    Path(name): Path<String>,
    Json(properties): Json<Map<String, Value>>,
) -> Response {
    match shared.world().app_mut(&name) {
        Some(app) => {
            app.change(properties);
            done()
        }
        None => missing("app"),
    }
}

async fn add_log_lines(
    State(shared): State<Shared>,
    Path(name): Path<String>,
    Json(new): Json<NewLogLines>,
) -> Response {
    let mut world = shared.world();
    let Some(app) = world.app_mut(&name) else {
        return missing("app");
    };
    for line in &new.lines {
        app.log.append(LogLine::from_text(line));
    }
    app.generate_lines(new.generate);
    json_reply(201, &json!({ "log_lines_written": app.log.written() }))
}

/// The lines that are kept, in order of arrival.
async fn list_log_lines(State(shared): State<Shared>, Path(name): Path<String>) -> Response {
    let kept = shared.world().app(&name).map(|app| app.log.last_lines(usize::MAX));
    let texts = |lines: Vec<Arc<LogLine>>| lines.iter().map(|line| json!(line.text)).collect::<Value>();
    kept.map_or_else(|| missing("app"), |lines| json_reply(200, &texts(lines)))
}

async fn end_followers(State(shared): State<Shared>, Path(name): Path<String>) -> Response {
    match shared.world().app_mut(&name) {
        Some(app) => {
            app.log.end_followers();
            done()
        }
        None => missing("app"),
    }
}

async fn add_releases(
    State(shared): State<Shared>,
    Path(name): Path<String>,
    Json(new): Json<NewReleases>,
) -> Response {
    let mut versions = Vec::new();
    for _ in 0..new.count {
        let version = shared
            .world()
            .add_release(&name, new.status.as_deref(), new.description.as_deref());
        match version {
            Some(version) => versions.push(version),
            None => return missing("app"),
        }
    }
    json_reply(201, &json!({ "versions": versions }))
}

async fn change_release(
    State(shared): State<Shared>,
    Path((name, version)): Path<(String, u64)>,
    Json(change): Json<ReleaseChange>,
) -> Response {
    match shared
        .world()
        .app_mut(&name)
        .map(|app| app.set_release_status(version, &change.status))
    {
        None => missing("app"),
        Some(false) => missing("release"),
        Some(true) => done(),
    }
}

async fn add_fault(State(shared): State<Shared>, Json(rule): Json<Value>) -> Response {
    match serde_json::from_value::<FaultRule>(rule) {
        Ok(rule) => {
            shared.world().faults.push(rule);
            done()
        }
        Err(problem) => invalid(&problem.to_string()),
    }
}

async fn clear_faults(State(shared): State<Shared>) -> Response {
    shared.world().faults.clear();
    done()
}

async fn set_rate_limit(State(shared): State<Shared>, Json(change): Json<RateLimitChange>) -> Response {
    shared.world().rate_limit.set_remaining(change.remaining);
    done()
}

async fn list_requests(State(shared): State<Shared>) -> Response {
    let requests = json!(shared.world().requests);
    json_reply(200, &requests)
}

async fn clear_requests(State(shared): State<Shared>) -> Response {
    shared.world().requests.clear();
    done()
}

async fn list_violations(State(shared): State<Shared>) -> Response {
    let violations = json!(shared.world().violations);
    json_reply(200, &violations)
}

fn done() -> Response {
    json_reply(200, &json!({}))
}
