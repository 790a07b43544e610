//! Every request of a load fails once, in every way, and the tables are the same; and the program is killed at every
//! request and run again. The requests are read from the server's log of an undisturbed load: no list is kept here.
//!
//! Which ways there are is `fault_sweep/fault_kinds.rs`; what is loaded and what must come of it, `sweep_load.rs`.

mod fault_kinds;
mod request_shape;
mod side_by_side;
mod sweep_load;
mod sweep_server;

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::{Value, json};
use test_support::program_output::ProgramOutput;

use fault_kinds::{FaultKind, KINDS};
use request_shape::RequestShape;
use side_by_side::side_by_side;
use sweep_load::{
    LAST_STATE, check_complete, check_covers, check_no_doubles, check_run_again, check_states, input_after,
    undisturbed_rows,
};
use sweep_server::{Place, SweepServer};

/// So many requests fail in one load, far apart; set the variable to fail one in each.
const TOGETHER: usize = 3;
const ALONE: &str = "FAULT_SWEEP_ALONE";
const FATE_UNKNOWN: &str = "it is unknown whether a batch was committed";

/// Ends of what a killed process left: in both cases the server does what it was asked for.
const KILLS: [(&str, &str, f64); 2] = [
    ("killed while it runs", "hold_seconds", 5.0),
    ("killed before it runs", "delay_seconds", 0.3),
];

/// Faults in every run, so that a load renews its token and polls, and those requests are swept, too.
fn usual_faults() -> Vec<Value> {
    vec![
        json!({ "sql": "^SHOW TABLES LIKE 'ORDERS'", "expire_session": true }),
        json!({ "sql": "^COPY", "poll": 1 }),
    ]
}

/// The requests of a load that nothing disturbs, in order; what it leaves is checked.
fn requests_of_a_load(server: &SweepServer) -> Vec<RequestShape> {
    let place = server.place(0, 0);
    place.add_faults(&usual_faults());
    let output = place.target().stdin(input_after(0)).run().expect_code(0);
    assert_eq!(output.last_state(), Some(json!({ "done": LAST_STATE })));
    assert_eq!(place.rows(), undisturbed_rows());
    let requests = RequestShape::all(&place.requests());
    place.leave();
    requests
}

type Case<'a> = (&'a RequestShape, &'a FaultKind);

#[test]
fn requirement_22_any_request_may_fail_once_in_any_way() {
    let server = SweepServer::start();
    let requests = requests_of_a_load(&server);
    let swept: BTreeSet<&str> = requests.iter().map(RequestShape::kind).collect();
    let expected = [
        "log-in", "renewal", "result", "chunk", "upload", "close", "ALTER", "COPY", "COMMIT", "MERGE", "INSERT",
    ];
    for kind in expected {
        assert!(swept.contains(kind), "a load has no {kind}: {swept:?}");
    }
    let cases: Vec<Case<'_>> = requests
        .iter()
        .flat_map(|request| KINDS.iter().map(move |kind| (request, kind)))
        .filter(|(request, kind)| (kind.suits)(request.kind()))
        .collect();
    let together = if std::env::var_os(ALONE).is_some() { 1 } else { TOGETHER };
    let loads = spread(&cases, together);
    let numbers = AtomicUsize::new(0);
    let problems = side_by_side(&loads, server.places(), |worker, load| {
        let run = |cases: &[Case<'_>]| {
            let number = numbers.fetch_add(1, Ordering::Relaxed) + 1;
            disturbed_load(&server.place(worker, number), cases)
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

fn disturbed_load(place: &Place<'_>, cases: &[Case<'_>]) -> Result<(), String> {
    let mut faults = usual_faults();
    faults.extend(cases.iter().flat_map(|(request, kind)| kind.rules(request)));
    place.add_faults(&faults);
    let output = place.target().stdin(input_after(0)).run();
    let outcome = check_disturbed(place, &output);
    place.leave();
    let label = |(request, kind): &Case<'_>| format!("{} × {}", request.label(), kind.name);
    let labels: Vec<String> = cases.iter().map(label).collect();
    outcome.map_err(|problem| format!("{}: {problem}\n{}", labels.join(" and "), output.stderr))
}

fn check_disturbed(place: &Place<'_>, output: &ProgramOutput) -> Result<(), String> {
    let last = check_states(output)?;
    let rows = place.rows();
    if output.code == Some(1) && output.stderr.contains(FATE_UNKNOWN) {
        // The one documented end: a COMMIT of added rows whose answer went with its session.
        check_covers(&rows, last)?;
        return check_no_doubles(&rows);
    }
    if output.code != Some(0) {
        return Err(format!("exit code {:?}", output.code));
    }
    if !place.all_faults_acted() {
        return Err("the fault was never met".to_owned());
    }
    check_complete(output, &rows)
}

#[test]
fn killed_at_any_request_it_goes_on_from_the_last_state() {
    let server = SweepServer::start();
    let requests = requests_of_a_load(&server);
    let cases: Vec<(&RequestShape, &(&str, &str, f64))> = requests
        .iter()
        .flat_map(|request| KILLS.iter().map(move |kill| (request, kill)))
        .collect();
    let numbers = AtomicUsize::new(0);
    let problems = side_by_side(&cases, server.places(), |worker, (request, (kill, member, seconds))| {
        let place = server.place(worker, numbers.fetch_add(1, Ordering::Relaxed) + 1);
        let mut faults = usual_faults();
        faults.push(request.rule(0, &json!({ (*member): seconds })));
        place.add_faults(&faults);
        let outcome = killed_and_run_again(&place);
        place.leave();
        outcome.map_err(|problem| format!("{} × {kill}: {problem}", request.label()))
    });
    report(&problems, cases.len());
}

fn killed_and_run_again(place: &Place<'_>) -> Result<(), String> {
    let mut running = place.target().start();
    running.feed_in_background(input_after(0).into_bytes());
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
    check_covers(&place.rows(), next)?;
    let output = place.target().stdin(input_after(next)).run();
    if output.code != Some(0) {
        return Err(format!("run again, it ends with {:?}\n{}", output.code, output.stderr));
    }
    check_run_again(&place.rows(), next).map_err(|problem| format!("{problem}\n{}", output.stderr))
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
    let server = SweepServer::start();
    let place = server.place(0, 0);
    place.add_faults(&[json!({ "sql": "^ALTER TABLE", "delay_seconds": 0.9 })]);
    let mut running = place.target().start();
    running.feed_in_background(input_after(0).into_bytes());
    assert!(place.wait_until_all_faults_acted(Duration::from_secs(60)));
    place.add_remark();
    let output = running.wait(Duration::from_secs(60)).expect_code(0);
    assert_eq!(check_complete(&output, &place.rows()), Ok(()));
}
