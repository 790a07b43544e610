//! The program is killed at every request of a load and goes on from the last STATE. Kills come in a row, an early one and
//! a late one, before the run that ends well.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::json;

use super::request_shape::RequestShape;
use super::scenarios::{self, Scenario};
use super::sweep_load::{check_covers, check_run_again, check_states, check_tables};
use super::sweep_server::{Place, SweepServer};
use super::{report, requests_of_a_load, spread, usual_faults};
use crate::side_by_side::side_by_side;

/// Kills before the run that ends well.
const IN_A_ROW: usize = 2;
/// The name of the rule that says when.
const KILL: &str = "kill";

/// What a process that is killed leaves: in both cases the server does what it was asked for.
struct Kill {
    name: &'static str,
    /// What the server does with the request meanwhile.
    member: &'static str,
    seconds: f64,
}

const WHILE_IT_RUNS: Kill = Kill {
    name: "killed while it runs",
    member: "hold_seconds",
    seconds: 5.0,
};
const BEFORE_IT_RUNS: Kill = Kill {
    name: "killed before it runs",
    member: "delay_seconds",
    seconds: 0.3,
};

type Case<'a> = (&'a RequestShape, &'static Kill);

#[test]
fn killed_at_any_request_it_goes_on_from_the_last_state() {
    let server = SweepServer::start(&[]);
    let whole = scenarios::whole();
    let requests = requests_of_a_load(&server, &whole);
    // When a request changes nothing, there is no difference.
    let changes = |request: &&RequestShape| request.is_change() || request.kind() == "upload";
    let mut cases: Vec<Case<'_>> = requests.iter().map(|request| (request, &WHILE_IT_RUNS)).collect();
    cases.extend(
        requests
            .iter()
            .filter(changes)
            .map(|request| (request, &BEFORE_IT_RUNS)),
    );
    cases.sort_by_key(|(request, _)| std::ptr::from_ref::<RequestShape>(request));
    sweep(&server, &whole, &cases, |place, begun_after| {
        check_run_again(&place.tables(&whole), begun_after)
    });

    let changed = scenarios::changes();
    let requests = requests_of_a_load(&server, &changed);
    let changing = requests.iter().filter(|request| request.is_change());
    let cases: Vec<Case<'_>> = changing.map(|request| (request, &WHILE_IT_RUNS)).collect();
    sweep(&server, &changed, &cases, |place, _| {
        check_tables(changed.load, &place.tables(&changed))
    });
}

fn sweep(
    server: &SweepServer,
    scenario: &Scenario,
    cases: &[Case<'_>],
    check: impl Fn(&Place<'_>, &[u64]) -> Result<(), String> + Sync,
) {
    let rows = spread(cases, IN_A_ROW);
    let numbers = AtomicUsize::new(0);
    let problems = side_by_side(&rows, server.places(), |worker, row| {
        let run = |kills: &[Case<'_>]| {
            let place = server.place(worker, numbers.fetch_add(1, Ordering::Relaxed) + 1);
            place.prepare(scenario);
            let outcome = killed_in_a_row(&place, scenario, kills, &check);
            place.leave();
            let label = |(request, kill): &Case<'_>| format!("{} × {}", request.label(), kill.name);
            let labels: Vec<String> = kills.iter().map(label).collect();
            outcome.map_err(|problem| format!("{}: {problem}", labels.join(" and then ")))
        };
        // What the first kill spared the second run is killed in a first run.
        let met = run(row)?;
        for kill in row.iter().skip(met) {
            if run(std::slice::from_ref(kill))? == 0 {
                return Err(format!("{} was never sent", kill.0.label()));
            }
        }
        Ok(())
    });
    report(&problems, cases.len());
}

/// Gives how many of the kills found their request.
fn killed_in_a_row(
    place: &Place<'_>,
    scenario: &Scenario,
    kills: &[Case<'_>],
    check: impl Fn(&Place<'_>, &[u64]) -> Result<(), String>,
) -> Result<usize, String> {
    let (mut begun_after, mut met) = (vec![0], 0);
    for (request, kill) in kills {
        let after = begun_after.last().copied().unwrap_or_default();
        let (next, is_met) = killed_run(place, scenario, after, request, kill)?;
        begun_after.push(next.max(after));
        if !is_met {
            break;
        }
        met += 1;
        if scenario.load.before.is_empty() {
            check_covers(&place.tables(scenario), next.max(after))?;
        }
    }
    let after = begun_after.last().copied().unwrap_or_default();
    let output = place.target(scenario).stdin((scenario.load.input_after)(after)).run();
    if output.code != Some(0) {
        return Err(format!("run again, it ends with {:?}\n{}", output.code, output.stderr));
    }
    check(place, &begun_after).map_err(|problem| format!("{problem}\n{}", output.stderr))?;
    Ok(met)
}

/// A run that begins after that part; gives the part whose STATE was the last, and whether it was killed.
fn killed_run(
    place: &Place<'_>,
    scenario: &Scenario,
    after: u64,
    request: &RequestShape,
    kill: &Kill,
) -> Result<(u64, bool), String> {
    let mut faults = usual_faults();
    faults.push(request.rule(0, &json!({ (kill.member): kill.seconds, "name": KILL })));
    place.add_faults(&faults);
    let mut running = place.target(scenario).start();
    running.feed_in_background((scenario.load.input_after)(after).into_bytes());
    let is_met = place.wait_until_met(KILL, || running.is_running());
    running.kill();
    let output = running.wait(Duration::from_secs(20));
    place.end_faults();
    if !is_met && output.code != Some(0) {
        return Err(format!("not killed, it ends with {:?}\n{}", output.code, output.stderr));
    }
    Ok((check_states(&output)?, is_met))
}
