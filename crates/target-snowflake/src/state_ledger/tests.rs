//! The faults of other targets first, then any interleaving against a model that keeps everything.

use std::collections::HashMap;

use proptest::prelude::*;

use super::StateLedger;

const A: usize = 0;
const B: usize = 1;

#[test]
fn a_full_batch_of_one_stream_does_not_release_a_state_that_covers_anothers_buffered_row() {
    let mut ledger = StateLedger::new();
    ledger.record(B);
    assert_eq!(ledger.state("covers B's row"), None);
    let last = ledger.record(A);
    ledger.seal(A);
    assert_eq!(ledger.state("covers both"), None);
    assert_eq!(ledger.durable(A, last), None, "B's only row is still buffered");
    ledger.seal(B);
    assert_eq!(ledger.durable(B, 1), Some("covers both"));
}

#[test]
fn a_state_without_records_is_safe_at_once_and_given_once() {
    let mut ledger = StateLedger::new();
    assert_eq!(ledger.state(1), Some(1));
    assert_eq!(ledger.durable(A, 0), None);
    assert_eq!(ledger.state(2), Some(2));
}

#[test]
fn an_older_state_comes_out_while_a_newer_one_waits() {
    let mut ledger = StateLedger::new();
    ledger.record(A);
    ledger.seal(A);
    assert_eq!(ledger.state("old"), None);
    ledger.record(A);
    assert_eq!(ledger.state("new"), None);
    assert_eq!(ledger.durable(A, 1), Some("old"));
    ledger.seal(A);
    assert_eq!(ledger.durable(A, 2), Some("new"));
}

#[test]
fn states_in_one_unit_take_the_room_of_one() {
    let mut ledger = StateLedger::new();
    for number in 0..10_000 {
        ledger.record(A);
        assert_eq!(ledger.state(number), None);
    }
    assert_eq!(ledger.waiting.len(), 1);
    ledger.seal(A);
    assert_eq!(ledger.durable(A, 10_000), Some(9_999));
}

#[derive(Debug, Clone)]
enum Step {
    Record(usize),
    Seal(usize),
    State,
    /// The stream's next sealed unit is committed.
    Durable(usize),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let stream = 0_usize..4;
    let step = prop_oneof![
        4 => stream.clone().prop_map(Step::Record),
        2 => stream.clone().prop_map(Step::Seal),
        3 => Just(Step::State),
        3 => stream.prop_map(Step::Durable),
    ];
    prop::collection::vec(step, 0..200)
}

/// Keeps every number of every STATE, as one would first write it.
#[derive(Default)]
struct Model {
    recorded: HashMap<usize, u64>,
    sealed: HashMap<usize, Vec<u64>>,
    durable: HashMap<usize, u64>,
    states: Vec<HashMap<usize, u64>>,
    printed: Option<usize>,
}

impl Model {
    fn newest_safe(&mut self) -> Option<usize> {
        let is_safe = |state: &HashMap<usize, u64>| {
            state
                .iter()
                .all(|(stream, number)| self.durable.get(stream).copied().unwrap_or(0) >= *number)
        };
        let newest = self.states.iter().rposition(is_safe);
        let is_new = newest > self.printed;
        self.printed = self.printed.max(newest);
        newest.filter(|_| is_new)
    }
}

proptest! {
    #[test]
    fn agrees_with_the_model(steps in steps()) {
        let mut ledger = StateLedger::new();
        let mut model = Model::default();
        for step in steps {
            let (given, expected) = match step {
                Step::Record(stream) => {
                    let number = model.recorded.entry(stream).or_default();
                    *number += 1;
                    prop_assert_eq!(ledger.record(stream), *number);
                    continue;
                }
                Step::Seal(stream) => {
                    let recorded = model.recorded.get(&stream).copied().unwrap_or(0);
                    model.sealed.entry(stream).or_default().push(recorded);
                    ledger.seal(stream);
                    continue;
                }
                Step::State => {
                    model.states.push(model.recorded.clone());
                    (ledger.state(model.states.len() - 1), model.newest_safe())
                }
                Step::Durable(stream) => {
                    let durable = model.durable.get(&stream).copied().unwrap_or(0);
                    let seals = model.sealed.entry(stream).or_default();
                    let Some(next) = seals.iter().copied().find(|last| *last > durable) else { continue };
                    model.durable.insert(stream, next);
                    (ledger.durable(stream, next), model.newest_safe())
                }
            };
            prop_assert_eq!(given, expected);
        }
    }
}
