//! Every request of a load fails once, in every way, and the tables are the same; and the program is killed at every
//! request and run again. The requests are read from the server's log of an undisturbed load: no list is kept here.
//!
//! Which ways there are is `fault_sweep/fault_kinds.rs`, which loads `scenarios.rs`, what is loaded and what must come of
//! it `sweep_load.rs`. Failures come several in a load; one whose request others made superfluous comes again by itself.
//! Heartbeats and parts of uploads are swept in `snowflake-client`.

mod disturbed_load;
mod fault_kinds;
mod kills;
mod request_shape;
mod scenarios;
mod sweep_load;
mod sweep_server;

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::{Value, json};

use crate::side_by_side::side_by_side;
use disturbed_load::{Case, Trouble, disturbed_load, loses_exchange, restarts_batch};
use fault_kinds::KINDS;
use request_shape::RequestShape;
use scenarios::Scenario;
use sweep_load::check_complete;
use sweep_server::SweepServer;

/// So many requests fail in one load, far apart; set the variable to fail one in each.
const TOGETHER: usize = 8;
/// So many of the failures after which a batch begins anew: about one in each batch, which may begin three times.
const RESTARTS_TOGETHER: usize = 4;
const ALONE: &str = "FAULT_SWEEP_ALONE";

/// Faults in every run, so that a load renews its token and polls, and those requests are swept, too.
fn usual_faults() -> Vec<Value> {
    vec![
        json!({ "sql": "^SHOW TABLES LIKE '(ORDERS|PEOPLE)'", "expire_session": true }),
        json!({ "sql": "^COPY", "poll": 1 }),
    ]
}

/// The requests of a load that nothing disturbs, in order; what it leaves is checked.
fn requests_of_a_load(server: &SweepServer, scenario: &Scenario) -> Vec<RequestShape> {
    let place = server.place(0, 0);
    place.prepare(scenario);
    place.add_faults(&usual_faults());
    let output = place
        .target(scenario)
        .stdin((scenario.load.input_after)(0))
        .run()
        .expect_code(0);
    assert_eq!(check_complete(scenario.load, &output, &place.tables(scenario)), Ok(()));
    let requests = RequestShape::all(&place.requests());
    place.leave();
    let kinds: BTreeSet<&str> = requests.iter().map(RequestShape::kind).collect();
    for kind in scenario.expected {
        assert!(kinds.contains(kind), "a load has no {kind}: {kinds:?}");
    }
    requests
}

#[test]
fn requirement_22_any_request_may_fail_once_in_any_way() {
    let server = SweepServer::start(&[]);
    sweep(&server, &scenarios::whole());
    sweep(&server, &scenarios::changes());
    sweep(&server, &scenarios::parallel());
}

#[test]
fn any_log_in_and_upload_may_fail_once_on_azure_with_a_key_pair() {
    let scenario = scenarios::azure();
    sweep(&SweepServer::start(&scenario.arguments), &scenario);
}

#[test]
fn any_log_in_and_upload_may_fail_once_on_google_unencrypted_with_an_oauth_client() {
    let scenario = scenarios::google();
    sweep(&SweepServer::start(&scenario.arguments), &scenario);
}

#[test]
fn any_log_in_and_upload_may_fail_once_on_google_presigned_with_an_access_token() {
    let scenario = scenarios::google_presigned();
    sweep(&SweepServer::start(&scenario.arguments), &scenario);
}

fn sweep(server: &SweepServer, scenario: &Scenario) {
    let requests = requests_of_a_load(server, scenario);
    let cases: Vec<Case<'_>> = requests
        .iter()
        .flat_map(|request| KINDS.iter().map(move |kind| (request, kind)))
        .filter(|(request, kind)| (kind.suits)(request.kind()) && (scenario.sweeps)(request, kind))
        .collect();
    let is_alone = std::env::var_os(ALONE).is_some();
    let together = |number: usize| if is_alone { 1 } else { number };
    let (exchanges, others): (Vec<Case<'_>>, Vec<Case<'_>>) = cases.iter().partition(|case| loses_exchange(case));
    let (restarts, others): (Vec<Case<'_>>, Vec<Case<'_>>) = others.iter().partition(|case| restarts_batch(case));
    let mut loads = spread(&others, together(TOGETHER));
    let restarts_together = if scenario.is_sequential { RESTARTS_TOGETHER } else { 2 };
    loads.extend(spread(&restarts, together(restarts_together)));
    loads.extend(spread(&exchanges, 1));
    let numbers = AtomicUsize::new(0);
    let problems = side_by_side(&loads, server.places(), |worker, load| {
        let run = |cases: &[Case<'_>]| {
            let number = numbers.fetch_add(1, Ordering::Relaxed) + 1;
            disturbed_load(&server.place(worker, number), scenario, &requests, cases)
        };
        let Err(trouble) = run(load) else { return Ok(()) };
        // Which of them it was; all of them when it takes several. A request that failures before it made superfluous
        // fails in a load of its own.
        let suspects: Vec<usize> = match &trouble {
            Trouble::NeverMet { numbers, .. } => numbers.clone(),
            Trouble::Wrong(_) => (0..load.len()).collect(),
        };
        let cases = suspects.iter().filter_map(|number| load.get(*number));
        let alone: Vec<String> = cases
            .filter_map(|case| run(std::slice::from_ref(case)).err())
            .map(|trouble| trouble.to_string())
            .collect();
        match trouble {
            _ if !alone.is_empty() => Err(alone.join("\n\n")),
            Trouble::NeverMet { .. } => Ok(()),
            Trouble::Wrong(problem) => Err(problem),
        }
    });
    report(&problems, cases.len());
    assert_eq!(
        server.staged_files(),
        0,
        "files of finished loads are left on the stage"
    );
}

/// Cases in loads of so many, which are then far apart in a load.
fn spread<Case: Copy>(cases: &[Case], together: usize) -> Vec<Vec<Case>> {
    let loads = cases.len().div_ceil(together);
    (0..loads)
        .map(|first| cases.iter().skip(first).step_by(loads).copied().collect())
        .collect()
}

fn report(problems: &[String], cases: usize) {
    assert!(
        problems.is_empty(),
        "{} of {cases} cases went wrong:\n\n{}",
        problems.len(),
        problems.join("\n\n")
    );
}

/// Found by the sweep: a killed program's ALTER TABLE came after the next run had looked at the table.
#[test]
fn a_column_that_somebody_else_adds_in_between_is_no_failure() {
    let (server, scenario) = (SweepServer::start(&[]), scenarios::whole());
    let place = server.place(0, 0);
    place.add_faults(&[json!({ "name": "late", "sql": "^ALTER TABLE", "delay_seconds": 0.9 })]);
    let mut running = place.target(&scenario).start();
    running.feed_in_background((scenario.load.input_after)(0).into_bytes());
    assert!(place.wait_until_met("late", || running.is_running()));
    place.add_remark();
    let output = running.wait(Duration::from_secs(60)).expect_code(0);
    assert_eq!(check_complete(scenario.load, &output, &place.tables(&scenario)), Ok(()));
}
