//! Both shapes, unknown keys, partitions, and states that are none.

use serde_json::{Map, Value, json};

use super::{State, StateProblem};

fn context(app: &str) -> Map<String, Value> {
    json!({"app": app}).as_object().unwrap().clone()
}

#[test]
fn both_shapes_are_read_and_kept() {
    let mut state = State::from_value(json!({"bookmarks": {
        "old": {"updated_at": 1, "extra": true},
        "new": {"replication_key": "updated_at", "replication_key_value": 2, "starting_replication_value": 0},
    }, "mine": 3}))
    .unwrap();
    assert_eq!(state.bookmark("old", "updated_at"), Some(&json!(1)));
    assert_eq!(state.bookmark("new", "updated_at"), Some(&json!(2)));
    assert_eq!(
        state.bookmark("new", "created_at"),
        None,
        "a bookmark of another key says nothing"
    );
    assert_eq!(state.bookmark("none", "updated_at"), None);
    state.set_bookmark("old", "updated_at", json!(5));
    state.set_bookmark("new", "updated_at", json!(6));
    state.set_bookmark("fresh", "version", json!(7));
    state.set_currently_syncing(Some("new"));
    assert_eq!(state.currently_syncing(), Some("new"));
    assert_eq!(
        state.to_value(),
        json!({"bookmarks": {
        "old": {"updated_at": 5, "extra": true},
        "new": {"replication_key": "updated_at", "replication_key_value": 6, "starting_replication_value": 0},
        "fresh": {"replication_key": "version", "replication_key_value": 7},
    }, "mine": 3, "currently_syncing": "new"})
    );
}

#[test]
fn partitions_are_found_by_their_whole_context() {
    let mut state = State::default();
    state.set_partition_bookmark("releases", &context("a"), "version", json!(1));
    state.set_partition_bookmark("releases", &context("b"), "version", json!(2));
    state.set_partition_bookmark("releases", &context("a"), "version", json!(3));
    assert_eq!(
        state.partition_bookmark("releases", &context("a"), "version"),
        Some(&json!(3))
    );
    assert_eq!(state.partition_bookmark("releases", &context("c"), "version"), None);
    assert_eq!(
        state.to_value()["bookmarks"]["releases"]["partitions"]
            .as_array()
            .map(Vec::len),
        Some(2)
    );
    let read = State::from_json(&state.to_value().to_string()).unwrap();
    assert_eq!(read, state);
}

#[test]
fn empty_null_and_whole_messages_are_states() {
    for text in ["", " \n", "null", "{}"] {
        assert!(State::from_json(text).unwrap().is_empty(), "{text:?}");
    }
    let message = State::from_json(r#"{"type":"STATE","value":{"bookmarks":{"s":{"k":1}}}}"#).unwrap();
    assert_eq!(message.bookmark("s", "k"), Some(&json!(1)));
    let mut nulls = State::from_json(r#"{"bookmarks":{"s":null},"currently_syncing":null}"#).unwrap();
    nulls.set_bookmark("s", "k", json!(1));
    assert_eq!(nulls.bookmark("s", "k"), Some(&json!(1)));
}

#[test]
fn what_is_no_state_is_said_so() {
    assert_eq!(
        State::from_json("{").unwrap_err(),
        StateProblem::NotJson { line: 1, column: 1 }
    );
    let place = |text: &str| State::from_json(text).unwrap_err().to_string();
    assert_eq!(place("[1]"), "the top level in the state is not an object");
    assert_eq!(place(r#"{"bookmarks":7}"#), "`bookmarks` in the state is not an object");
    assert_eq!(
        place(r#"{"bookmarks":{"s":"secret"}}"#),
        "the bookmark of stream `s` in the state is not an object"
    );
}
