//! Heroku to Snowflake twice: the second run loads only what is new, and nothing is lost between the two.

use serde_json::{Value, json};
use test_support::heroku_simulator::{AppScenario, FaultAction, FaultRule, HerokuSimulator, Scenario};
use test_support::local_snowflake::LocalSnowflake;

use crate::programs::{load, snowflake, tap, tap_settings};

/// Runs the pipe once and returns the number of RECORDs and the new state.
fn run_pipe(heroku: &HerokuSimulator, snowflake: &LocalSnowflake, state: Option<&Value>) -> (usize, Value) {
    let mut tap = tap().config(&tap_settings(heroku));
    if let Some(state) = state {
        tap = tap.state(state);
    }
    let extracted = tap.run().expect_code(0);
    extracted.assert_hides(&[&heroku.api_token()]);
    let records = extracted.messages_of_type("RECORD").len();
    let loaded = load(snowflake, extracted.stdout);
    assert_eq!(heroku.violations(), Vec::<String>::new());
    (records, loaded.last_state().expect("a state"))
}

#[test]
fn the_second_run_loads_only_what_is_new() {
    let heroku = HerokuSimulator::start(Scenario::default());
    let snowflake = snowflake();
    let (first, state) = run_pipe(&heroku, &snowflake, None);
    let releases: usize = [
        "lantern-shop",
        "lantern-shop-staging",
        "parcel-notices",
        "old-ledger",
        "meadow-api",
        "blank-slate",
    ]
    .iter()
    .map(|app| heroku.releases(app).len())
    .sum();
    assert_eq!(snowflake.value("SELECT COUNT(*) FROM RELEASES"), releases.to_string());
    assert_eq!(snowflake.value("SELECT COUNT(*) FROM APPS"), "6");
    let lines_before: u64 = snowflake
        .value("SELECT COUNT(*) FROM LOG_LINES")
        .parse()
        .expect("a count");

    let written = || heroku.lines_written("lantern-shop") + heroku.lines_written("old-ledger");
    let written_before = written();
    heroku.generate_lines("lantern-shop", 40);
    let newest = heroku.add_releases("old-ledger", 2);
    let (second, state) = run_pipe(&heroku, &snowflake, Some(&state));
    assert!(second < first / 4, "the second run sent {second} records after {first}");
    assert_eq!(
        snowflake.value("SELECT MAX(VERSION) FROM RELEASES WHERE APP_NAME = 'old-ledger'"),
        newest.to_string()
    );
    assert_eq!(
        snowflake.value("SELECT COUNT(*) FROM RELEASES"),
        (releases + 2).to_string()
    );
    let lines_after: u64 = snowflake
        .value("SELECT COUNT(*) FROM LOG_LINES")
        .parse()
        .expect("a count");
    // A release writes lines of its own. old-ledger's log is full, so a line read twice or missed would show.
    assert_eq!(lines_after - lines_before, written() - written_before);

    let (third, _state) = run_pipe(&heroku, &snowflake, Some(&state));
    assert!(third < 60, "an idle run sent {third} records");
    assert_eq!(
        snowflake.value("SELECT COUNT(*) FROM LOG_LINES"),
        lines_after.to_string()
    );
}

#[test]
fn lines_that_heroku_no_longer_had_are_a_row_of_log_gaps() {
    let heroku = HerokuSimulator::start(Scenario::with_apps(vec![AppScenario::named("lantern-shop")]));
    let snowflake = snowflake();
    let (_first, state) = run_pipe(&heroku, &snowflake, None);
    assert_eq!(
        snowflake
            .try_query("SELECT COUNT(*) FROM LOG_GAPS")
            .map(|rows| rows == [[Some("0".to_owned())]]),
        Ok(true)
    );
    heroku.generate_lines("lantern-shop", 4_000);
    let (_second, _state) = run_pipe(&heroku, &snowflake, Some(&state));
    assert_eq!(
        snowflake.value("SELECT COUNT(*) FROM LOG_GAPS WHERE REASON = 'window_outrun'"),
        "1"
    );
}

