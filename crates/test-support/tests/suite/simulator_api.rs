//! The simulator's own behaviour as Heroku documents it: paging, errors, budget, ETag, faults. Raw HTTP, no client of ours.

use serde_json::{Value, json};
use test_support::heroku_simulator::{API_TOKEN, AppScenario, FaultAction, FaultRule, HerokuSimulator, Scenario};
use test_support::http_exchange::{HttpReply, exchange};

const ACCEPT: (&str, &str) = ("Accept", "application/vnd.heroku+json; version=3");
const AGENT: (&str, &str) = ("User-Agent", "simulator-tests");

fn bearer() -> String {
    format!("Bearer {API_TOKEN}")
}

fn get(simulator: &HerokuSimulator, path: &str, extra: &[(&str, &str)]) -> HttpReply {
    let bearer = bearer();
    let mut headers = vec![ACCEPT, AGENT, ("Authorization", bearer.as_str())];
    headers.extend(extra);
    exchange("GET", &format!("{}{path}", simulator.url()), &headers, b"").unwrap()
}

fn small() -> HerokuSimulator {
    HerokuSimulator::start(Scenario::with_apps(vec![AppScenario {
        releases: 450,
        ..AppScenario::named("kiosk")
    }]))
}

#[test]
fn a_long_list_comes_in_pages_that_next_range_walks() {
    let simulator = small();
    let first = get(&simulator, "/apps/kiosk/releases", &[("Range", "version ..")]);
    assert_eq!(
        (first.status, first.header("content-range")),
        (206, Some("version 1..200"))
    );
    assert_eq!(first.header("accept-ranges"), Some("id, version"));
    let mut versions: Vec<u64> = Vec::new();
    let mut reply = first;
    let mut pages = 1;
    loop {
        versions.extend(
            reply
                .json()
                .as_array()
                .unwrap()
                .iter()
                .map(|release| release["version"].as_u64().unwrap()),
        );
        let Some(next) = reply.header("next-range").map(str::to_owned) else {
            break;
        };
        reply = get(&simulator, "/apps/kiosk/releases", &[("Range", &next)]);
        pages += 1;
    }
    assert_eq!((pages, reply.status), (3, 200));
    assert_eq!(versions, (1..=450).collect::<Vec<u64>>());
}

#[test]
fn refusals_have_herokus_status_and_body() {
    let simulator = small();
    let url = format!("{}/apps", simulator.url());
    let bearer = bearer();
    let id = |reply: &HttpReply| (reply.status, reply.json()["id"].as_str().unwrap_or_default().to_owned());
    let without = exchange("GET", &url, &[ACCEPT, AGENT], b"").unwrap();
    assert_eq!(id(&without), (401, "unauthorized".to_owned()));
    let wrong = exchange(
        "GET",
        &url,
        &[ACCEPT, AGENT, ("Authorization", "Bearer HRKU-wrong")],
        b"",
    )
    .unwrap();
    assert_eq!(id(&wrong), (401, "unauthorized".to_owned()));
    let plain = exchange(
        "GET",
        &url,
        &[("Accept", "application/json"), ("Authorization", &bearer)],
        b"",
    )
    .unwrap();
    assert_eq!(id(&plain), (406, "not_acceptable".to_owned()));
    assert_eq!(id(&get(&simulator, "/apps/nobody", &[])), (404, "not_found".to_owned()));
    assert_eq!(
        id(&get(&simulator, "/apps/nobody/releases", &[])),
        (404, "not_found".to_owned())
    );
    assert_eq!(
        id(&get(&simulator, "/no/such/endpoint", &[])),
        (404, "not_found".to_owned())
    );
    let range = get(&simulator, "/apps", &[("Range", "version ..")]);
    assert_eq!(id(&range), (416, "requested_range_not_satisfiable".to_owned()));
}

#[test]
fn every_answer_names_its_request_and_the_budget_that_is_left() {
    let simulator = small();
    let first = get(&simulator, "/apps", &[]);
    let second = get(&simulator, "/apps", &[]);
    assert_ne!(first.header("request-id"), second.header("request-id"));
    assert_eq!(
        (
            first.header("ratelimit-remaining"),
            second.header("ratelimit-remaining")
        ),
        (Some("4499"), Some("4498"))
    );
    assert_eq!(
        get(&simulator, "/account/rate-limits", &[]).json(),
        json!({ "remaining": 4498 })
    );
    simulator.set_remaining_requests(0);
    let refused = get(&simulator, "/apps", &[]);
    assert_eq!(
        (refused.status, refused.json()["id"].as_str()),
        (429, Some("rate_limit"))
    );
    assert_eq!(get(&simulator, "/account/rate-limits", &[]).status, 200);
}

#[test]
fn an_unchanged_answer_is_304_until_something_changes() {
    let simulator = small();
    let first = get(&simulator, "/apps/kiosk", &[]);
    let etag = first.header("etag").unwrap().to_owned();
    let lines = simulator.lines_written("kiosk");
    let again = get(&simulator, "/apps/kiosk", &[("If-None-Match", &etag)]);
    assert_eq!((again.status, again.body.len()), (304, 0));
    simulator.add_releases("kiosk", 1);
    assert!(
        simulator.lines_written("kiosk") > lines + 1,
        "a deploy leaves log lines"
    );
    let changed = get(&simulator, "/apps/kiosk", &[("If-None-Match", &etag)]);
    assert_eq!(changed.status, 200);
    assert_ne!(changed.json()["released_at"], first.json()["released_at"]);
}

