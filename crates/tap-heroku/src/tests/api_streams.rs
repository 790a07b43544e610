//! `apps` and `releases`: everything once, then only what changed, then nothing.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use test_support::heroku_simulator::{AppScenario, FaultAction, FaultRule, HerokuSimulator, Scenario};

use super::trial::{run, run_with, settings};

fn account(apps: &[(&str, u64)]) -> HerokuSimulator {
    let app = |&(name, releases): &(&str, u64)| AppScenario {
        releases,
        ..AppScenario::named(name)
    };
    HerokuSimulator::start(Scenario::with_apps(apps.iter().map(app).collect()))
}

#[test]
fn everything_comes_once_with_the_app_on_each_release() {
    let heroku = HerokuSimulator::start(Scenario::default());
    let first = run(&settings(&heroku), None).expect_success();
    assert_eq!(first.records("apps").len(), 6);
    let releases = first.records("releases");
    assert_eq!(releases.len(), 48 + 61 + 17 + 640 + 12);
    for release in releases {
        let app = heroku.app(release["app_id"].as_str().unwrap());
        assert_eq!(app["name"], release["app_name"]);
        assert!(release.get("output_stream_url").is_none());
        assert!(
            release.get("other_fields").is_none(),
            "the schema knows every field of the simulator"
        );
    }
    let second = run(&settings(&heroku), Some(&first.last_state())).expect_success();
    assert!(second.records("apps").is_empty() && second.records("releases").is_empty());
    assert_eq!(second.last_state(), first.last_state());
    assert!(heroku.violations().is_empty(), "{:?}", heroku.violations());
}

#[test]
fn a_later_run_brings_what_is_new_and_what_was_not_final() {
    let shop = AppScenario {
        releases: 48,
        newest_release_pending: true,
        ..AppScenario::named("shop")
    };
    let heroku = HerokuSimulator::start(Scenario::with_apps(vec![shop, AppScenario::named("quiet")]));
    let first = run(&settings(&heroku), None).expect_success();
    heroku.set_release_status("shop", 48, "succeeded");
    heroku.add_releases("shop", 1);
    let second = run(&settings(&heroku), Some(&first.last_state())).expect_success();
    assert_eq!(
        second.releases(),
        ["47 succeeded false", "48 succeeded false", "49 succeeded true"]
    );
    assert!(second.records("apps").iter().all(|app| app["name"] == "shop"));
    heroku.clear_requests();
    let third = run(&settings(&heroku), Some(&second.last_state())).expect_success();
    assert!(third.releases().is_empty());
    assert_eq!(
        heroku.requests().len(),
        3,
        "one list of apps, one short list of releases per app"
    );
}

#[test]
fn a_run_that_broke_off_at_any_request_goes_on_where_it_was() {
    for nth in 1..=4 {
        let heroku = account(&[("one", 5), ("two", 1100), ("three", 7)]);
        let refusal = FaultAction::Respond {
            status: 401,
            body: None,
            headers: BTreeMap::new(),
        };
        heroku.add_fault(FaultRule::once("GET", "/apps/*/releases", refusal).nth(nth));
        let first = run(&settings(&heroku), None);
        assert_eq!(first.failure().code as u8, 3);
        let second = run(&settings(&heroku), Some(&first.last_state())).expect_success();
        for (stream, expected) in [("apps", 3), ("releases", 1112)] {
            let records = first.records(stream).into_iter().chain(second.records(stream));
            let mut ids: Vec<&str> = records.map(|record| record["id"].as_str().unwrap()).collect();
            let count = ids.len();
            ids.sort_unstable();
            ids.dedup();
            assert_eq!(
                (ids.len(), count),
                (expected, expected),
                "{stream}: each in exactly one run, cut at {nth}"
            );
        }
    }
}

#[test]
fn a_server_that_refuses_the_range_is_asked_for_everything() {
    let heroku = account(&[("one", 5)]);
    let first = run(&settings(&heroku), None).expect_success();
    heroku.add_releases("one", 1);
    let refusal = FaultAction::Respond {
        status: 416,
        body: None,
        headers: BTreeMap::new(),
    };
    heroku.add_fault(FaultRule::once("GET", "/apps/*/releases", refusal));
    let second = run(&settings(&heroku), Some(&first.last_state())).expect_success();
    assert_eq!(second.releases(), ["5 succeeded false", "6 succeeded true"]);
}

#[test]
fn the_interrupted_stream_is_read_first() {
    let heroku = account(&[("one", 2)]);
    let state = json!({"currently_syncing": "releases", "bookmarks": {"other_tap": {"kept": true}}});
    let trial = run(&settings(&heroku), Some(&state)).expect_success();
    let records = trial.messages.iter().filter(|message| message["type"] == "RECORD");
    let streams: Vec<&Value> = records.map(|message| &message["stream"]).collect();
    assert_eq!(streams, ["releases", "releases", "apps"]);
    assert_eq!(trial.last_state()["currently_syncing"], Value::Null);
    assert_eq!(trial.last_state()["bookmarks"]["other_tap"]["kept"], true);
}

#[test]
fn settings_and_catalog_narrow_what_is_read() {
    let heroku = account(&[("shop-web", 3), ("shop-test", 3), ("other", 3)]);
    let mut narrow = settings(&heroku);
    narrow["apps"] = json!(["shop-*", "!*-test"]);
    let trial = run(&narrow, None).expect_success();
    assert_eq!(trial.records("apps").len(), 1);
    assert_eq!(trial.records("releases").len(), 3);

    let mut late = settings(&heroku);
    late["start_date"] = json!("2999-01-01");
    assert_eq!(run(&late, None).expect_success().records("releases").len(), 0);

    let mut catalog = serde_json::to_value(crate::discover::discover()).unwrap();
    for stream in catalog["streams"].as_array_mut().unwrap() {
        let is_apps = stream["stream"] == "apps";
        for entry in stream["metadata"].as_array_mut().unwrap() {
            let deselected = [
                json!(["properties", "git_url"]),
                json!(["properties", "owner", "properties", "email"]),
            ];
            if entry["breadcrumb"] == json!([]) {
                entry["metadata"]["selected"] = json!(is_apps);
            } else if deselected.contains(&entry["breadcrumb"]) {
                entry["metadata"]["selected"] = json!(false);
            }
        }
    }
    let trial = run_with(&settings(&heroku), None, &catalog).expect_success();
    assert!(trial.records("releases").is_empty());
    for app in trial.records("apps") {
        assert!(app.get("git_url").is_none() && app["owner"].get("email").is_none() && app["owner"]["id"].is_string());
    }
}
