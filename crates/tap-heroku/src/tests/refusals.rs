//! What Heroku refuses: the exit code, one line, and nothing lost in silence.

use std::collections::BTreeMap;

use test_support::heroku_simulator::{AppScenario, FaultAction, FaultRule, HerokuSimulator, Scenario};

use super::trial::{run, settings};

fn respond(status: u16) -> FaultAction {
    FaultAction::Respond {
        status,
        body: None,
        headers: BTreeMap::new(),
    }
}

fn two_apps() -> HerokuSimulator {
    HerokuSimulator::start(Scenario::with_apps(vec![
        AppScenario::named("one"),
        AppScenario::named("two"),
    ]))
}

#[test]
fn a_wrong_token_ends_with_three_and_writes_nothing() {
    let heroku = two_apps();
    let mut wrong = settings(&heroku);
    wrong["api_token"] = "HRKU-wrong".into();
    let trial = run(&wrong, None);
    assert_eq!(trial.failure().code as u8, 3);
    assert!(trial.messages.is_empty());
    let line = trial.failure().to_string();
    assert!(
        line.contains("401") && line.contains("request id") && line.contains("heroku authorizations:create"),
        "{line}"
    );
    assert!(!line.contains("HRKU-wrong"), "{line}");
}

#[test]
fn a_refused_app_is_left_out_and_said_at_the_end() {
    let heroku = two_apps();
    heroku.add_fault(FaultRule::once("GET", "/apps/*/releases", respond(403)));
    let trial = run(&settings(&heroku), None);
    assert_eq!(trial.records("releases").len(), 3, "the other app is read");
    assert_eq!(trial.failure().code as u8, 1);
    assert!(
        trial.failure().to_string().contains("left out: releases of "),
        "{}",
        trial.failure()
    );
    let second = run(&settings(&heroku), Some(&trial.last_state())).expect_success();
    assert_eq!(
        second.records("releases").len(),
        3,
        "what was refused comes as soon as it is allowed"
    );
}

#[test]
fn an_app_that_is_deleted_meanwhile_is_no_failure() {
    let heroku = two_apps();
    heroku.add_fault(FaultRule::once("GET", "/apps/*/releases", respond(404)));
    assert_eq!(
        run(&settings(&heroku), None).expect_success().records("releases").len(),
        3
    );
}

#[test]
fn bad_moments_of_the_api_pass() {
    let heroku = two_apps();
    let again = BTreeMap::from([("Retry-After".to_owned(), "0".to_owned())]);
    let actions = [
        FaultAction::Respond {
            status: 429,
            body: None,
            headers: again,
        },
        FaultAction::Reset,
        FaultAction::CutBody { after_bytes: 40 },
    ];
    for (action, nth) in actions.into_iter().zip(1..) {
        heroku.add_fault(FaultRule::once("GET", "/apps/*/releases", action).nth(nth));
    }
    assert_eq!(
        run(&settings(&heroku), None).expect_success().records("releases").len(),
        6
    );
}
