//! Every request of a load fails once, in every way, and the tables are the same; and the program is killed at every
//! request and run again. The requests are read from the server's log of an undisturbed load: no list is kept here.
//!
//! Which ways there are is `fault_sweep/fault_kinds.rs`, which loads `scenarios.rs`, what is loaded and what must come of
//! it `sweep_load.rs`. Heartbeats and parts of uploads are swept in `snowflake-client`.

mod fault_kinds;
mod request_shape;
mod scenarios;
mod sweep_load;
mod sweep_server;

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::{Value, json};
use test_support::program_output::ProgramOutput;

use crate::side_by_side::side_by_side;
use fault_kinds::{FaultKind, KINDS};
use request_shape::RequestShape;
use scenarios::Scenario;
use sweep_load::{check_complete, check_covers, check_run_again, check_states, check_tables};
use sweep_server::{Place, SweepServer};

/// So many requests fail in one load, far apart; set the variable to fail one in each. A session that is lost in the
/// middle of a batch always is lost alone: a batch that begins anew for one fault would hide another.
const TOGETHER: usize = 4;
const ALONE: &str = "FAULT_SWEEP_ALONE";
const EXCHANGE_UNKNOWN: &str = "the table has either the old rows or all of the new; run again";

/// Ends of what a killed process left: in both cases the server does what it was asked for.
const KILLS: [(&str, &str, f64); 2] = [
    ("killed while it runs", "hold_seconds", 5.0),
    ("killed before it runs", "delay_seconds", 0.3),
];

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

type Case<'a> = (&'a RequestShape, &'a FaultKind);

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
    let (alone, others): (Vec<Case<'_>>, Vec<Case<'_>>) = cases
        .iter()
        .partition(|(request, kind)| kind.loses_session && request.is_in_transaction());
    let together = if std::env::var_os(ALONE).is_some() { 1 } else { TOGETHER };
    let mut loads = spread(&others, together);
    loads.extend(spread(&alone, 1));
    let numbers = AtomicUsize::new(0);
    let problems = side_by_side(&loads, server.places(), |worker, load| {
        let run = |cases: &[Case<'_>]| {
            let number = numbers.fetch_add(1, Ordering::Relaxed) + 1;
            disturbed_load(&server.place(worker, number), scenario, cases)
        };
        let problem = match run(load) {
            Ok(()) => return Ok(()),
            Err(problem) => problem,
        };
        // Which of them it was; all of them when it takes several.
        let alone: Vec<String> = load
            .iter()
            .filter_map(|case| run(std::slice::from_ref(case)).err())
            .collect();
        Err(if alone.is_empty() { problem } else { alone.join("\n\n") })
    });
    report(&problems, cases.len());
    assert_eq!(
        server.staged_files(),
        0,
        "files of finished loads are left on the stage"
    );
}

/// Cases in loads of so many, which are then far apart in a load.
fn spread<'a>(cases: &[Case<'a>], together: usize) -> Vec<Vec<Case<'a>>> {
    let loads = cases.len().div_ceil(together);
    (0..loads)
        .map(|first| cases.iter().skip(first).step_by(loads).copied().collect())
        .collect()
}

fn disturbed_load(place: &Place<'_>, scenario: &Scenario, cases: &[Case<'_>]) -> Result<(), String> {
    place.prepare(scenario);
    let mut faults = usual_faults();
    faults.extend(cases.iter().flat_map(|(request, kind)| kind.rules(request)));
    place.add_faults(&faults);
    let output = place.target(scenario).stdin((scenario.load.input_after)(0)).run();
    let outcome = check_disturbed(place, scenario, cases, &output);
    place.leave();
    let label = |(request, kind): &Case<'_>| format!("{} × {}", request.label(), kind.name);
    let labels: Vec<String> = cases.iter().map(label).collect();
    outcome.map_err(|problem| format!("{}: {problem}\n{}", labels.join(" and "), output.stderr))
}

fn loses_session_at_exchange((request, kind): &Case<'_>) -> bool {
    kind.loses_session && request.is_exchange()
}