#[test]
fn a_release_that_was_pending_gets_its_outcome() {
    let pending = AppScenario {
        newest_release_pending: true,
        releases: 5,
        ..AppScenario::named("lantern-shop")
    };
    let heroku = HerokuSimulator::start(Scenario::with_apps(vec![pending]));
    let snowflake = snowflake();
    let (_first, state) = run_pipe(&heroku, &snowflake, None);
    assert_eq!(
        snowflake.value("SELECT STATUS FROM RELEASES WHERE VERSION = 5"),
        "pending"
    );
    heroku.set_release_status("lantern-shop", 5, "failed");
    let (_second, _state) = run_pipe(&heroku, &snowflake, Some(&state));
    assert_eq!(
        snowflake.value("SELECT STATUS FROM RELEASES WHERE VERSION = 5"),
        "failed"
    );
}

#[test]
fn a_bad_day_at_heroku_changes_nothing_in_the_tables() {
    let scenario = || {
        Scenario::with_apps(vec![AppScenario {
            releases: 450,
            ..AppScenario::named("old-ledger")
        }])
    };
    let calm = snowflake();
    let calm_heroku = HerokuSimulator::start(scenario());
    let (records, _state) = run_pipe(&calm_heroku, &calm, None);
    let heroku = HerokuSimulator::start(scenario());
    heroku.add_fault(FaultRule::once("GET", "/apps", FaultAction::Reset));
    heroku.add_fault(FaultRule::once(
        "GET",
        "/apps/*/releases",
        FaultAction::CutBody { after_bytes: 100 },
    ));
    heroku.add_fault(FaultRule::once(
        "POST",
        "/apps/*/log-sessions",
        FaultAction::Respond {
            status: 503,
            body: None,
            headers: std::collections::BTreeMap::new(),
        },
    ));
    let stormy = snowflake();
    let (stormy_records, _state) = run_pipe(&heroku, &stormy, None);
    assert_eq!(stormy_records, records);
    let repeated = heroku.requests().len() - calm_heroku.requests().len();
    assert_eq!(repeated, 3, "each of the three faults costs one request more");
    for table in ["APPS", "RELEASES", "LOG_LINES"] {
        let count = format!("SELECT COUNT(*), COUNT(DISTINCT ID) FROM {table}");
        assert_eq!(stormy.query(&count), calm.query(&count), "{table}");
    }
}

#[test]
fn selecting_one_stream_sends_only_that() {
    let heroku = HerokuSimulator::start(Scenario::default());
    let discovered = tap()
        .config(&tap_settings(&heroku))
        .argument("--discover")
        .run()
        .expect_code(0);
    let mut catalog: Value = serde_json::from_slice(&discovered.stdout).expect("a catalog");
    for stream in catalog
        .get_mut("streams")
        .and_then(Value::as_array_mut)
        .expect("streams")
    {
        let is_wanted = stream.get("tap_stream_id") == Some(&json!("apps"));
        for entry in stream
            .get_mut("metadata")
            .and_then(Value::as_array_mut)
            .expect("metadata")
        {
            if entry.get("breadcrumb") == Some(&json!([])) {
                entry
                    .get_mut("metadata")
                    .and_then(Value::as_object_mut)
                    .expect("an object")
                    .insert("selected".to_owned(), json!(is_wanted));
            }
        }
    }
    let output = tap()
        .config(&tap_settings(&heroku))
        .catalog(&catalog)
        .run()
        .expect_code(0);
    let streams: Vec<Value> = output
        .messages_of_type("SCHEMA")
        .into_iter()
        .map(|mut message| message["stream"].take())
        .collect();
    assert_eq!(streams, [json!("apps")]);
    assert_eq!(output.records("apps").len(), 6);
}
