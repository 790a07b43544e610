//! The program as a process: asked to stop while it waits for Heroku, it leaves a STATE to go on from.
#![expect(clippy::unwrap_used, reason = "the helpers of a test may stop at the first surprise")]

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use test_support::heroku_simulator::{AppScenario, FaultAction, FaultRule, HerokuSimulator, Scenario};
use test_support::program::Program;

fn tap(heroku: &HerokuSimulator) -> Program {
    Program::new(env!("CARGO_BIN_EXE_tap-heroku"))
        .config(&json!({"api_url": heroku.url(), "api_token": heroku.api_token()}))
        .catalog(&json!({"streams": [{"stream": "apps"}, {"stream": "releases"}]}))
}

/// True for the STATE that has a bookmark for this many apps.
fn covers(line: &str, apps: usize) -> bool {
    let message: Value = serde_json::from_str(line).unwrap();
    let partitions = message.pointer("/value/bookmarks/releases/partitions");
    partitions
        .and_then(Value::as_array)
        .is_some_and(|list| list.len() == apps)
}

#[test]
fn a_signal_ends_the_wait_and_the_next_run_brings_the_rest() {
    for signal in ["TERM", "INT"] {
        let names = ["one", "two", "three"];
        let apps = names.map(AppScenario::named).to_vec();
        let heroku = HerokuSimulator::start(Scenario::with_apps(apps));
        let slow = FaultAction::Delay { milliseconds: 60_000 };
        let last = names
            .map(|name| heroku.app(name)["id"].as_str().unwrap().to_owned())
            .into_iter()
            .max()
            .unwrap();
        heroku.add_fault(FaultRule::once("GET", &format!("/apps/{last}/releases"), slow));
        let mut running = tap(&heroku).start();
        while !covers(&running.next_line(Duration::from_secs(20)).unwrap(), 2) {}
        let asked_at = Instant::now();
        running.signal(signal);
        let first = running.wait(Duration::from_secs(20)).expect_code(0);
        assert!(
            asked_at.elapsed() < Duration::from_secs(10),
            "it did not wait for Heroku"
        );
        assert_eq!(first.records("releases").len(), 6);
        // The signal may have come before the slow request was sent.
        heroku.clear_faults();
        let state = first.last_state().unwrap();
        let second = tap(&heroku).state(&state).run().expect_code(0);
        assert_eq!(second.records("releases").len(), 3);
        assert!(second.records("apps").is_empty());
    }
}