fn check_disturbed(
    place: &Place<'_>,
    scenario: &Scenario,
    cases: &[Case<'_>],
    output: &ProgramOutput,
) -> Result<(), String> {
    check_states(output)?;
    if output.code == Some(1) && output.stderr.contains(EXCHANGE_UNKNOWN) && cases.iter().any(loses_session_at_exchange)
    {
        // The one end that cannot be better: an exchange of tables whose answer went with its session.
        return Ok(());
    }
    if output.code != Some(0) {
        return Err(format!("exit code {:?}", output.code));
    }
    if !place.all_faults_acted() {
        return Err("the fault was never met".to_owned());
    }
    if scenario.is_sequential && !place.is_logged_out() {
        return Err("the session was not closed".to_owned());
    }
    check_complete(scenario.load, output, &place.tables(scenario))
}

#[test]
fn killed_at_any_request_it_goes_on_from_the_last_state() {
    let server = SweepServer::start(&[]);
    sweep_of_kills(&server, &scenarios::whole(), &KILLS, |place, next| {
        check_run_again(&place.tables(&scenarios::whole()), next)
    });
    let changes = scenarios::changes();
    let [while_it_runs, _] = &KILLS;
    sweep_of_kills(&server, &changes, std::slice::from_ref(while_it_runs), |place, _| {
        check_tables(changes.load, &place.tables(&changes))
    });
}

type Kill = (&'static str, &'static str, f64);

fn sweep_of_kills(
    server: &SweepServer,
    scenario: &Scenario,
    kills: &[Kill],
    check: impl Fn(&Place<'_>, u64) -> Result<(), String> + Sync,
) {
    let requests = requests_of_a_load(server, scenario);
    let cases: Vec<(&RequestShape, &Kill)> = requests
        .iter()
        .filter(|request| scenario.load.before.is_empty() || request.is_change())
        .flat_map(|request| kills.iter().map(move |kill| (request, kill)))
        .collect();
    let numbers = AtomicUsize::new(0);
    let problems = side_by_side(&cases, server.places(), |worker, (request, (kill, member, seconds))| {
        let place = server.place(worker, numbers.fetch_add(1, Ordering::Relaxed) + 1);
        place.prepare(scenario);
        let mut faults = usual_faults();
        faults.push(request.rule(0, &json!({ (*member): seconds })));
        place.add_faults(&faults);
        let outcome = killed_and_run_again(&place, scenario)
            .and_then(|(next, stderr)| check(&place, next).map_err(|problem| format!("{problem}\n{stderr}")));
        place.leave();
        outcome.map_err(|problem| format!("{} × {kill}: {problem}", request.label()))
    });
    report(&problems, cases.len());
}

/// Gives the part whose STATE was the last, and what the second run said.
fn killed_and_run_again(place: &Place<'_>, scenario: &Scenario) -> Result<(u64, String), String> {
    let mut running = place.target(scenario).start();
    running.feed_in_background((scenario.load.input_after)(0).into_bytes());
    if !place.wait_until_all_faults_acted(Duration::from_secs(60)) {
        return Err(format!(
            "the request was never sent\n{}",
            running.wait(Duration::from_secs(60)).stderr
        ));
    }
    running.kill();
    let killed = running.wait(Duration::from_secs(20));
    place.end_faults();
    let next = check_states(&killed)?;
    if next > 0 && scenario.load.before.is_empty() {
        check_covers(&place.tables(scenario), next)?;
    }
    let output = place.target(scenario).stdin((scenario.load.input_after)(next)).run();
    if output.code != Some(0) {
        return Err(format!("run again, it ends with {:?}\n{}", output.code, output.stderr));
    }
    Ok((next, output.stderr))
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
    place.add_faults(&[json!({ "sql": "^ALTER TABLE", "delay_seconds": 0.9 })]);
    let mut running = place.target(&scenario).start();
    running.feed_in_background((scenario.load.input_after)(0).into_bytes());
    assert!(place.wait_until_all_faults_acted(Duration::from_secs(60)));
    place.add_remark();
    let output = running.wait(Duration::from_secs(60)).expect_code(0);
    assert_eq!(check_complete(scenario.load, &output, &place.tables(&scenario)), Ok(()));
}