#[test]
fn bodies_have_exactly_the_properties_of_the_published_schema() {
    let simulator = HerokuSimulator::start(Scenario::default());
    let keys = |value: &Value| {
        let mut keys: Vec<String> = value.as_object().unwrap().keys().cloned().collect();
        keys.sort();
        keys.join(" ")
    };
    assert_eq!(
        keys(&get(&simulator, "/apps", &[]).json()[0]),
        "acm archived_at build_stack buildpack_provided_description created_at generation git_url id internal_routing \
         maintenance name organization owner region released_at repo_size slug_size space stack team updated_at web_url"
    );
    assert_eq!(
        keys(&get(&simulator, "/apps/lantern-shop/releases/48", &[]).json()),
        "addon_plan_names app artifacts created_at current description eligible_for_rollback id output_stream_url slug \
         status updated_at user version"
    );
    assert_eq!(
        keys(&get(&simulator, "/account", &[]).json()),
        "allow_tracking beta country_of_residence created_at default_organization default_team delinquent_at email \
         federated id identity_provider last_login name sms_number suspended_at two_factor_authentication updated_at verified"
    );
    let statuses: Vec<Value> = simulator
        .releases("old-ledger")
        .iter()
        .map(|body| body["status"].clone())
        .collect();
    assert!(statuses.contains(&json!("failed")) && simulator.releases("lantern-shop")[47]["status"] == "pending");
    let current = simulator
        .releases("lantern-shop")
        .iter()
        .filter(|body| body["current"] == true)
        .count();
    assert_eq!(current, 1);
}

#[test]
fn apps_of_teams_are_not_among_the_users_own() {
    let simulator = HerokuSimulator::start(Scenario::default());
    assert_eq!(get(&simulator, "/apps", &[]).json().as_array().unwrap().len(), 6);
    let own = get(&simulator, "/users/~/apps", &[]).json();
    assert_eq!(own.as_array().unwrap().len(), 5);
    simulator.delete_app("old-ledger");
    assert_eq!(get(&simulator, "/apps/old-ledger", &[]).status, 404);
}

#[test]
fn the_same_scenario_gives_the_same_bytes() {
    let bodies = |_: u8| {
        let simulator = HerokuSimulator::start(Scenario::default());
        simulator.generate_lines("lantern-shop", 50);
        (
            get(&simulator, "/apps", &[]).body,
            simulator.kept_lines("lantern-shop"),
            simulator.releases("old-ledger"),
        )
    };
    assert!(bodies(1) == bodies(2));
}

#[test]
fn faults_spoil_exactly_the_requests_they_name() {
    let simulator = small();
    let respond = FaultAction::Respond {
        status: 503,
        body: None,
        headers: [("Retry-After".to_owned(), "1".to_owned())].into(),
    };
    simulator.add_fault(FaultRule::once("GET", "/apps/*", respond).nth(2));
    let statuses: Vec<u16> = (0..3).map(|_| get(&simulator, "/apps/kiosk", &[]).status).collect();
    assert_eq!(statuses, [200, 503, 200]);

    let bearer = bearer();
    let headers = [ACCEPT, AGENT, ("Authorization", bearer.as_str())];
    let url = format!("{}/apps", simulator.url());
    simulator.add_fault(FaultRule::once("GET", "/apps", FaultAction::CutBody { after_bytes: 5 }));
    assert!(exchange("GET", &url, &headers, b"").is_err());
    simulator.add_fault(FaultRule::once("GET", "/apps", FaultAction::Reset));
    assert!(exchange("GET", &url, &headers, b"").is_err());
    assert_eq!(exchange("GET", &url, &headers, b"").unwrap().status, 200);
    let statuses: Vec<u16> = simulator.requests().iter().map(|request| request.status).collect();
    assert_eq!(statuses, [200, 503, 200, 200, 0, 200]);
}

#[test]
fn admin_calls_move_the_world_and_are_not_counted_as_requests() {
    let simulator = small();
    let admin = |method: &str, path: &str, body: &str| {
        let url = format!("{}/__simulator{path}", simulator.url());
        exchange(method, &url, &[("Content-Type", "application/json")], body.as_bytes()).unwrap()
    };
    assert_eq!(
        admin("POST", "/apps/kiosk/releases", r#"{"count":2,"status":"pending"}"#).json(),
        json!({"versions": [451, 452]})
    );
    assert_eq!(
        admin("PATCH", "/apps/kiosk/releases/452", r#"{"status":"succeeded"}"#).status,
        200
    );
    assert_eq!(simulator.releases("kiosk")[451]["status"], "succeeded");
    let before = simulator.kept_lines("kiosk").len();
    assert_eq!(
        admin("POST", "/apps/kiosk/log-lines", r#"{"lines":["one"],"generate":7}"#).status,
        201
    );
    assert_eq!(simulator.kept_lines("kiosk").len(), before + 8);
    assert_eq!(
        admin("POST", "/faults", r#"{"path":"**","action":"reset","times":0}"#).status,
        200
    );
    assert_eq!(
        admin("POST", "/faults", r#"{"path":"**","action":"explode"}"#).status,
        422
    );
    assert_eq!(admin("PATCH", "/apps/kiosk", r#"{"maintenance":true}"#).status, 200);
    assert_eq!(simulator.app("kiosk")["maintenance"], true);
    assert_eq!(admin("DELETE", "/apps/kiosk", "").status, 200);
    assert_eq!(admin("GET", "/apps", "").json(), json!([]));
    assert!(simulator.requests().is_empty());
}
