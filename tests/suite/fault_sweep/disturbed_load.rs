//! One load in which requests fail, and what may be said of it afterwards.

use std::fmt;

use serde_json::{Value, json};
use test_support::program_output::ProgramOutput;

use super::fault_kinds::FaultKind;
use super::request_shape::RequestShape;
use super::scenarios::Scenario;
use super::sweep_load::{check_complete, check_states};
use super::sweep_server::Place;
use super::usual_faults;

const EXCHANGE_UNKNOWN: &str = "the table has either the old rows or all of the new; run again";

/// A request that fails in some way.
pub(super) type Case<'a> = (&'a RequestShape, &'a FaultKind);

/// Why a load proves nothing, or the wrong thing.
pub(super) enum Trouble {
    /// All is well, but the requests of these cases, by number, were not sent, because others had failed before.
    NeverMet { numbers: Vec<usize>, problem: String },
    /// Something is not as it should be.
    Wrong(String),
}

impl fmt::Display for Trouble {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NeverMet { problem, .. } | Self::Wrong(problem) => formatter.write_str(problem),
        }
    }
}

/// What loses a session in a batch that begins anew for it.
pub(super) fn restarts_batch((request, kind): &Case<'_>) -> bool {
    kind.loses_session && request.is_in_transaction()
}

/// What may end a load with a failure.
pub(super) fn loses_exchange((request, kind): &Case<'_>) -> bool {
    kind.loses_session && request.is_exchange()
}

/// Loads while the requests of the cases, in order, fail.
pub(super) fn disturbed_load(
    place: &Place<'_>,
    scenario: &Scenario,
    requests: &[RequestShape],
    cases: &[Case<'_>],
) -> Result<(), Trouble> {
    place.prepare(scenario);
    let mut faults = usual_faults();
    faults.extend(rules(requests, cases));
    place.add_faults(&faults);
    let output = place.target(scenario).stdin((scenario.load.input_after)(0)).run();
    let outcome = check(place, scenario, cases, &output);
    place.leave();
    outcome
}

fn labels(cases: &[Case<'_>]) -> String {
    let label = |(request, kind): &Case<'_>| format!("{} × {}", request.label(), kind.name);
    cases.iter().map(label).collect::<Vec<_>>().join(" and ")
}

/// The name of a rule is the number of its case.
fn rules(requests: &[RequestShape], cases: &[Case<'_>]) -> Vec<Value> {
    let mut rules = Vec::new();
    for (number, (request, kind)) in cases.iter().enumerate() {
        let earlier = cases.iter().take(number);
        let more_before = earlier.map(|case| repeats(requests, case, request)).sum();
        rules.extend(kind.rules(request, more_before).into_iter().map(|mut rule| {
            if let Some(rule) = rule.as_object_mut() {
                rule.insert("name".to_owned(), json!(number.to_string()));
            }
            rule
        }));
    }
    rules
}

/// How many requests that look like that one are sent more often because of an earlier case: its own again, and all of its
/// batch, from the PUT on, when that begins anew.
fn repeats(requests: &[RequestShape], case: &Case<'_>, request: &RequestShape) -> usize {
    let (failed, kind) = case;
    let sent_again = if failed.looks_like(request) { kind.tries() } else { 0 };
    if !restarts_batch(case) {
        return sent_again;
    }
    let before = requests.iter().take_while(|other| !std::ptr::eq(*other, *failed));
    let mut of_batch = 0;
    for other in before.collect::<Vec<_>>().into_iter().rev() {
        of_batch += usize::from(other.looks_like(request));
        if other.kind() == "PUT" {
            break;
        }
    }
    sent_again + of_batch
}

fn check(place: &Place<'_>, scenario: &Scenario, cases: &[Case<'_>], output: &ProgramOutput) -> Result<(), Trouble> {
    let wrong = |problem: String| Trouble::Wrong(format!("{}: {problem}\n{}", labels(cases), output.stderr));
    check_states(output).map_err(wrong)?;
    if output.code == Some(1) && output.stderr.contains(EXCHANGE_UNKNOWN) && cases.iter().all(loses_exchange) {
        // The one end that cannot be better: an exchange of tables whose answer went with its session.
        return Ok(());
    }
    if output.code != Some(0) {
        return Err(wrong(format!("exit code {:?}", output.code)));
    }
    if scenario.is_sequential && !place.is_logged_out() {
        return Err(wrong("the session was not closed".to_owned()));
    }
    check_complete(scenario.load, output, &place.tables(scenario)).map_err(wrong)?;
    let never = place.never_met();
    if never.is_empty() {
        return Ok(());
    }
    let is_named = |number: &usize| never.iter().any(|name| *name == number.to_string());
    let mut numbers: Vec<usize> = (0..cases.len()).filter(is_named).collect();
    if numbers.is_empty() {
        // One of the usual faults: without it the load is another one.
        numbers = (0..cases.len()).collect();
    }
    let problem = format!("{}: never met {never:?}; sent:\n{}", labels(cases), place.sent());
    Err(Trouble::NeverMet { numbers, problem })
}
